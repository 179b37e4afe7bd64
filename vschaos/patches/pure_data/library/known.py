"""A number that may be unknown."""

from __future__ import annotations

from vschaos.patches.pure_data import widgets
from vschaos.patches.pure_data.canvas import Canvas, Strand
from vschaos.patches.pure_data.library.rows import (
    LEFT,
    ROW,
    SLIDER,
    SLIDER_WIDTH,
    TOP,
    VALUE,
    ranged,
    received,
    shown_row,
    value_shown,
)


def known_number() -> Canvas:
    """`[vschaos/known-number RECEIVER TITLE LOW HIGH UNKNOWN]`: a number, or UNKNOWN while it is
    switched off; what is told within the range switches it on, what lies below, off."""
    canvas = shown_row(*ROW)
    switch = widgets.toggle(canvas, LEFT + SLIDER, TOP + 2)
    slider = widgets.slider(canvas, LEFT + SLIDER + 24, TOP + 4, SLIDER_WIDTH - 24, 12)
    value = widgets.number_box(canvas, LEFT + VALUE, TOP + 2)
    told = Strand(canvas, 20, 80, received(canvas, 20, 60, "$1"))
    told.object("float")
    both = told.object("t f f")
    told.object("expr $f1 >= $3")
    told.to(switch)
    moved = Strand(canvas, 160, 130, both, 1)
    clipped = moved.object("clip $3 $4")
    moved.message("set $1")
    moved.to(slider)
    held = canvas.object(160, 260, "f $3")
    canvas.connect(clipped, held, 0, 1)
    shown = value_shown(canvas, 300, 202, value)
    canvas.connect(clipped, shown)
    turned = canvas.object(400, 154, "t b f f")
    canvas.connect(slider, turned)
    canvas.connect(turned, shown, 2)
    canvas.connect(turned, held, 1, 1)
    on = canvas.message(400, 202, "1")
    canvas.chain(turned, on, switch)
    canvas.connect(value, slider)
    said = Strand(canvas, 20, 230, switch)
    chosen = said.object("sel 1 0")
    out = canvas.object(20, 330, "outlet")
    canvas.chain(chosen, held, out)
    unknown = canvas.object(60, 290, "f $5")
    canvas.connect(chosen, unknown, 1)
    canvas.connect(unknown, out)
    ranged(canvas, 560, 60, slider, "$3 $4")
    return canvas
