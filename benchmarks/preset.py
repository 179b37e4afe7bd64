#!/usr/bin/env python3
"""Presets of people that no network has learnt from, found by their sounds.

    python benchmarks/preset.py RUN [--presets 512] [--searched 16] [--evaluations 100]
                                [--unseeded 500] [--neighbours N] [--json FILE]

RUN is of a network that sets a plug-in. The presets of people that are for tests are played at the
plug-in's usual notes and velocities, and their settings found by the sounds alone. First table, all
of them in one shot: mean error of continuous knobs that are heard (a share of their way), share of
steps and switches that are heard and right, and log-spectral distance of the sounds, level left
out. Beside the network stand the settings of the training sound that sounds nearest (of all, each
with the band levels over time that it has), the mean of the training's settings, a random preset,
and the settings themselves, played again: below that distance others mean little. The second table
has some of them, with a search: from the network's proposals, and from nowhere.
"""

from __future__ import annotations

from pathlib import Path
from statistics import mean, median

import numpy as np
import torch
from measuring import Clock, Row, command_line, heading, show, write
from torch import Tensor

from vschaos import load_run
from vschaos.batch import Batch
from vschaos.data.datamodule import DataModule
from vschaos.evaluation.matching import mean_settings, nearest_sounds
from vschaos.instrument.synthesiser import CONTINUOUS, Synthesiser
from vschaos.labels import Labels
from vschaos.matching.objective import Objective
from vschaos.matching.search import search
from vschaos.matching.targets import Target
from vschaos.models.capabilities import Heard
from vschaos.models.matching.distances import log_spectral_distances
from vschaos.models.preset import Preset
from vschaos.plugin.banks import read_presets, split_presets
from vschaos.plugin.levels import loudness_db
from vschaos.progress import Progress
from vschaos.runs import Run
from vschaos.targets import build

SEED = 0
SECONDS = 1.0  # of a sound
LEAST_DB = -60.0  # dB(A): softer targets have no distance
HYPOTHESES = 8
NETWORK, NEIGHBOUR, MEAN, RANDOM = "network", "nearest training sound", "mean", "random preset"
ITSELF = "the same again"


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("run", type=Path, metavar="RUN")
    parser.add_argument("--presets", type=int, default=512)
    parser.add_argument("--neighbours", type=int, help="training sounds (default: all)")
    parser.add_argument("--searched", type=int, default=16, help="of them, with a search")
    parser.add_argument("--evaluations", type=int, default=100)
    parser.add_argument("--unseeded", type=int, default=500, help="evaluations from nowhere")
    options = parser.parse_args()
    run = load_run(options.run)
    model = run.model
    if not isinstance(model, Preset):
        raise SystemExit(f"a run of a network that sets a plug-in was expected, got {options.run}")
    print(heading())
    synthesiser = model.synthesiser()
    try:
        start = Clock.now()
        sounds, heard = targets_of(model, synthesiser, options.presets)
        found = found_at_once(run, model, synthesiser, sounds, heard, options.neighbours)
        played = {name: play(synthesiser, rows, heard) for name, rows in found.items()}
        rows = [row_of(name, model, found[name], played[name], sounds, heard) for name in found]
        print(f"{len(sounds)} presets of people, {Clock.now().since(start).cpu:.0f} CPU seconds")
        columns = {"settings": "s", "knob_error": ".3f", "steps_right": ".1f", "lsd": ".2f"}
        show(rows, {**columns, "median_lsd": ".2f"})
        print()
        kept = (options.evaluations, options.unseeded)
        few = slice(0, options.searched)
        searched = searches(model, synthesiser, sounds[few], heard_of(heard, few), *kept)
        show(searched, {"settings": "s", "evaluations": "d", "lsd": ".2f", "distance": ".3f"})
    finally:
        synthesiser.close()
    write(options.json, {"at_once": rows, "searched": searched})


def targets_of(model: Preset, synthesiser: Synthesiser, count: int) -> tuple[Tensor, Heard]:
    """Sounds `[B, T]` of presets of people, those for tests, and what they were made with."""
    about = model.description
    banks = about.find_banks()
    presets = split_presets(read_presets(banks, about), about).test[:count]
    if not presets:
        raise SystemExit(f"there are no presets of people for {about.name}")
    chance = np.random.default_rng(SEED)
    positions = np.stack([preset.positions for preset in presets])
    targets = {"held_seconds": np.full(len(presets), about.held_seconds)}
    targets["note"] = chance.choice(about.notes, len(presets))
    targets["velocity"] = chance.choice(about.velocities, len(presets))
    for knob in model.knobs:
        column = positions[:, about.names.index(knob.name)]
        targets[knob.name] = np.round(column * (knob.num_steps - 1)) if knob.num_steps else column
    values = torch.zeros(len(presets), 0, 1)
    batch = Batch(
        torch.zeros(len(presets), 0),
        Labels(values, values > 0),
        targets={name: torch.from_numpy(of.astype(np.float32)) for name, of in targets.items()},
    )
    heard = model.heard(batch)
    sounds = play(synthesiser, heard.positions, heard)
    levels = [loudness_db(sound[None].numpy(), model.sample_rate) for sound in sounds]
    audible = np.flatnonzero(np.array(levels) >= LEAST_DB)
    return sounds[audible], heard_of(heard, torch.from_numpy(audible))


def found_at_once(
    run: Run,
    model: Preset,
    synthesiser: Synthesiser,
    sounds: Tensor,
    heard: Heard,
    num_neighbours: int | None,
) -> dict[str, Tensor]:
    """Positions `[B, P]` by what found them."""
    data = build(run.config["data"], run.config["seed"])
    assert isinstance(data, DataModule)
    data.open(model, run.split)
    size, batches = data.training.batch_size, data.training
    files = len(batches.recordings.files)  # type: ignore[attr-defined]
    files = min(num_neighbours or files, files)
    parts = [np.arange(first, min(first + size, files)) for first in range(0, files, size)]
    pool: list[Batch] = [
        batches.of_files(part)  # type: ignore[attr-defined]
        for part in Progress(parts, desc="training sounds", unit="batch")
    ]
    learnt = [model.heard(batch) for batch in pool]
    every = Heard(*(torch.cat(columns) for columns in zip(*learnt, strict=True)))
    nearest = nearest_sounds(sounds, torch.cat([batch.audio for batch in pool]))
    drawn = synthesiser.draw(np.random.default_rng(SEED), len(sounds))
    with torch.inference_mode():
        network = torch.cat(
            [
                model.propose(*part)[:, 0]
                for part in zip(sounds.split(32), heard.pitch.split(32), strict=True)
            ]
        )
    return {
        NETWORK: network,
        NEIGHBOUR: every.positions[nearest],
        MEAN: mean_settings(model, every).expand(len(sounds), -1),
        RANDOM: torch.from_numpy(drawn.astype(np.float32)),
        ITSELF: heard.positions,
    }


def play(synthesiser: Synthesiser, positions: Tensor, heard: Heard) -> Tensor:
    """Notes as those of the targets, `[B, T]`."""
    parts = []
    for rows in Progress(torch.arange(len(positions)).split(16), desc="playing", unit="batch"):
        pitch, velocity = heard.pitch[rows].numpy(), heard.velocity[rows].numpy()
        settings, held = positions[rows].double().numpy(), float(heard.held_seconds[0])
        made = synthesiser.render(settings, pitch, velocity, SECONDS, held)
        parts.append(torch.from_numpy(made))
    return torch.cat(parts)


def distances(sounds: Tensor, targets: Tensor) -> Tensor:
    """Log-spectral distances of sounds `[B, T]`, dB `[B]`."""
    pairs = zip(sounds, targets, strict=True)
    return torch.cat([log_spectral_distances(one[None], other) for one, other in pairs])


def row_of(
    name: str, model: Preset, found: Tensor, played: Tensor, sounds: Tensor, heard: Heard
) -> Row:
    stepped = [number for number, knob in enumerate(model.knobs) if knob.kind != CONTINUOUS]
    is_right = (found - heard.positions).abs()[:, stepped] < 1e-3
    tells = heard.audible[:, stepped]
    lsd = distances(played, sounds)
    return {
        "settings": name,
        "knob_error": float(model.errors(found, heard)["knob_error"]),
        "steps_right": 100 * float((is_right & tells).sum() / tells.sum()),
        "lsd": float(lsd.mean()),
        "median_lsd": float(lsd.median()),
    }


def searches(
    model: Preset,
    synthesiser: Synthesiser,
    sounds: Tensor,
    heard: Heard,
    evaluations: int,
    unseeded: int,
) -> list[Row]:
    """Some targets with a search: from the network, and from nowhere."""
    kinds = {
        "network": (1, 0),
        f"best of {HYPOTHESES} of the network": (HYPOTHESES, 0),
        "network and search": (HYPOTHESES, evaluations - HYPOTHESES),
        "search alone": (0, evaluations),
        "search alone, longer": (0, unseeded),
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in kinds}
    for row, sound in enumerate(Progress(sounds, desc="searching", unit="sound")):
        target = Target(
            *(str(row), Path(), 0.0, sound.numpy(), model.sample_rate),
            *(float(heard.pitch[row]), 1.0, float(heard.held_seconds[row])),
        )
        for name, (hypotheses, most) in kinds.items():
            objective = Objective(synthesiser, target)
            starts = np.zeros((0, len(model.knobs)))
            if hypotheses:
                with torch.inference_mode():
                    told = model.propose(sound[None], heard.pitch[row][None], hypotheses, SEED)[0]
                starts = told.double().numpy()
                starts = starts[objective(starts).argsort(kind="stable")]
            search(objective, "cmaes", most, starts, SEED)
            note = np.array([target.pitch]), np.array([synthesiser.velocity])
            times = target.seconds, target.held_seconds
            made = torch.from_numpy(synthesiser.render(objective.best[None], *note, *times))
            found[name].append((float(log_spectral_distances(made, sound)), objective.least))
    return [
        {
            "settings": name,
            "evaluations": hypotheses + most,
            "lsd": mean(lsd for lsd, _ in found[name]),
            "median_lsd": median(lsd for lsd, _ in found[name]),
            "distance": mean(distance for _, distance in found[name]),
        }
        for name, (hypotheses, most) in kinds.items()
    ]


def heard_of(heard: Heard, rows: slice | Tensor) -> Heard:
    return Heard(*(column[rows] for column in heard))


if __name__ == "__main__":
    main()
