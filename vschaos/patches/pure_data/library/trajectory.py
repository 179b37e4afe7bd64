"""The walk of one latent, along with those of all others."""

from __future__ import annotations

from vschaos.patches.pure_data.canvas import Box, Canvas, Strand
from vschaos.patches.pure_data.library.walks import FORMS, TICK_MS

HALF = 3.14159265
TURN = 2 * HALF
SLOWEST = 3  # octaves below the rate, for a latent that swings by itself
HELIX_TURNS = 8  # on the way from one side to the other and back
MEMORY_TURNS = 0.25  # of a random walk
BACK_MS = 300  # to rest, when walking ends
CIRCLE = f"1.13 * cos({TURN} * $f2 + $f3)"  # a radius of 0.8 in each dimension
FORMULAS = {  # of the turn or the latent's own phase, and of what was drawn for it
    "sin": (f"$f3 * sin({TURN} * $f2)", "phase", "width"),
    "square": ("$f3 * if ($f2 < 0.5, 1, -1)", "phase", "width"),
    "triangle": ("$f3 * (1 - 4 * abs($f2 - 0.5))", "phase", "width"),
    "saw": ("$f3 * (2 * $f2 - 1)", "phase", "width"),
    "line": ("$f3 + ($f4 - $f3) * $f2", "turn", "from", "to"),
    "random": (
        f"$f2 * exp(-$f3 / {MEMORY_TURNS}) + sqrt(1 - exp(-2 * $f3 / {MEMORY_TURNS})) * $f4",
        "state",
        "step",
        "chance",
    ),
    "ellipse": (
        f"1.41 * cos({TURN} * $f2) * cos($f3) - 0.64 * sin({TURN} * $f2) * sin($f3)",
        "turn",
        "angle",
    ),
    "circle": (CIRCLE, "turn", "angle"),
    "helix": (f"{CIRCLE} + $f5 * (1 - 4 * abs($f4 - 0.5))", "turn", "angle", "way", "axis"),
    "interpolation": (
        "$f3 + ($f4 - $f3) * $f2 * $f2 * (3 - 2 * $f2)", "turn", "from", "to",
    ),
}  # fmt: skip


def trajectory() -> Canvas:
    """`[vschaos/trajectory NUMBER COUNT NAME]`: the way of latent NUMBER among COUNT, a signal.

    All latents share the turn; an orbit of theirs is round because their angles lie evenly.
    """
    canvas = Canvas(1080, 660)
    tick = _ticks(canvas)
    value = canvas.object(20, 520, "*")
    for k, form in enumerate(FORMS):
        formula, *names = FORMULAS[form]
        x, y = 20 + 520 * (k % 2), 300 + 40 * (k // 2)
        shape = canvas.object(x, y, f"expr 0 * $f1 + {formula}")
        canvas.connect(tick, shape, k)
        for inlet, name in enumerate(names, start=1):
            canvas.connect(
                canvas.object(x + 110 * (inlet - 1), y - 20, f"r $0-{name}"), shape, 0, inlet
            )
        canvas.connect(shape, value)
        if form == "random":
            canvas.connect(shape, canvas.object(x + 330, y - 20, "s $0-state"))
    canvas.connect(canvas.object(80, 496, "r $3-walk-depth"), value, 0, 1)
    out = Strand(canvas, 20, 544, value)
    out.object(f"pack f {TICK_MS}")
    line = out.object("line~")
    out.object("outlet~")
    rest = Strand(canvas, 200, 496, canvas.object(200, 472, "r $3-walk-goes"))
    rest.object("sel 0")
    rest.message(f"0 {BACK_MS}")
    rest.to(line)
    _drawn(canvas)
    return canvas


def _ticks(canvas: Canvas) -> Box:
    """The box with an outlet for each form, of which one bangs at each tick."""
    step = canvas.object(20, 20, "r $3-walk-step")
    canvas.connect(step, canvas.object(20, 44, "s $0-step"))
    _advanced(canvas, 150, 20, step, "phase", canvas.object(250, 44, "r $0-ratio"))
    _advanced(canvas, 350, 20, step, "way", None)
    turn = Strand(canvas, 20, 150, canvas.object(20, 120, "r $3-walk-turn"))
    both = turn.object("t b b f")
    chance = Strand(canvas, 80, 174, both, 1)
    chance.subpatch("gauss", _gauss())
    chance.object("s $0-chance")
    canvas.connect(both, canvas.object(140, 160, "s $0-turn"), 2)
    form = turn.object("f")
    canvas.connect(canvas.object(20, 60 + 30, "r $3-walk-form"), form, 0, 1)
    return turn.object("sel " + " ".join(str(k) for k in range(len(FORMS))))


def _advanced(canvas: Canvas, x: int, y: int, step: Box, name: str, ratio: Box | None) -> None:
    """A phase of its own, moved on by each step."""
    strand = Strand(canvas, x, y + 24, step)
    slower = strand.object("*" if ratio else f"/ {HELIX_TURNS}")
    if ratio:
        canvas.connect(ratio, slower, 0, 1)
    total = strand.object("+")
    strand.object("wrap")
    both = strand.object("t f f")
    canvas.connect(both, total, 1, 1)
    strand.object(f"s $0-{name}")
    if ratio:
        canvas.connect(canvas.object(x + 60, y + 60, "r $0-first"), total, 0, 1)


def _drawn(canvas: Canvas) -> None:
    """At the beginning and whenever asked, all that chance decides; at `next`, a new point."""
    x = 580
    again = canvas.object(x, 30, "t b b b b b b b b")
    canvas.connect(canvas.object(x, 6, "loadbang"), again)
    canvas.connect(canvas.object(x + 80, 6, "r $3-walk-draw"), again)
    uniform = {
        "ratio": f"pow(2, -{SLOWEST} * $f1 / 1000)",
        "first": "$f1 / 1000",
        "width": "0.5 + $f1 / 1000",
        "angle": f"{HALF} * (($1 - 1.0) / max($2, 1) + ($f1 > 500))",
    }
    for outlet, (name, formula) in enumerate(uniform.items()):
        strand = Strand(canvas, x + 120 * outlet, 60, again, outlet)
        strand.object("random 1000")
        strand.object(f"expr {formula}")
        strand.object(f"s $0-{name}")
    for outlet, name in enumerate(("axis", "state", "to", "to"), start=4):
        strand = Strand(canvas, x + 120 * (outlet - 4), 170, again, outlet)
        if outlet == 7:
            strand.object("s $0-next")
            continue
        strand.subpatch("gauss", _gauss())
        strand.object(f"s $0-{name}")
    _next_point(canvas, x, 250)


def _next_point(canvas: Canvas, x: int, y: int) -> None:
    """Where it arrived it goes on from."""
    both = canvas.object(x, y, "t b b")
    canvas.connect(canvas.object(x, y - 24, "r $3-walk-next"), both)
    canvas.connect(canvas.object(x + 110, y - 24, "r $0-next"), both)
    point = canvas.object(x + 220, y, "f")
    canvas.connect(canvas.object(x + 280, y - 24, "r $0-to"), point, 0, 1)
    canvas.connect(both, point, 1)
    canvas.connect(point, canvas.object(x + 260, y + 10, "s $0-from"))
    fresh = Strand(canvas, x, y + 24, both)
    fresh.subpatch("gauss", _gauss())
    fresh.object("s $0-to")


def _gauss() -> Canvas:
    """A number as a normal deviate, nearly: the sum of three even ones."""
    canvas = Canvas(320, 200)
    start = canvas.object(20, 44, "t b b b")
    canvas.connect(canvas.object(20, 20, "inlet"), start)
    total = canvas.object(20, 110, "expr ($f1 + $f2 + $f3) / 5000 - 3")
    for k in range(3):
        drawn = canvas.object(20 + 90 * k, 74, "random 10000")
        canvas.connect(start, drawn, k)
        canvas.connect(drawn, total, 0, k)
    canvas.connect(total, canvas.object(20, 140, "outlet"))
    return canvas
