"""Figures as arrays of pixels."""

from __future__ import annotations

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

Picture = np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]  # [height, width, red green blue]


def pixels(figure: Figure) -> Picture:
    """The pixels of a figure."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(np.asarray(canvas.buffer_rgba())[:, :, :3])
