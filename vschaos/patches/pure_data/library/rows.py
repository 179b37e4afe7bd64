"""Controls of one line: a title, what is turned, and its value."""

from __future__ import annotations

from vschaos.patches.pure_data import widgets
from vschaos.patches.pure_data.canvas import Box, Canvas, Strand

LEFT, TOP = 20, 20  # pixels, of what is shown, in its canvas
ROW = (288, 20)  # width and height
SLIDER, VALUE, UNIT = 104, 212, 262  # where they begin
SLIDER_WIDTH = 100


def number() -> Canvas:
    """`[vschaos/number RECEIVER TITLE LOW HIGH DEFAULT UNIT STEP]`: a number, in steps if STEP is
    not 0."""
    canvas = shown_row(*ROW)
    slider = widgets.slider(canvas, LEFT + SLIDER, TOP + 4, SLIDER_WIDTH, 12)
    value = widgets.number_box(canvas, LEFT + VALUE, TOP + 2)
    widgets.words(canvas, LEFT + UNIT, TOP + 10, "$6", widgets.SMALL, widgets.FAINT)
    told = Strand(canvas, 20, 80, received(canvas, 20, 60, "$1"))
    told.object("float")
    step = told.object("expr if ($7 > 0, $7 * rint($f1 / max($7, 0.000001)), $f1)")
    told.object("clip $3 $4")
    told.to(slider)
    canvas.connect(slider, value_shown(canvas, 20, 200, value))
    canvas.connect(value, step)
    canvas.connect(slider, canvas.object(20, 260, "outlet"))
    ranged(canvas, 400, 60, slider, "$3 $4")
    begin = Strand(canvas, 560, 60)
    begin.object("loadbang")
    begin.object("f $5")
    silent = begin.message("set $1")
    canvas.connect(silent, slider)
    canvas.connect(silent, value)
    return canvas


def toggle() -> Canvas:
    """`[vschaos/toggle RECEIVER TITLE DEFAULT]`: on or off."""
    canvas = shown_row(*ROW)
    switch = widgets.toggle(canvas, LEFT + SLIDER, TOP + 2)
    told = Strand(canvas, 20, 80, received(canvas, 20, 60, "$1"))
    told.object("float")
    told.object("!= 0")
    told.to(switch)
    told.object("outlet")
    begin = Strand(canvas, 200, 60)
    begin.object("loadbang")
    begin.object("f $3")
    begin.message("set $1")
    begin.to(switch)
    return canvas


def button() -> Canvas:
    """`[vschaos/button RECEIVER TITLE]`: something happens."""
    canvas = shown_row(*ROW)
    pressed = widgets.button(canvas, LEFT + SLIDER, TOP + 2)
    told = Strand(canvas, 20, 80, received(canvas, 20, 60, "$1"))
    told.object("bang")
    told.to(pressed)
    told.object("outlet")
    return canvas


def shown_row(width: int, height: int, middle: int | None = None) -> Canvas:
    """A canvas that shows a row on its parent, with its title, half way down or at `middle`."""
    canvas = Canvas(800, 560)
    offset = (0, middle or height // 2)
    widgets.plate(canvas, LEFT, TOP, width, height, text="$2", offset=offset)
    canvas.show_on_parent(LEFT, TOP, width, height)
    return canvas


def received(canvas: Canvas, x: int, y: int, receiver: str) -> Box:
    """What comes at the inlet or by the receiver's name: a box that passes both on."""
    both = canvas.object(x, y + 4, "t a")
    canvas.connect(canvas.object(x, y - 20, "inlet"), both)
    canvas.connect(canvas.object(x + 60, y - 20, f"r {receiver}"), both)
    return both


def ranged(canvas: Canvas, x: int, y: int, slider: Box, ends: str) -> None:
    """At the beginning, the ends of a slider."""
    start = Strand(canvas, x, y)
    start.object("loadbang")
    start.object(f"list append {ends}")
    start.object("list prepend range")
    start.object("list trim")
    start.to(slider)


def value_shown(canvas: Canvas, x: int, y: int, value: Box) -> Box:
    """A box that shows a number where it is not said again."""
    message = canvas.message(x, y, "set $1")
    canvas.connect(message, value)
    return message
