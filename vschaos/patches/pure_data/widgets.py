"""How things look: colours, type, and the GUI objects of PureData."""

from __future__ import annotations

from vschaos.patches.pure_data.canvas import Box, Canvas
from vschaos.patches.pure_data.text import gui_word, number

PAPER = "#e9e2d2"  # behind the panels
PANEL = "#f5f0e4"  # behind the controls
WELL = "#e4dcca"  # what controls move in
INK = "#4a4036"
FAINT = "#9b8f7d"
ACCENT = "#b4532f"

FACE = 1  # Helvetica, or what the system has for it
SMALL, NORMAL, LARGE, TITLE = 9, 11, 16, 26  # pixels
UNHEARD = r"\$0-said \$0-told"  # without names, GUI objects are drawn with inlets and outlets


def words(
    canvas: Canvas,
    x: int,
    y: int,
    text: str,
    size: int = NORMAL,
    colour: str = INK,
    background: str = PANEL,
    receive: str = "empty",
) -> Box:
    """Words to be read, `y` at their middle; `[s receive]` can change them by `label`."""
    return plate(canvas, x, y, 1, 1, background, text, size, colour, (0, 0), receive)


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
    receive: str = "empty",
) -> Box:
    """A coloured ground, words on it."""
    return canvas.raw(
        f"#X obj {x} {y} cnv 1 {width} {height} empty {gui_word(receive)} {gui_word(text)} "
        f"{offset[0]} {offset[1]} {FACE} {size} {background} {colour} 0;"
    )


def slider(
    canvas: Canvas,
    x: int,
    y: int,
    width: int,
    height: int,
    low: float = 0.0,
    high: float = 1.0,
    colour: str = ACCENT,
    background: str = WELL,
) -> Box:
    """Upright if it is higher than wide."""
    kind = "vsl" if height > width else "hsl"
    return canvas.raw(
        f"#X obj {x} {y} {kind} {width} {height} {number(low)} {number(high)} 0 0 {UNHEARD} empty "
        f"0 -8 {FACE} {SMALL} {background} {colour} {INK} 0 0;"
    )


def number_box(
    canvas: Canvas, x: int, y: int, digits: int = 5, background: str = PANEL, height: int = 15
) -> Box:
    return canvas.raw(
        f"#X obj {x} {y} nbx {digits} {height} -1e+37 1e+37 0 0 {UNHEARD} empty "
        f"0 -8 {FACE} {SMALL} {background} {INK} {INK} 0 256;"
    )


def toggle(canvas: Canvas, x: int, y: int, text: str = "", size: int = 15) -> Box:
    return canvas.raw(
        f"#X obj {x} {y} tgl {size} 0 {UNHEARD} {gui_word(text)} {size + 6} {size // 2} {FACE} "
        f"{NORMAL} {WELL} {ACCENT} {INK} 0 1;"
    )


def button(canvas: Canvas, x: int, y: int, text: str = "", size: int = 15) -> Box:
    return canvas.raw(
        f"#X obj {x} {y} bng {size} 250 50 0 {UNHEARD} {gui_word(text)} {size + 6} {size // 2} "
        f"{FACE} {NORMAL} {WELL} {ACCENT} {INK};"
    )


def rows(
    canvas: Canvas, x: int, y: int, count: int, size: int = 15, is_across: bool = False
) -> Box:
    """Squares one below the other, or side by side, one of them chosen."""
    kind = "hradio" if is_across else "vradio"
    return canvas.raw(
        f"#X obj {x} {y} {kind} {size} 1 0 {count} {UNHEARD} empty 0 -8 {FACE} {SMALL} "
        f"{WELL} {ACCENT} {INK} 0;"
    )
