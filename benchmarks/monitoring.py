#!/usr/bin/env python3
"""The cost of monitoring a training.

    python benchmarks/monitoring.py [dgt_mid dgt_pitch_prediction] [--steps N] [--repeats 3]
        [--threads 1] [--root FOLDER] [--json FILE]

Trainings as `train_model.py` does them, by turns without and with `training.monitoring`, each in a
process of its own: seconds of CPU (all threads) of the whole training, as medians, what the
monitoring adds to them, and its own estimate of that. `--steps` is the length that the
recipe has unless given; the end of a training is always monitored, so that the share of short ones
is greater.
The sounds are those of the demo unless `--root` says otherwise.
"""

from __future__ import annotations

import argparse
import json
import logging
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from measuring import command_line, heading, in_a_process, show, write
from omegaconf import OmegaConf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from vschaos.configs.composing import compose
from vschaos.demo.sounds import write_dataset
from vschaos.training import train

RECIPES = ["dgt_mid", "dgt_pitch_prediction"]
RATE = 44100


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("recipes", nargs="*", default=RECIPES)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--root", type=Path)
    parser.add_argument("--one", choices=("without", "with"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.recipes[0], options)))
        return
    print(heading())
    with tempfile.TemporaryDirectory() as folder:
        if options.root is None:
            options.root = Path(folder) / "sounds"
            write_dataset(options.root, RATE)
        rows = [compare(recipe, options) for recipe in options.recipes]
    columns = {"recipe": "<", "cpu_s_without": ".1f", "cpu_s_with": ".1f", "added": ".1%"}
    show(rows, {**columns, "own_share": ".1%"})
    write(options.json, rows)


def compare(recipe: str, options: argparse.Namespace) -> dict[str, Any]:
    """Measures by turns, so that other load of the machine falls on both."""
    found: dict[str, list[dict[str, float]]] = {"without": [], "with": []}
    for _ in range(options.repeats):
        for way, results in found.items():
            results.append(train_anew(recipe, way, options))
    without, with_it = (
        statistics.median(result["cpu_seconds"] for result in results) for results in found.values()
    )
    own = statistics.median(result["own_share"] for result in found["with"])
    added = with_it / without - 1
    row = {"recipe": recipe, "cpu_s_without": without, "cpu_s_with": with_it}
    return {**row, "added": added, "own_share": own, **found}


def train_anew(recipe: str, way: str, options: argparse.Namespace) -> dict[str, float]:
    given = ["--one", way, "--root", options.root, "--threads", options.threads]
    given += ["--steps", options.steps] if options.steps else []
    result: dict[str, float] = json.loads(in_a_process(__file__, recipe, *given)[1])
    return result


def measure(recipe: str, options: argparse.Namespace) -> dict[str, float]:
    """One training, in this process."""
    torch.set_num_threads(options.threads)
    logging.basicConfig(level=logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        given = {"name": "a", "rundir": folder, "data.dataset.root": options.root}
        given |= {"trainer.accelerator": "cpu"}
        given |= {"data.dataset.cache": options.root / "cache"}
        given |= {"trainer.max_steps": options.steps} if options.steps else {}
        given |= {"training.monitoring": "null"} if options.one == "without" else {}
        started = time.process_time()
        run = train(composed(recipe, given))
        cpu_seconds = time.process_time() - started
        return {"cpu_seconds": cpu_seconds, "own_share": own_share(run) if run else 0.0}


def composed(recipe: str, given: dict[str, Any]) -> dict[str, Any]:
    composition = compose(recipe, [f"{key}={value}" for key, value in given.items()])
    config: Any = OmegaConf.to_container(composition, resolve=True)
    return config


def own_share(run: Path) -> float:
    events = EventAccumulator(str(run / "logs"))
    events.Reload()
    if "training/monitoring_share" not in events.Tags()["scalars"]:
        return 0.0
    return events.Scalars("training/monitoring_share")[-1].value


if __name__ == "__main__":
    main()
