"""What can be read: labels that are heard, and what a model is."""

from __future__ import annotations

from vschaos.patches.pure_data import widgets
from vschaos.patches.pure_data.canvas import Box, Canvas, Strand
from vschaos.patches.pure_data.library.rows import LEFT, SLIDER, TOP, shown_row
from vschaos.patches.pure_data.library.words import as_label, listed_words
from vschaos.patches.pure_data.text import literal

HEARD = (288, 28)  # pixels
INFO = (936, 64)
LOOK_MS = 100
BLOCK = 64  # samples, of Pd


def heard() -> Canvas:
    """`[vschaos/heard RECEIVER TITLE words...]`: the name of a class whose number comes as a
    signal."""
    canvas = shown_row(*HEARD)
    listed_words(canvas, 400, 80, before=2)
    changed = _read(canvas)
    word = Strand(canvas, 20, 240, changed)
    word.object("expr rint($f1)")
    word.object("max 0")
    word.object("text get $0-words")
    as_label(word)
    word.object("s $0-word")
    return canvas


def heard_number() -> Canvas:
    """`[vschaos/heard-number RECEIVER TITLE]`: a number that comes as a signal."""
    canvas = shown_row(*HEARD)
    changed = _read(canvas)
    word = Strand(canvas, 20, 240, changed)
    word.object("expr rint(1000 * $f1) / 1000")
    as_label(word)
    word.object("s $0-word")
    return canvas


def _read(canvas: Canvas) -> Box:
    """The box that says what comes as a signal when it changes; `[r RECEIVER]` and the outlet get
    it too."""
    widgets.words(
        canvas, LEFT + SLIDER, TOP + 14, "-", widgets.LARGE, widgets.ACCENT, receive="$0-word"
    )
    look = Strand(canvas, 20, 80)
    look.object("loadbang")
    look.object(f"metro {LOOK_MS}")
    now = look.object("snapshot~")
    canvas.connect(canvas.object(120, 104, "inlet~"), now)
    look.object("change -1e+09")
    changed = look.object("t f f f")
    canvas.connect(changed, canvas.object(130, 210, "s $1"), 1)
    canvas.connect(changed, canvas.object(220, 210, "outlet"), 2)
    return changed


def info() -> Canvas:
    """`[vschaos/info NAME RATE DELAY BUFFER TITLE]`: what a model is, and a warning where Pd runs
    at another rate; `[s NAME-buffer-now]` tells it another buffer."""
    canvas = Canvas(980, 560)
    widgets.plate(
        canvas, LEFT, TOP, *INFO, widgets.PAPER, "$5", widgets.TITLE, offset=(0, 22)
    )  # fmt: skip
    for k, receive in enumerate(("$0-rate", "$0-late")):
        widgets.words(
            canvas, LEFT + 180 * k, TOP + 52, "-", colour=widgets.FAINT, background=widgets.PAPER,
            receive=receive,
        )  # fmt: skip
    widgets.words(
        canvas, LEFT + 440, TOP + 52, "", colour=widgets.ACCENT, background=widgets.PAPER,
        receive="$0-warning",
    )  # fmt: skip
    canvas.show_on_parent(LEFT, TOP, *INFO)
    rate = Strand(canvas, 20, 120)
    rate.object("loadbang")
    rate.object("f $2")
    _written(rate, "trained at %g Hz", "$0-rate")
    _late(canvas, 340, 120)
    _warned(canvas, 660, 120)
    return canvas


def _late(canvas: Canvas, x: int, y: int) -> None:
    """By the model's own delay, and two buffers of nn~ less a block of Pd, with its thread."""
    start = Strand(canvas, x, y)
    start.object("loadbang")
    start.object("f $4")
    buffer = start.object(f"expr rint(1000 * ($3 + 2 * $f1 - {BLOCK}) / max($2, 1))")
    canvas.connect(canvas.object(x + 100, y, "r $1-buffer-now"), buffer)
    _written(start, "speaks %g ms after it hears", "$0-late")


def _warned(canvas: Canvas, x: int, y: int) -> None:
    """At the beginning, and when DSP starts."""
    start = Strand(canvas, x, y)
    start.object("loadbang")
    asked = start.object("samplerate~")
    canvas.connect(canvas.object(x + 90, y, "r pd-dsp-started"), asked)
    start.object("== $2")
    chosen = start.object("sel 1 0")
    none = canvas.message(x, y + 130, "label empty")
    canvas.connect(chosen, none)
    warning = Strand(canvas, x + 70, y + 130, chosen, 1)
    canvas.connect(asked, warning.object("f"), 0, 1)
    _written(warning, "Pd runs at %g Hz: set it to the model's rate", "$0-warning")
    canvas.connect(none, canvas.object(x, y + 260, "s $0-warning"))


def _written(strand: Strand, pattern: str, receiver: str) -> None:
    """A number in a sentence."""
    strand.object(f"makefilename {literal(pattern)}")
    strand.object("list prepend label")
    strand.object("list trim")
    strand.object(f"s {receiver}")
