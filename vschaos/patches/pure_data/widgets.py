"""How things look: colours, type, words and grounds."""

from __future__ import annotations

from vschaos.patches.pure_data.canvas import Box, Canvas
from vschaos.patches.pure_data.text import gui_word

PAPER = "#e9e2d2"  # behind the panels
PANEL = "#f5f0e4"  # behind the controls
INK = "#4a4036"
FAINT = "#9b8f7d"
ACCENT = "#b4532f"

FACE = 1  # Helvetica, or what the system has for it
SMALL, NORMAL, LARGE = 9, 11, 16  # pixels


def words(canvas: Canvas, x: int, y: int, text: str, size: int = NORMAL, colour: str = INK) -> Box:
    """Words to be read, `y` at their middle."""
    return plate(canvas, x, y, 1, 1, PANEL, text, size, colour, (0, 0))


def plate(
    canvas: Canvas,
    x: int,
    y: int,
    width: int,
    height: int,
    background: str = PANEL,
    text: str = "",
    size: int = NORMAL,
    colour: str = INK,
    offset: tuple[int, int] = (12, 14),
) -> Box:
    """A coloured ground, words on it."""
    return canvas.raw(
        f"#X obj {x} {y} cnv 1 {width} {height} empty empty {gui_word(text)} "
        f"{offset[0]} {offset[1]} {FACE} {size} {background} {colour} 0;"
    )
