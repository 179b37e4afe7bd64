"""Where walks through a space of latents go: form, rate and depth for all of them."""

from __future__ import annotations

from vschaos.patches.pure_data import widgets
from vschaos.patches.pure_data.canvas import Box, Canvas, Strand
from vschaos.patches.pure_data.library.rows import value_shown

FORMS = (
    "sin", "square", "triangle", "saw", "line", "random", "ellipse", "circle", "helix",
    "interpolation",
)  # fmt: skip
SIZE = (288, 180)  # pixels
LEFT, TOP = 20, 20
ROW_HEIGHT = 17
TICK_MS = 10


def walk() -> Canvas:
    """`[vschaos/walk NAME]`: form, rate and depth of all `[vschaos/trajectory]` of that name."""
    canvas = Canvas(760, 640)
    widgets.plate(canvas, LEFT, TOP, *SIZE)
    canvas.show_on_parent(LEFT, TOP, *SIZE)
    form = widgets.rows(canvas, LEFT, TOP + 2, len(FORMS), ROW_HEIGHT)
    for k, name in enumerate(FORMS):
        widgets.words(canvas, LEFT + 24, TOP + 10 + k * ROW_HEIGHT, name)
    goes = widgets.toggle(canvas, LEFT + 120, TOP + 2, "go")
    draw = widgets.button(canvas, LEFT + 200, TOP + 2, "draw anew")
    rate = _dial(canvas, TOP + 50, "rate", "turns per second")
    depth = _dial(canvas, TOP + 110, "depth", "deviations")
    _form(canvas, form)
    _dialled(canvas, 170, rate, "$1-rate", "clip 0 20", "0 2", "s $0-rate", 0.25)
    _dialled(canvas, 330, depth, "$1-depth", "clip 0 10", "0 3", "s $1-walk-depth", 1.0)
    again = Strand(canvas, 490, 260, canvas.object(490, 230, "r $1-draw"))
    again.object("bang")
    again.to(draw)
    again.object("s $1-walk-draw")
    _clock(canvas, goes)
    return canvas


def _dial(canvas: Canvas, y: int, name: str, unit: str) -> tuple[Box, Box]:
    widgets.words(canvas, LEFT + 120, y, name)
    widgets.words(canvas, LEFT + 164, y, unit, widgets.SMALL, widgets.FAINT)
    slider = widgets.slider(canvas, LEFT + 120, y + 12, 118, 12)
    return slider, widgets.number_box(canvas, LEFT + 244, y + 10)


def _form(canvas: Canvas, rows: Box) -> None:
    """By number or by name."""
    told = Strand(canvas, 20, 260, canvas.object(20, 230, "r $1-form"))
    kind = told.object("route float " + " ".join(FORMS))
    told.object(f"clip 0 {len(FORMS) - 1}")
    told.to(rows)
    told.object("s $1-walk-form")
    for k in range(len(FORMS)):
        name = canvas.message(20 + 28 * k, 380, str(k))
        canvas.connect(kind, name, k + 1)
        canvas.connect(name, rows)


def _dialled(
    canvas: Canvas,
    x: int,
    dial: tuple[Box, Box],
    receiver: str,
    bounds: str,
    ends: str,
    target: str,
    default: float,
) -> None:
    slider, value = dial
    told = Strand(canvas, x, 260, canvas.object(x, 230, f"r {receiver}"))
    told.object("float")
    told.object(bounds)
    told.to(slider)
    told.object(target)
    canvas.connect(slider, value_shown(canvas, x, 380, value))
    canvas.connect(value, slider)
    begin = Strand(canvas, x + 80, 230)
    begin.object("loadbang")
    both = begin.object("t b b")
    begin.object(f"f {default:g}")
    begin.to(slider)
    ranged = Strand(canvas, x + 80, 330, both, 1)
    ranged.message(f"range {ends}")
    ranged.to(slider)


def _clock(canvas: Canvas, goes: Box) -> None:
    """While it goes: the step of each tick, and the turn from 0 to 1, told to all trajectories;
    at the end of each turn, `next`."""
    told = Strand(canvas, 20, 440, canvas.object(20, 410, "r $1-walk"))
    told.object("float")
    told.object("!= 0")
    told.to(goes)
    running = told.object("t f f")
    metro = told.object(f"metro {TICK_MS}")
    canvas.connect(running, canvas.object(100, 540, "s $1-walk-goes"), 1)
    step = Strand(canvas, 170, 470, metro)
    value = step.object("f")
    canvas.connect(canvas.object(200, 440, "r $0-rate"), value, 0, 1)
    step.object(f"* {TICK_MS / 1000:g}")
    both = step.object("t f f")
    canvas.connect(both, canvas.object(300, 570, "s $1-walk-step"), 1)
    turn = step.object("+")
    over = step.object("t f f")
    step.object("wrap")
    held = step.object("t f f")
    step.object("s $1-walk-turn")
    canvas.connect(held, turn, 1, 1)
    beyond = Strand(canvas, 300, 600, over, 1)
    beyond.object(">= 1")
    beyond.object("sel 1")
    beyond.object("s $1-walk-next")
