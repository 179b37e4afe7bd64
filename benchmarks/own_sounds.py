#!/usr/bin/env python3
"""What a trained network that sets a voice gains from losses of the sound, and from other sounds.

    python benchmarks/own_sounds.py RUN [--seconds 120] [--rate 3e-4] [--notes 80 | --sounds FOLDER]
        [--count 64] [--ways parameters sound own] [--json FILE]

A run of rendered examples (`vschaos train`, without a dataset) goes on for as much CPU time in each
way, at a rate that falls from `--rate` to 0: with the losses of the parameters alone, with those of
the sound of the settings that are found (`sound_after`), and with notes of General MIDI beside the
rendered ones (`sounds_after`): `--notes` of them by fluidsynth, or sounds of a folder; a fifth is
held out.

`error` and `steps` are those of the knobs of rendered sounds that are held out, `lsd` their mean
log-spectral distance in dB by what is found; `own_lsd` that of the General MIDI notes held out,
`own_median` its median, and `own_nearest` the nearest of some training sounds at the same notes;
`own_learnt` is of the notes that are learnt from. `before` is the run as it is.
"""

from __future__ import annotations

import argparse
import copy
import math
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from matching_search import PROGRAMS
from measuring import Row, command_line, heading, show, write
from pitched_sounds import RATE, SOUND_FONT, render

from vschaos.audio.files import write_audio
from vschaos.data.datamodule import DataModule
from vschaos.data.rendered import BesideNotes
from vschaos.evaluation.matching import MODEL, NEIGHBOUR, match_held_out, matching_facts
from vschaos.evaluation.own_sounds import match_own, own_facts
from vschaos.models.base import Model
from vschaos.models.capabilities import Matching
from vschaos.progress import Progress
from vschaos.runs import Run, load_run
from vschaos.targets import build

WAYS = {"parameters": None, "sound": "sound_after", "own": "sounds_after"}
NOTES = 36, 43, 48, 52, 57, 60, 64, 67, 72, 76
HELD_SECONDS = 0.7
HELD_OUT = 0.2
NEIGHBOURS = 256
MOST_GRADIENT = 1.0  # norm to which gradients are clipped
COLUMNS = {"way": "<", "steps_taken": "d", "cpu": ".0f", "error": ".3f", "steps": ".1f"}
COLUMNS |= {"lsd": ".2f", "own_lsd": ".2f", "own_median": ".2f", "own_nearest": ".2f"}
COLUMNS |= {"own_learnt": ".2f"}


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("run", type=Path, metavar="RUN")
    parser.add_argument("--seconds", type=float, default=120.0, help="of the CPU, each way")
    parser.add_argument("--rate", type=float, default=3e-4, help="at which learning begins")
    parser.add_argument("--notes", type=int, default=80, help="of General MIDI")
    parser.add_argument("--sounds", type=Path, metavar="FOLDER", help="in place of these")
    parser.add_argument("--examples", type=int, default=2, help="that are played in a step")
    parser.add_argument("--count", type=int, default=64, help="rendered sounds that are measured")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=[*WAYS])
    options = parser.parse_args()
    print(heading())
    with TemporaryDirectory() as temporary:
        if options.sounds is None:
            write_notes(Path(temporary), options.notes)
        folder = options.sounds or Path(temporary)
        run = joined(load_run(options.run), folder, Path(temporary) / "cache", options)
        # by another seed than the run's: other settings are drawn
        data = build(run.config["data"], run.config["seed"] + 1)
        data.open(run.model)
        rows = [measure("before", run, data, 0, 0.0, options)]
        show(rows, COLUMNS)
        for way in options.ways:
            other, steps, cpu = taught(way, run, data, options)
            rows.append(measure(way, other, data, steps, cpu, options))
            show(rows[-1:], COLUMNS)
    show(rows, COLUMNS)
    write(options.json, {"own_sounds": rows})


def write_notes(folder: Path, count: int) -> None:
    """Single notes of eight instruments, by turns, a file each."""
    if not SOUND_FONT.is_file():
        raise FileNotFoundError("install fluidsynth and fluid-soundfont-gm")
    for number in range(count):
        program = PROGRAMS[number % len(PROGRAMS)]
        note = NOTES[number // len(PROGRAMS) % len(NOTES)] + number % 5
        velocity = 60 + 40 * (number % 2)
        sound = render(program, [(50, 50 + round(1000 * HELD_SECONDS), note, velocity)])
        write_audio(folder / "data" / f"{program} {note} {velocity}.wav", sound, RATE)


def joined(run: Run, folder: Path, cache: Path, options: argparse.Namespace) -> Run:
    """The run with the notes as its dataset."""
    dataset = {
        "_target_": "vschaos.data.sounds.Dataset",
        "root": str(folder),
        "held_out": HELD_OUT,
        "cache": str(cache),
    }
    data = {**run.config["data"], "dataset": dataset, "notes": options.examples}
    data["loading"] = {**data["loading"], "num_workers": 0}
    return replace(run, config={**run.config, "data": data})


def taught(
    way: str, run: Run, data: DataModule, options: argparse.Namespace
) -> tuple[Run, int, float]:
    """The run after some more time, the steps that it took, and the seconds."""
    model = copy.deepcopy(run.model).train().requires_grad_(True)
    switch = WAYS[way]
    for name in ("sound_after", "sounds_after"):
        setattr(model, name, 0 if name == switch else None)
    model.sound_examples = options.examples
    weights = build(run.config["training"]["weights"])
    optimizer = torch.optim.AdamW(model.parameters(), options.rate, weight_decay=2e-2)
    batches, start, step = data.training, time.process_time(), 0
    torch.manual_seed(0)
    bar = Progress(total=round(options.seconds), desc=way, unit=" s")
    while (spent := time.process_time() - start) < options.seconds:
        share = spent / options.seconds
        optimizer.param_groups[0]["lr"] = options.rate * (0.5 + 0.5 * math.cos(math.pi * share))
        losses = model.losses(batches[step])
        optimizer.zero_grad()
        total(losses, weights).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), MOST_GRADIENT)
        optimizer.step()
        step += 1
        bar.update(int(spent) - bar.n)
    bar.close()
    other = replace(run, model=model.eval().requires_grad_(False))
    return other, step, time.process_time() - start


def total(losses: dict[str, torch.Tensor], weights: dict[str, Any]) -> torch.Tensor:
    weighted = [
        (weights[name].weight if name in weights else 0.3) * loss for name, loss in losses.items()
    ]
    return torch.stack(weighted).sum()


def measure(
    way: str, run: Run, data: DataModule, steps: int, cpu: float, options: argparse.Namespace
) -> Row:
    """What is found in sounds that are held out."""
    model = run.model
    assert isinstance(model, Matching)
    run = replace(run, split={"parts": {}, "digests": {}, **data.split_to_json()})
    matched = match_held_out(run, options.count, NEIGHBOURS, num_turned=1)
    facts = matching_facts(model, matched)["rows"]
    own = match_own(run, matched)
    assert own is not None
    rows = own_facts(own)["rows"]
    return {
        "way": way,
        "steps_taken": steps,
        "cpu": cpu,
        "error": facts[MODEL]["knob_error"],
        "steps": facts[MODEL]["steps_right"],
        "lsd": facts[MODEL]["lsd"],
        "own_lsd": rows[MODEL]["lsd"],
        "own_median": rows[MODEL]["median_lsd"],
        "own_nearest": rows[NEIGHBOUR]["lsd"],
        "own_learnt": learnt_distance(model, data),
    }


@torch.inference_mode()
def learnt_distance(model: Model, data: DataModule) -> float:
    """The mean distance of the notes that are learnt from."""
    assert isinstance(data.training, BesideNotes)
    notes = data.training.notes
    whole = notes.of(notes.notes)
    return float(model.metrics(whole)["own_lsd"])


if __name__ == "__main__":
    main()
