"""A latent: what was heard of it, a hand on a fader, and a walk."""

from __future__ import annotations

from vschaos.patches.pure_data import widgets
from vschaos.patches.pure_data.canvas import Box, Canvas, Strand
from vschaos.patches.pure_data.library.rows import value_shown

LEFT, TOP = 20, 20  # pixels, of what is shown, in its canvas
COLUMN = (50, 200)  # width and height
FADER = (16, 24, 18, 100)  # from the left upper corner, width and height
METER = (37, 24, 4, 100)
VALUE, ENCODED, WALK = 130, 155, 178  # the height of what lies below the fader
GLIDE_MS = 30
LOOK_MS = 70
METER_WIDTH = 34


def latent() -> Canvas:
    """`[vschaos/latent NUMBER LOW HIGH NAME]`: what comes at the inlets, in the shares that are
    set, and what the hand adds; receivers are `NAME-latent-NUMBER`, `NAME-encoded-NUMBER` and
    `NAME-walk-NUMBER`."""
    canvas = Canvas(720, 480)
    widgets.plate(canvas, LEFT, TOP, *COLUMN, text="$1", offset=(17, 10), colour=widgets.FAINT)
    canvas.show_on_parent(LEFT, TOP, *COLUMN)
    fader = widgets.slider(canvas, LEFT + FADER[0], TOP + FADER[1], *FADER[2:])
    meter = widgets.slider(
        canvas, LEFT + METER[0], TOP + METER[1], *METER[2:], background=widgets.PANEL
    )
    value = widgets.number_box(canvas, LEFT + 6, TOP + VALUE, 5, height=13)
    encoded = widgets.slider(canvas, LEFT + 8, TOP + ENCODED, METER_WIDTH, 8)
    walk = widgets.slider(canvas, LEFT + 8, TOP + WALK, METER_WIDTH, 8)
    _ends(canvas, 560, 40, (fader, meter))
    hand = _turned(canvas, 100, 60, "$4-latent-$1", fader, "clip -100 100")
    canvas.connect(fader, value_shown(canvas, 230, 60, value))
    canvas.connect(value, fader)
    encoded_share = _turned(canvas, 230, 100, "$4-encoded-$1", encoded, "clip 0 1", 1.0)
    walk_share = _turned(canvas, 390, 100, "$4-walk-$1", walk, "clip 0 1", 1.0)
    encoded_part = canvas.object(230, 300, "*~")
    walk_part = canvas.object(390, 300, "*~")
    canvas.connect(canvas.object(230, 276, "inlet~ encoded"), encoded_part)
    canvas.connect(canvas.object(390, 276, "inlet~ walk"), walk_part)
    canvas.connect(encoded_share, encoded_part, 0, 1)
    canvas.connect(walk_share, walk_part, 0, 1)
    total = canvas.object(100, 340, "+~")
    canvas.connect(hand, total)
    for part in (encoded_part, walk_part):
        canvas.connect(part, total, 0, 1)
    canvas.connect(total, canvas.object(100, 420, "outlet~"))
    _metered(canvas, 230, 360, total, meter)
    return canvas


def _turned(
    canvas: Canvas,
    x: int,
    y: int,
    receiver: str,
    slider: Box,
    bounds: str,
    default: float | None = None,
) -> Box:
    """What a slider or its receiver says, as a signal without steps."""
    told = Strand(canvas, x, y, canvas.object(x, y - 24 + 4, f"r {receiver}"))
    told.object("float")
    told.object(bounds)
    if default is not None:
        start = Strand(canvas, x + 70, y)
        start.object("loadbang")
        start.object(f"f {default:g}")
        start.to(slider)
    told.to(slider)
    told.object(f"pack f {GLIDE_MS}")
    return told.object("line~")


def _ends(canvas: Canvas, x: int, y: int, sliders: tuple[Box, ...]) -> None:
    """Ranges from the arguments, from -3 to 3 without any."""
    start = Strand(canvas, x, y)
    start.object("loadbang")
    start.object("list append $2 $3")
    ends = start.object("unpack f f")
    low = start.object("expr if ($f1 == $f2, -3, $f1) \\; if ($f1 == $f2, 3, $f2)")
    canvas.connect(ends, low, 1, 1)
    pair = start.object("pack f f")
    canvas.connect(low, pair, 1, 1)
    ranged = start.message("range $1 $2")
    for slider in sliders:
        canvas.connect(ranged, slider)


def _metered(canvas: Canvas, x: int, y: int, signal: Box, meter: Box) -> None:
    look = Strand(canvas, x, y)
    look.object("loadbang")
    look.object(f"metro {LOOK_MS}")
    look.object("snapshot~")
    canvas.connect(signal, look.last or signal)
    look.message("set $1")
    look.to(meter)
