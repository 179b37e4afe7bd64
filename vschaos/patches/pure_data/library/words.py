"""Controls that choose among words, the words being their arguments."""

from __future__ import annotations

from vschaos.patches.pure_data import widgets
from vschaos.patches.pure_data.canvas import Box, Canvas, Strand
from vschaos.patches.pure_data.library.rows import (
    LEFT,
    ROW,
    SLIDER,
    SLIDER_WIDTH,
    TOP,
    VALUE,
    received,
    shown_row,
)

MOST_KEYS = 17
KEY = 25  # pixels, the side of a key
NAME = 14  # the height of its name
KEYS = (SLIDER + MOST_KEYS * KEY + 1, NAME + KEY + 2)  # width and height
END = 1e6  # a line beyond all lines


def menu() -> Canvas:
    """`[vschaos/menu RECEIVER TITLE FIRST DEFAULT words...]`: one of so many words, the number of
    the first being FIRST."""
    canvas = shown_row(*ROW)
    slider = widgets.slider(canvas, LEFT + SLIDER, TOP + 4, SLIDER_WIDTH, 12)
    widgets.words(canvas, LEFT + VALUE + 2, TOP + 10, "-", receive="$0-word")
    _, last = listed_words(canvas, 400, 80)
    number = last.object("f")
    last.object("list prepend 0")
    last.object("list prepend range")
    last.object("list trim")
    last.to(slider)
    _chosen_word(canvas, slider, number)
    return canvas


def keys() -> Canvas:
    """`[vschaos/keys RECEIVER TITLE FIRST DEFAULT words...]`: the same with a key for each, 17 at
    most."""
    canvas = shown_row(*KEYS, middle=NAME + KEY // 2)
    radio = widgets.rows(canvas, LEFT + SLIDER, TOP + NAME, 1, KEY, is_across=True)
    for k in range(MOST_KEYS):
        x = LEFT + SLIDER + k * KEY + 5
        widgets.words(canvas, x, TOP + NAME // 2, "", widgets.SMALL, receive=f"$0-key-{k}")
    word, last = listed_words(canvas, 400, 80)
    _named_keys(canvas, 600, 320, word)
    number = last.object("f")
    last.object("+ 1")
    last.object(f"clip 1 {MOST_KEYS}")
    last.message("number $1")
    last.to(radio)
    _chosen_word(canvas, radio, number)
    return canvas


def as_label(strand: Strand) -> None:
    """Goes on from a word or a number to the message that writes it."""
    kind = strand.object("route float")
    strand.object("makefilename %g")
    label = strand.object("list prepend label")
    strand.object("list trim")
    strand.canvas.connect(kind, label, 1)


def listed_words(canvas: Canvas, x: int, y: int, before: int = 4) -> tuple[Box, Strand]:
    """At the beginning, the arguments after so many, a line for each in the text `$0-words`.

    Gives the box from which they come one by one, and a strand from the number of the last one,
    counted from 0.
    """
    canvas.object(x + 200, y, "text define $0-words")
    start = Strand(canvas, x, y)
    start.object("loadbang")
    start.message("args")
    start.object("pdcontrol")
    arguments = start.object(f"list split {before}")
    begin = canvas.object(x, y + 104, "t b b l")
    until = canvas.object(x + 70, y + 128, "until")
    rest = canvas.object(x + 70, y + 152, "list append")
    split = canvas.object(x + 70, y + 176, "list split 1")
    word = canvas.object(x + 70, y + 200, "t a a")
    canvas.connect(arguments, begin, 1)
    canvas.connect(begin, rest, 2, 1)
    canvas.connect(begin, until, 1)
    canvas.chain(until, rest, split, word)
    canvas.connect(split, rest, 1, 1)
    canvas.connect(split, until, 2, 1)
    canvas.connect(word, canvas.object(x + 70, y + 224, f"text set $0-words {END:g}"))
    last = Strand(canvas, x, y + 260, begin)
    last.object("text size $0-words")
    last.object("- 1")
    return word, last


def _named_keys(canvas: Canvas, x: int, y: int, word: Box) -> None:
    """Words that come one by one are written on the keys."""
    both = canvas.object(x, y, "t a b")
    canvas.connect(word, both, 1)
    count = canvas.object(x + 90, y + 24, "f")
    canvas.connect(both, count, 1)
    more = canvas.object(x + 130, y + 24, "+ 1")
    canvas.connect(count, more)
    canvas.connect(more, count, 0, 1)
    name = canvas.object(x + 90, y + 48, "makefilename $0-key-%d")
    canvas.connect(count, name)
    label = Strand(canvas, x, y + 72, both)
    as_label(label)
    key = label.object("send")
    canvas.connect(name, key, 0, 1)


def _chosen_word(canvas: Canvas, control: Box, last: Box) -> None:
    """From what comes, a number or a word, over the control to the outlets: the number, the
    word."""
    told = Strand(canvas, 20, 104, received(canvas, 20, 80, "$1"))
    kind = told.object("route float symbol")
    told.object("- $3")
    told.object("max 0")
    clipped = told.object("min")
    canvas.connect(last, clipped, 0, 1)
    told.to(control)
    _searched(canvas, 180, 152, kind, control)
    turned = Strand(canvas, 20, 224, control)
    turned.object("expr rint($f1)")
    changed = turned.object("change 0")
    both = turned.object("t f f")
    turned.object("+ $3")
    turned.object("outlet")
    word = Strand(canvas, 180, 320, both, 1)
    found = word.object("text get $0-words")
    canvas.connect(found, canvas.object(100, 400, "outlet"))
    as_label(word)
    word.object("s $0-word")
    _begun(canvas, 20, 400, control, changed)


def _searched(canvas: Canvas, x: int, y: int, kind: Box, control: Box) -> None:
    """A word, said as `symbol word` or `word`, as a number."""
    words = Strand(canvas, x, y, kind, 2)
    words.object("list prepend word")
    split = words.object("list split 1")
    search = canvas.object(x, y + 48, "text search $0-words")
    canvas.connect(split, search, 1)
    canvas.connect(kind, search, 1)
    known = canvas.object(x, y + 72, "moses 0")
    canvas.connect(search, known)
    canvas.connect(known, control, 1)


def _begun(canvas: Canvas, x: int, y: int, control: Box, changed: Box) -> None:
    """Shows the default, and says nothing."""
    start = Strand(canvas, x, y)
    start.object("loadbang")
    start.object("f $4")
    index = start.object("- $3")
    silent = start.message("set $1")
    start.to(control)
    canvas.connect(silent, changed)
    word = Strand(canvas, x + 160, y + 72, index)
    word.object("text get $0-words")
    as_label(word)
    word.object("s $0-word")
