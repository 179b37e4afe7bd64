#!/usr/bin/env python3
"""The growth of time and memory with hours of sound, window, batch and latents.

    python benchmarks/growth.py [--recipe dgt_mid] [--only hours window batch latents]
        [--hours 0.1 1 10] [--steps 40] [--out docs] [--json FILE]

One thread, a process for each measure (forked, so not on Windows). Along hours: seconds of CPU to
import sounds made here, to open them for the first time after that, when all checksums are read
(`checking`), and for the second (`opening`), then a step of the training and its batch; along the
others a step and a batch of two minutes of sound. Memory is the peak of a process beyond that after
its imports; that of the training along hours is without pages of files, which the
system lends while nobody else needs them. The exponent is the slope of a line through the points,
both axes logarithmic: 1 is linear, 0 does not grow. Ten hours take 10 GB of disk while they are
measured. Writes a picture of each, `growth_<name>.png`.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import importing
import numpy as np
import torch
from importing import KINDS, import_sounds
from loading import step_of
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from measuring import (
    Clock,
    by_turns,
    command_line,
    heading,
    peak_memory_mb,
    private_memory_mb,
    show,
    write,
)
from training import composed, write_sounds

from vschaos.data.cache.sources import SETTLED_SECONDS
from vschaos.training.assembly import assemble
from vschaos.training.matmul_precision import multiplying

FILES_AN_HOUR = 100
GIGABYTES_AN_HOUR = 1.0  # as 16 bits, and imported
WARM_UP = 5  # steps


class Axis(NamedTuple):
    """A size that grows."""

    title: str
    sizes: Sequence[float]
    settings: Sequence[str] = ()  # of a training, with `{size}` and a quarter of it


AXES = {
    "hours": Axis("hours of sound", (0.1, 1, 10)),
    "window": Axis(
        "samples of the window",
        (512, 1024, 2048, 4096, 8192),
        ("model.transform.n_fft={size}", "model.transform.hop_length={quarter}"),
    ),
    "batch": Axis(
        "frames of a batch", (64, 128, 256, 512, 1024), ("data.loading.batch_size={size}",)
    ),
    "latents": Axis("latents", (2, 4, 8, 16, 32, 64), ("model.latent.dim={size}",)),
}
UNITS = {"s": "seconds of CPU", "ms": "milliseconds of CPU", "mb": "MB"}
Point = dict[str, float]  # by name, which ends with its unit


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--recipe", default="dgt_mid")
    parser.add_argument("--only", nargs="+", choices=AXES, default=list(AXES), metavar="NAME")
    parser.add_argument("--hours", nargs="+", type=float, default=AXES["hours"].sizes)
    parser.add_argument("--steps", type=int, default=40, help=f"after {WARM_UP} of warm-up")
    parser.add_argument("--out", type=Path, help="folder of the pictures (default: none are drawn)")
    options = parser.parse_args()
    torch.set_num_threads(1)
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    print(heading())
    results = {}
    for name in options.only:
        sizes = options.hours if name == "hours" else AXES[name].sizes
        points = {size: along(name, size, options.recipe, options.steps) for size in sizes}
        results[name] = {
            "points": [{name: size, **point} for size, point in points.items()],
            "exponents": exponents(points),
        }
        show_growth(name, results[name])
        if options.out:
            draw(options.out / f"growth_{name}.png", AXES[name].title, points)
    write(options.json, results)


def along(name: str, size: float, recipe: str, steps: int) -> Point:
    """The measures at one size, each in a process of its own."""
    given = [setting.format(size=size, quarter=int(size) // 4) for setting in AXES[name].settings]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if name != "hours":
            write_sounds(folder / "data")
            return anew(measure_training, folder, recipe, steps, given)
        write_hours(folder, size)
        imported = anew(measure_import, folder)
        return imported | anew(measure_long_training, folder, recipe, steps)


def anew(measure: Callable[..., Point], *arguments: object) -> Point:
    """In a process that has imported what this one has, and nothing else."""
    with get_context("fork").Pool(1) as pool:
        return pool.apply(measure, arguments)


def write_hours(folder: Path, hours: float) -> None:
    free = shutil.disk_usage(folder).free / 1e9
    if free < 1.5 * GIGABYTES_AN_HOUR * hours:
        raise SystemExit(
            f"{hours:g} hours take {GIGABYTES_AN_HOUR * hours:.1f} GB in {folder.parent}, "
            f"{free:.1f} GB are free; TMPDIR names another folder, --hours fewer hours"
        )
    files = max(2, round(FILES_AN_HOUR * hours))
    importing.write_sounds(folder, KINDS["wav, 44.1 kHz"], 60 * hours, files)


def measure_import(folder: Path) -> Point:
    before_mb, started = peak_memory_mb(), Clock.now()
    import_sounds(folder, folder / "cache")
    spent = Clock.now().since(started)
    return {"import_s": spent.cpu, "import_mb": peak_memory_mb() - before_mb}


def measure_long_training(folder: Path, recipe: str, steps: int) -> Point:
    """With the sounds that were imported before."""
    time.sleep(SETTLED_SECONDS)  # what is younger is never trusted, and checked at each opening
    before_mb = private_memory_mb()
    checking, opening = (measure_opening(folder) for _ in range(2))
    point = measure_training(folder, recipe, steps, [])
    return {
        "checking_s": checking,
        "opening_s": opening,
        "loader_ms": point["loader_ms"],
        "step_ms": point["step_ms"],
        "training_mb": private_memory_mb() - before_mb,
    }


def measure_opening(folder: Path) -> float:
    started = Clock.now()
    import_sounds(folder, folder / "cache")
    return Clock.now().since(started).cpu


def measure_training(folder: Path, recipe: str, steps: int, settings: list[str]) -> Point:
    before_mb = peak_memory_mb()
    config = composed(recipe, folder, WARM_UP + steps, settings)
    with multiplying(config["training"]["matmul_precision"]):
        data, learner = assemble(config)
        take = step_of(learner)
        batch = data.training[0]
        spent = by_turns(
            {"loader": data.training.__getitem__, "step": lambda turn: take(batch)},
            steps,
            WARM_UP,
        )
    times = {f"{name}_ms": 1e3 * seconds for name, seconds in spent.items()}
    return {**times, "memory_mb": peak_memory_mb() - before_mb}


def exponents(points: Mapping[float, Point]) -> dict[str, float]:
    """Slopes of the lines through the points of each measure, in logarithms of both."""
    sizes = np.log([*points])
    names = next(iter(points.values()))
    return {
        name: float(np.polyfit(sizes, np.log([max(p[name], 1e-6) for p in points.values()]), 1)[0])
        for name in names
        if len(points) > 1
    }


def show_growth(name: str, growth: Mapping[str, Any]) -> None:
    print()
    rows = [*growth["points"], {name: "exponent", **growth["exponents"]}]
    rows = [{**row, name: f"{row[name]}"} for row in rows]
    show(rows, {key: "<" if key == name else ".3f" for key in growth["points"][0]})


def draw(path: Path, title: str, points: Mapping[float, Point]) -> None:
    """A panel for each unit, and in each a line as steep as linear growth would be."""
    fitted = exponents(points)
    units = dict.fromkeys(name.rpartition("_")[2] for name in fitted)
    figure = Figure(figsize=(9.0, 3.4), layout="constrained")
    panels = figure.subplots(1, len(units), squeeze=False)[0]
    for panel, unit in zip(panels, units, strict=True):
        names = [name for name in fitted if name.endswith(f"_{unit}")]
        for name in names:
            values = [point[name] for point in points.values()]
            label = f"{name.rpartition('_')[0]}: exponent {fitted[name]:.2f}"
            panel.plot([*points], values, marker="o", linewidth=0.8, label=label)
        draw_linear(panel, [*points], max(next(iter(points.values()))[name] for name in names))
        panel.set(title=UNITS[unit], xlabel=title, xscale="log", yscale="log")
        panel.set_xticks([*points], [f"{size:g}" for size in points], minor=False)
        panel.minorticks_off()
        panel.legend(frameon=False, fontsize="small")
    FigureCanvasAgg(figure)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="png", dpi=100)


def draw_linear(panel: Axes, sizes: Sequence[float], start: float) -> None:
    line = [start * size / sizes[0] for size in sizes]
    panel.plot(sizes, line, linestyle=":", color="0.6", linewidth=0.8, label="linear")


if __name__ == "__main__":
    main()
