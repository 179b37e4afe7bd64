"""Figures as arrays of pixels and as files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

Picture = np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]  # [height, width, red green blue]


def pixels(figure: Figure) -> Picture:
    """The pixels of a figure."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(np.asarray(canvas.buffer_rgba())[:, :, :3])


def save(figure: Figure, path: Path, dots_per_inch: int) -> None:
    """Writes a figure as a PNG."""
    FigureCanvasAgg(figure)
    figure.savefig(path, format="png", dpi=dots_per_inch)


def hide_spines(axis: Axes) -> None:
    axis.spines[["top", "right"]].set_visible(False)
