"""From a figure to the pixels of a picture."""

from __future__ import annotations

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

Picture = np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]  # [height, width, red green blue]


def pixels(figure: Figure) -> Picture:
    """A figure drawn at its own size."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(np.asarray(canvas.buffer_rgba())[:, :, :3])
