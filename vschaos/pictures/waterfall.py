"""Waterfalls of wavetables: cycles one behind the other."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from vschaos.outputs import output_file
from vschaos.pictures.canvas import Picture, pixels, save

DOTS_PER_INCH = 80
MOST_LINES = 48  # that are drawn of a table, evenly spread
DEPTH = (0.35, 1.3)  # how far the last cycle is moved: cycles to the right, peaks upwards
COLOURS = "plasma"
POINTS = 512  # of a line


def draw_waterfall(path: Path, cycles: np.ndarray, title: str) -> None:
    """Draws cycles `[N, T]` as a PNG: the first one in front, the last one behind, above and to the
    right."""
    with output_file(path) as partial:
        save(_figure(cycles, title), partial, 100)


def picture_of_cycles(cycles: np.ndarray, title: str = "") -> Picture:
    """The same as pixels."""
    return pixels(_figure(cycles, title))


def _figure(cycles: np.ndarray, title: str) -> Figure:
    numbers = np.linspace(0, len(cycles) - 1, min(len(cycles), MOST_LINES)).round().astype(int)
    peak = max(float(np.abs(cycles).max(initial=0.0)), 1e-9)
    step = max(1, cycles.shape[1] // POINTS)
    depths = numbers / max(len(cycles) - 1, 1)
    colours = matplotlib.colormaps[COLOURS](0.9 * (1.0 - depths))
    figure = Figure(figsize=(7.2, 4.8), dpi=DOTS_PER_INCH)
    axis = figure.add_axes((0.02, 0.08, 0.96, 0.84))
    phase = np.linspace(0.0, 1.0, cycles.shape[1], endpoint=False)[::step]
    across, up = DEPTH
    bottom, top = 0.0, up
    # from behind, each hiding a part of the one before
    for number, depth, colour in reversed([*zip(numbers, depths, colours, strict=True)]):
        line = cycles[number, ::step] / peak + up * depth
        axis.fill_between(phase + across * depth, line, up * depth - 1.0, color="w", alpha=0.6)
        axis.plot(phase + across * depth, line, color=colour, linewidth=1.0)
        bottom, top = min(bottom, line.min()), max(top, line.max())
    ends = f"in front the first of {len(cycles)} cycles, behind the last"
    axis.set(title=title, xlabel=ends)
    axis.set(xlim=(-0.02, 1.02 + across), ylim=(bottom - 0.1, top + 0.1))
    axis.set_xticks([])
    axis.set_yticks([])
    axis.spines[:].set_visible(False)
    return figure
