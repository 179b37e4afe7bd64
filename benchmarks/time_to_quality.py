#!/usr/bin/env python3
"""Time from `train_model.py` to the `.ts`, and quality relative to the whole recipe.

    python benchmarks/time_to_quality.py [--recipe dgt_mid] [--root DATASET] [--files 300]
        [--settings KEY=VALUE ...] [--folder FOLDER] [--reference RUN] [--json FILE] [--plot FILE]

The steps are those of a user: `train_model.py length=quick`, then `script.py`, in two processes,
with pictures, page and patches. The same training with `length=full` is the reference, or
`--reference`, an existing run of the same sounds. Both are measured by
`python -m vschaos.evaluate`.

Quality is the gain of a model's log-spectral distance on validation sounds over PCA of as many
dimensions; the share reached is that gain against the reference's. The ratio of the two distances
stands beside it. Time is that of the clock, which counts only where nothing else runs (`uptime`),
and that of the processor over `CORES`, which is what a machine of two cores takes if its threads
never wait for each other.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from measuring import Clock, command_line, heading, write
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from vschaos.demo.sounds import write_dataset
from vschaos.evaluation import magnitude_distances
from vschaos.runs import load_run

REPOSITORY = Path(__file__).resolve().parents[1]
CORES = 2
RATE = 44100
WANTED = 0.95
DISTANCE = "val/log_spectral_distance"


class Curve(NamedTuple):
    """Distances of validation sounds by step."""

    steps: list[int]
    distances: list[float]


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--recipe", default="dgt_mid")
    parser.add_argument("--root", type=Path, help="a dataset; the demo's sounds if not given")
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--settings", nargs="+", default=[], metavar="KEY=VALUE")
    parser.add_argument("--folder", type=Path, help="where runs stay")
    parser.add_argument("--reference", type=Path, help="a run of the same sounds")
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        if options.root is None:
            options.root = folder / "sounds"
            write_dataset(options.root, RATE)
        result = measure(options, folder)
    print(heading())
    print(table(result))
    write(options.json, result)
    if options.plot:
        plot(result, options.plot)


def measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    quick = folder / "quick"
    spent = {
        "train_model.py": train(options, folder, "quick"),
        "script.py": timed("script.py", quick, "-o", folder),
    }
    if not (folder / "quick.ts").is_file():
        raise SystemExit(f"script.py left no {folder / 'quick.ts'}")
    reference = options.reference
    if reference is None:
        reference = folder / "full"
        train(options, folder, "full")
    found, whole = (measured_of(run, options.root) for run in (quick, reference))
    model, pca = found["model"], found[next(name for name in found if name.startswith("PCA"))]
    return {
        "recipe": options.recipe,
        "seconds": {name: clock._asdict() for name, clock in spent.items()},
        "minutes": {
            "of two cores": sum(clock.cpu for clock in spent.values()) / CORES / 60,
            "of the clock": sum(clock.wall for clock in spent.values()) / 60,
        },
        "lsd": {"quick": model, "reference": whole["model"], "PCA": pca},
        "share": (pca - model) / (pca - whole["model"]),
        "ratio": whole["model"] / model,
        "curves": {"quick": curve(quick)._asdict(), "reference": curve(reference)._asdict()},
    }


def train(options: argparse.Namespace, folder: Path, length: str) -> Clock:
    return timed(
        "train_model.py",
        *("--config-name", options.recipe, f"name={length}", f"length={length}"),
        *(f"rundir={folder}", f"data.dataset.root={options.root}"),
        *(f"data.dataset.cache={folder / ('cache_' + length)}", "trainer.accelerator=cpu"),
        *(f"data.dataset.n_files={options.files}", *options.settings),
    )


def timed(program: str, *arguments: str | Path) -> Clock:
    started = Clock.now()
    subprocess.run([sys.executable, REPOSITORY / program, *map(str, arguments)], check=True)
    spent = Clock.now().since(started)
    print(f"{program}: {spent.cpu:.1f} s of CPU, {spent.wall:.1f} s of the clock", flush=True)
    return spent


def measured_of(run: Path, root: Path) -> dict[str, float]:
    """Log-spectral distances in dB of the model and the baselines."""
    measured = magnitude_distances(load_run(run), root)
    return {name: row["log_spectral_distance"] or 0.0 for name, row in measured.items()}


def curve(run: Path) -> Curve:
    events = EventAccumulator(str(max(run.rglob("logs"))))
    events.Reload()
    scalars = events.Scalars(DISTANCE)
    return Curve([event.step for event in scalars], [event.value for event in scalars])


def table(result: dict[str, Any]) -> str:
    rows = [
        f"{name:<16} {spent['cpu']:8.1f} {spent['wall']:8.1f}"
        for name, spent in result["seconds"].items()
    ]
    minutes = [f"{name:<16} {count:8.1f} minutes" for name, count in result["minutes"].items()]
    distances = [f"{name:<16} {distance:8.2f}" for name, distance in result["lsd"].items()]
    return "\n".join(
        [
            f"{result['recipe']:<16} {'CPU s':>8} {'clock s':>8}",
            *rows,
            *minutes,
            f"{'':<16} {'LSD dB':>8}",
            *distances,
            f"gain on PCA: {result['share']:.1%} of the reference's ({WANTED:.0%} wanted); "
            f"reference's distance over it: {result['ratio']:.1%}",
        ]
    )


def plot(result: dict[str, Any], file: Path) -> None:
    """Distances over the minutes that as many steps of the quick training took."""
    import matplotlib.pyplot as plt

    quick, whole = (Curve(**found) for found in result["curves"].values())
    per_step = result["seconds"]["train_model.py"]["cpu"] / CORES / 60 / quick.steps[-1]
    figure, axes = plt.subplots(figsize=(7, 3.5), layout="constrained")
    for name, found in (("length=full", whole), ("length=quick", quick)):
        axes.plot([step * per_step for step in found.steps], found.distances, label=name)
    pca = result["lsd"]["PCA"]
    axes.axhline(pca, color="grey", linestyle=":", label="PCA")
    axes.axhline(
        pca - WANTED * (pca - whole.distances[-1]),
        color="grey",
        linestyle="--",
        label=f"{WANTED:.0%} of the gain on PCA",
    )
    axes.set(xlabel="minutes of two cores", ylabel="LSD of held-out sounds, dB")
    axes.legend()
    figure.savefig(file, dpi=110)


if __name__ == "__main__":
    main()
