#!/usr/bin/env python3
"""The start-up time of commands: imports, --help, the first step of a training, a short sound.

    python benchmarks/startup.py [--runs 5] [--only NAME ...] [--json FILE]

Each is a command in a process of its own, from its start to its end, on one thread; the commands
take turns, and times are medians. Floors are python itself, and what torch and Lightning take to be
imported; `beyond` is the time of a command beyond its floor, in seconds of CPU, `times` its ratio
to that floor. The training is of one step of `dgt_mid`, without validation, on sounds that are
imported already. `generate.py` resynthesises 1.4 s and draws its spectrograms,
`script.py` writes the `.ts`, checks it in blocks of many sizes, and writes its patches.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from measuring import Clock, Row, command_line, heading, in_a_process, show, write

from vschaos.audio.files import write_audio

REPOSITORY = Path(__file__).resolve().parents[1]
PYTHON, TORCH, LIGHTNING = "python", "import torch", "import pytorch_lightning"
SCRIPTS = ("train_model", "generate", "script", "extract_pitch")
MODULES = (
    *("vschaos.data.check", "vschaos.runs", "vschaos.report", "vschaos.patches", "vschaos.demo"),
)
RATE = 44100
SECONDS = 1.4


class Command(NamedTuple):
    """A command, and the imports that it needs."""

    name: str
    arguments: Sequence[object]
    floor: str
    most_beyond: float | None = None  # seconds that we allow ourselves beyond the floor


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument(
        "--only", nargs="+", metavar="NAME", help="these commands, and their floors"
    )
    options = parser.parse_args()
    print(heading())
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(Path(folder), options.runs, options.only)
    show(
        rows,
        {
            **{"command": "<", "cpu_seconds": ".2f", "wall_seconds": ".2f", "floor": "<"},
            **{"beyond": ".2f", "allowed": ".1f", "times": ".1f"},
        },
    )
    write(options.json, rows)


def measure(folder: Path, runs: int, only: Sequence[str] | None = None) -> list[Row]:
    """Medians of so many starts; of some commands alone, if they are named."""
    doors = all_doors(folder)
    if only:
        floors = {door.floor for door in doors if door.name in only}
        doors = [door for door in doors if door.name in floors.union(only)]
    if any(str(folder) in str(argument) for door in doors for argument in door.arguments):
        train(folder)
    spent: dict[str, list[Clock]] = {door.name: [] for door in doors}
    for _ in range(runs):
        for door in doors:
            spent[door.name].append(in_a_process(*door.arguments)[0])
    medians = {
        name: Clock(median(c.cpu for c in clocks), median(c.wall for c in clocks))
        for name, clocks in spent.items()
    }
    return [described(door, medians) for door in doors]


def described(door: Command, medians: dict[str, Clock]) -> dict[str, Any]:
    own, floor = medians[door.name], medians[door.floor]
    row = {"command": door.name, "cpu_seconds": own.cpu, "wall_seconds": own.wall}
    if door.floor == door.name:
        return row
    row |= {"beyond": own.cpu - floor.cpu, "times": own.cpu / floor.cpu}
    return {**row, "floor": door.floor, "allowed": door.most_beyond}


def all_doors(folder: Path) -> list[Command]:
    return [
        Command(PYTHON, ("-c", "pass"), PYTHON),
        Command(TORCH, ("-c", TORCH), TORCH),
        Command(LIGHTNING, ("-c", LIGHTNING), LIGHTNING),
        Command("import vschaos", ("-c", "import vschaos"), PYTHON, 0.2),
        *helps(),
        Command("train_model.py, first step", training(folder, "again"), LIGHTNING, 3.0),
        Command("generate.py reconstruct", reconstruction(folder), TORCH, 2.0),
        Command(
            "script.py",
            (REPOSITORY / "script.py", run_in(folder), "-o", folder / "out"),
            TORCH,
            2.0,
        ),
    ]


def helps() -> Iterator[Command]:
    for script in SCRIPTS:
        yield Command(f"{script}.py --help", (REPOSITORY / f"{script}.py", "--help"), PYTHON, 0.5)
    yield Command("vschaos play --help", ("-m", "vschaos", "play", "--help"), PYTHON, 0.5)
    for module in MODULES:
        yield Command(f"-m {module} --help", ("-m", module, "--help"), PYTHON, 0.5)


def run_in(folder: Path) -> Path:
    """The run of `train`."""
    return folder / "runs/run"


def training(folder: Path, name: str) -> tuple[object, ...]:
    return (
        *(REPOSITORY / "train_model.py", "--config-name", "dgt_mid", f"name={name}"),
        *(f"rundir={folder}/runs", f"data.dataset.root={folder}"),
        *(f"data.dataset.cache={folder}/cache", "trainer.max_steps=1", "trainer.accelerator=cpu"),
        *("training.monitoring=null", "+trainer.limit_val_batches=0", "report=false"),
    )


def reconstruction(folder: Path) -> tuple[object, ...]:
    script = REPOSITORY / "generate.py"
    sound = folder / "data/sound_0.wav"
    return (script, "reconstruct", run_in(folder), "--files", sound, "--out", folder / "out")


def train(folder: Path) -> None:
    """Trains the run that is played and exported, on sounds made here."""
    seconds = np.arange(int(SECONDS * RATE)) / RATE
    for number in range(4):
        hz = 110 * 2 ** (number / 2)
        sound = 0.3 * np.sin(2 * np.pi * hz * seconds) * np.exp(-2 * seconds)
        write_audio(folder / f"data/sound_{number}.wav", sound, RATE)
    in_a_process(*training(folder, "run"))


if __name__ == "__main__":
    main()
