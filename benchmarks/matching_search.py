#!/usr/bin/env python3
"""Sounds matched by presets: a search that a network leads, beside searches and draws without it.

    python benchmarks/matching_search.py RUN [-n 16] [--evaluations 100] [--alone 500] [--json FILE]

RUN is a run that finds presets, or the name of a chain of the voice or of a plug-in, for a search
that the nearest draws lead. Two kinds of sounds: `own`, played by the synthesiser itself with
settings that are drawn for this alone, and `General MIDI`, notes of eight instruments by fluidsynth
and its font `fluid-soundfont-gm`, as somebody's own sounds.

For each way to a preset: settings that were heard for a sound; LSD (mean and median) and MFCC
distance in dB, by which the search does not go; the multi-resolution distance, which it lessens;
the median error of the pitch in cents; and in how many of the sounds its LSD is at most that of
the first way, and of the search alone (`--alone 0` for none). All from preset files, as a
synthesiser plays them that was started for each anew. CPU seconds are those of one sound with all
its baselines.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import fmean, median

import numpy as np
from measuring import Clock, Row, command_line, heading, show, write
from pitched_sounds import SOUND_FONT, render

from vschaos.audio.files import resample
from vschaos.cli.presets import synthesiser_named
from vschaos.data.cache.store import default_cache
from vschaos.data.notes.cutting import cut
from vschaos.instrument.synthesiser import Synthesiser
from vschaos.matching import (
    Effort,
    Match,
    Neighbours,
    Network,
    Proposer,
    Target,
    match,
    open_library,
)
from vschaos.matching.match import Found
from vschaos.matching.targets import describe
from vschaos.progress import Progress
from vschaos.runs import load_run

ALONE = "search alone"  # a method
SEED = 2030  # of settings that nothing else draws
LIBRARY_SEED = 0
SECONDS, HELD_SECONDS = 1.0, 0.7
NOTES = 45.0, 57.0, 64.0, 72.0
# programs of General MIDI: piano, organ, guitar, bass, strings, trumpet, clarinet, a lead
PROGRAMS = (0, 16, 24, 33, 48, 56, 71, 80)
FONT_RATE = 44100
COLUMNS = {
    "found_by": "<",
    "heard": "d",
    "lsd_db": ".2f",
    "median_lsd_db": ".2f",
    "mfcc_db": ".2f",
    "multi_resolution": ".3f",
    "cents": ".1f",
    "at_most_first": ".0%",
    "at_most_alone": ".0%",
}


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("-n", "--count", type=int, default=16, help="sounds of each kind")
    parser.add_argument("--evaluations", type=int, default=100, help="of the search that is led")
    parser.add_argument("--alone", type=int, default=500, help="of the search alone")
    parser.add_argument("--hypotheses", type=int, default=8)
    parser.add_argument("--refine", type=int, default=0, help="steps of the gradient")
    parser.add_argument("--search", default="cmaes", choices=("cmaes", "de"))
    parser.add_argument("--draws", type=int, default=1000, help="to find the nearest among")
    parser.add_argument("--kinds", nargs="+", choices=("own", "midi"), default=["own", "midi"])
    options = parser.parse_args()
    print(heading())
    synthesiser, network = opened(options.run)
    effort = Effort(
        options.hypotheses,
        options.evaluations,
        options.search,
        options.refine,
        alone=options.alone,
    )
    makers = {"own": own_sounds, "midi": midi_notes}
    results = {}
    try:
        library = open_library(synthesiser, options.draws, LIBRARY_SEED, default_cache())
        proposer: Proposer = network or Neighbours(library)
        for kind in options.kinds:
            targets = makers[kind](synthesiser, options.count)
            start = Clock.now()
            bar = Progress(targets, desc=kind, unit="sound")
            matches = [match(t, synthesiser, proposer, effort, library) for t in bar]
            spent = Clock.now().since(start)
            results[kind] = rows_of(matches)
            print(f"\n{kind}: {len(matches)} sounds, {spent.cpu / len(matches):.1f} CPU s each")
            show(results[kind], COLUMNS)
    finally:
        synthesiser.close()
    write(options.json, {"options": named(options), **results})


def opened(name: str) -> tuple[Synthesiser, Network | None]:
    """A synthesiser, and the network that leads to its presets."""
    if not Path(name).is_dir():
        return synthesiser_named(name), None
    model = load_run(Path(name)).matching
    return model.synthesiser(), Network(model)


def own_sounds(synthesiser: Synthesiser, count: int) -> list[Target]:
    """Notes by drawn settings; those that nobody would hear are left out."""
    random = np.random.default_rng(SEED)
    targets: list[Target] = []
    while len(targets) < count:
        positions = synthesiser.draw(random, 1)
        note = np.array([NOTES[len(targets) % len(NOTES)]]), np.array([synthesiser.velocity])
        sound = synthesiser.render(positions, *note, SECONDS, HELD_SECONDS)[0]
        if np.sqrt(np.square(sound).mean()) > 1e-3:
            name = f"own {len(targets)}"
            targets.append(describe(name, Path(name), 0.0, sound, synthesiser.sample_rate))
    return targets


def midi_notes(synthesiser: Synthesiser, count: int) -> list[Target]:
    """Single notes of instruments, by turns."""
    if not SOUND_FONT.is_file():
        print("General MIDI is left out: install fluidsynth and fluid-soundfont-gm")
        return []
    targets = []
    for number in range(count):
        program = PROGRAMS[number % len(PROGRAMS)]
        note = int(NOTES[number // len(PROGRAMS) % len(NOTES)]) + number % 5
        velocity = 60 + 40 * (number % 2)
        sound = render(program, [(50, 50 + round(1000 * HELD_SECONDS), note, velocity)])
        sound = resample(sound, FONT_RATE, synthesiser.sample_rate)
        first, end = cut(sound, synthesiser.sample_rate, SECONDS)[0]
        name = f"program {program} note {note}"
        targets.append(describe(name, Path(name), 0.0, sound[first:end], synthesiser.sample_rate))
    return targets


def rows_of(matches: list[Match]) -> list[Row]:
    """A row for each way to a preset, over all sounds."""
    rows: list[Row] = []
    if not matches:
        return rows
    methods = [one.method for one in matches[0].found]
    has_alone = ALONE in methods
    for method in methods:
        found = [by_method(m, method) for m in matches]
        scores = [one.scores for one in found]
        cents = [abs(one.pitch_cents) for one in scores if one.pitch_cents is not None]
        rows.append(
            {
                "found_by": method,
                "heard": found[0].num_heard,
                "lsd_db": fmean(one.log_spectral for one in scores),
                "median_lsd_db": median(one.log_spectral for one in scores),
                "mfcc_db": fmean(one.mfcc for one in scores),
                "multi_resolution": fmean(one.multi_resolution for one in scores),
                "cents": median(cents) if cents else float("nan"),
                "at_most_first": at_most(matches, method, matches[0].found[0].method),
                "at_most_alone": at_most(matches, method, ALONE) if has_alone else None,
            }
        )
    return rows


def at_most(matches: list[Match], method: str, other: str) -> float:
    """Share of the sounds whose LSD by a method is at most that by another."""
    return fmean(
        by_method(m, method).scores.log_spectral <= by_method(m, other).scores.log_spectral
        for m in matches
    )


def by_method(found: Match, method: str) -> Found:
    return next(one for one in found.found if one.method == method)


def named(options: argparse.Namespace) -> dict[str, object]:
    """Options as JSON takes them."""
    return {
        key: str(value) if isinstance(value, Path) else value
        for key, value in vars(options).items()
    }


if __name__ == "__main__":
    main()
