#!/usr/bin/env python3
"""How well a voice finds its settings in sounds that it was not trained on.

    python benchmarks/matching.py [--chains two_osc] [--seeds 0] [--steps 4800]
        [--count 512] [--runs FOLDER] [--set KEY=VALUE ...] [--json FILE]

Each training renders its own sounds (`--config-name synth`), and its run is evaluated as `vschaos
evaluate` does: `error` is the mean error of the knobs that can be heard, as a share of their way,
`steps` the share of amounts (off or on) and steps that are right, `lsd` the mean log-spectral
distance in dB of the note by the settings that were found, at one level. `told`: the same of the
knobs that a sound tells, of which a turn changes it by 1 dB (`evaluation/turning.py`). Beside them
`nearest`, the nearest of 2,048 training sounds, `mean`, the mean settings, and `itself`, the
settings that the sounds were made with: two renders of one noise differ.

`cpu` is the CPU time of the training in seconds, all its processes together, with rendering and
validation; `steps_per_second` by the wall's clock, which other work on the machine slows down.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import yaml
from measuring import Clock, Row, command_line, heading, show, write

import vschaos
from vschaos.evaluation.matching import (
    ITSELF,
    MEAN,
    MODEL,
    NEIGHBOUR,
    SOUNDS,
    match_held_out,
    matching_facts,
)
from vschaos.models.capabilities import Matching

COLUMNS = {"chain": "<s", "seed": "4d", "cpu": "6.0f", "steps_per_second": "6.1f"}
COLUMNS |= {"error": "6.3f", "mean_error": "6.3f", "steps": "6.1f"}
COLUMNS |= {"told_error": "6.3f", "told_mean": "6.3f", "told_steps": "6.1f", "lsd": "6.2f"}
COLUMNS |= {"nearest": "6.2f", "of_nearest": "6.2f", "mean": "6.2f", "itself": "6.2f"}


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--chains", nargs="+", default=["two_osc"], help="of the voice")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0], help="of the trainings")
    parser.add_argument("--steps", type=int, default=4800, help="of a training")
    parser.add_argument("--count", type=int, default=SOUNDS, help="sounds that are evaluated")
    parser.add_argument("--runs", type=Path, help="folder of the trainings, to keep them")
    parser.add_argument(
        "--set", nargs="+", default=[], metavar="KEY=VALUE", help="further settings"
    )
    options = parser.parse_args()
    print(heading())
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.runs or Path(temporary)
        for chain in options.chains:
            for seed in options.seeds:
                rows.append(measure(chain, seed, options, folder))
                show(rows[-1:], COLUMNS)
    show(rows, COLUMNS)
    write(options.json, {"matching": rows})


def measure(chain: str, seed: int, options: argparse.Namespace, folder: Path) -> Row:
    """A training, and what it finds."""
    pairs = (one.split("=", 1) for one in options.set)
    settings = {key: yaml.safe_load(value) for key, value in pairs}
    start = Clock.now()
    run = vschaos.train(
        "synth",
        name=f"{chain}_{seed}",
        rundir=folder,
        chain=chain,
        seed=seed,
        report=False,
        **{"trainer.max_steps": options.steps, "training.monitoring": None, **settings},
    )
    taken = Clock.now().since(start)
    assert isinstance(run.model, Matching)
    matched = match_held_out(run, options.count, num_turned=options.count)
    table = matching_facts(run.model, matched)
    facts = table["rows"]
    return {
        "chain": chain,
        "seed": seed,
        "cpu": taken.cpu,
        "steps_per_second": options.steps / taken.wall,
        "error": facts[MODEL]["knob_error"],
        "mean_error": facts[MEAN]["knob_error"],
        "steps": facts[MODEL]["steps_right"],
        "told_error": facts[MODEL]["told_knob_error"],
        "told_mean": facts[MEAN]["told_knob_error"],
        "told_steps": facts[MODEL]["told_steps_right"],
        "lsd": facts[MODEL]["lsd"],
        "nearest": facts[NEIGHBOUR]["lsd"],
        "of_nearest": facts[MODEL]["lsd"] / facts[NEIGHBOUR]["lsd"],
        "mean": facts[MEAN]["lsd"],
        "itself": facts[ITSELF]["lsd"],
        "knobs": table["knobs"],
    }


if __name__ == "__main__":
    main()
