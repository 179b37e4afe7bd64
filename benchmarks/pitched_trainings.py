"""Trainings on General MIDI melodies and on recordings, one for each instrument and seed: shared by
the benchmarks of pitched families."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from measuring import Row, command_line, heading, show, write
from pitched_sounds import INSTRUMENTS, write_melodies
from recordings import write_recordings

import vschaos

TIME = "00:00:04:30"  # of a training, at most


def measure_trainings(
    doc: str | None,
    recipe: str,
    judge: Callable[[vschaos.Run, Path], Row],
    columns: Mapping[str, str],
    materials: Sequence[str] = tuple(INSTRUMENTS),
) -> None:
    """The program of a benchmark: trains, judges, shows a table and writes it.

    Args:
        doc: of the program, its help.
        recipe: that is trained.
        judge: gives figures of a run and the folder of its sounds.
        columns: of the table, as `show` takes them, after those of the trainings.
        materials: instruments of General MIDI and recordings to choose from.
    """
    parser = command_line(doc)
    parser.add_argument("--instruments", nargs="+", choices=materials, default=materials)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--time", default=TIME, help=f"of a training, at most (default {TIME})")
    parser.add_argument("--runs", type=Path, help="folder for sounds and runs, which are kept")
    parser.add_argument("--set", nargs="+", default=[], help="settings of the training, KEY=VALUE")
    options = parser.parse_args()
    settings = {
        "length": "quick",
        "trainer.max_time": options.time,
        "report": False,
        "training.monitoring": None,
        **{key: yaml.safe_load(value) for key, _, value in (e.partition("=") for e in options.set)},
    }
    print(heading())
    rows: list[Row] = []
    with TemporaryDirectory() as folder:
        place = options.runs or Path(folder)
        for name in options.instruments:
            root = place / name
            if name in INSTRUMENTS:
                write_melodies(root / "data", name)
            elif not write_recordings(root / "data", name):
                continue
            for seed in options.seeds:
                run, spent = _trained(place, recipe, name, {**settings, "seed": seed})
                rows.append({"sound": name, "seed": seed, "cpu_s": spent, **judge(run, root)})
    show(rows, {"sound": "<10", "seed": "4d", "cpu_s": "6.0f", **columns})
    write(options.json, {"rows": rows})


def _trained(
    place: Path, recipe: str, name: str, settings: Mapping[str, Any]
) -> tuple[vschaos.Run, float]:
    """A run, and the CPU seconds of its training and analysis."""
    begun = time.process_time()
    run = vschaos.train(
        recipe,
        name=f"{name}_{settings['seed']}",
        root=place / name,
        rundir=str(place / "runs"),
        **settings,
    )
    return run, time.process_time() - begun
