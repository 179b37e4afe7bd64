"""The nn~ objects of a patch, and what is sent to them all."""

from __future__ import annotations

from vschaos.instrument.controls import Control
from vschaos.patches.pure_data.canvas import Box, Canvas, Strand
from vschaos.patches.pure_data.design import Design, is_label, is_sound, unknown
from vschaos.patches.pure_data.text import number

LETTER, FRAME = 6, 4  # pixels of width in a box
PORT = 7  # of an inlet or outlet


def engine(
    canvas: Canvas, x: int, y: int, design: Design, method: str, width: int | None = None
) -> Box:
    """`[nn~ NAME method BUFFER]`, and what hears the messages to it."""
    text = f"nn~ {design.model} {method} {design.instrument.buffer_size}"
    columns = max(len(text), (width - FRAME) // LETTER) if width else None
    box = canvas.object(x, y, text, columns)
    canvas.connect(canvas.object(x - 90, y - 40, f"r $0-to-{method}"), box)
    return box


def messages_to_engines(design: Design) -> Canvas:
    """What is said to all nn~ objects, or to those at the end of a chain: latents that are held or
    shaken by `decode` need not be by `encode`."""
    methods = [method.name for method in design.instrument.methods]
    last = [name for name in methods if name != "encode"] if design.has("decode") else methods
    canvas = Canvas(640, 220)
    for row, (name, targets) in enumerate(
        (("settings", methods), ("settings-of-latents", last), ("buffer", methods))
    ):
        heard = canvas.object(20, 20 + 60 * row, f"r $0-{name}")
        for k, target in enumerate(targets):
            sent = canvas.object(20 + 120 * k, 48 + 60 * row, f"s $0-to-{target}")
            canvas.connect(heard, sent)
    return canvas


def feed(canvas: Canvas, x: int, y: int, design: Design, method: str, box: Box) -> None:
    """Connects the source and the labels that a method is told to its inlets."""
    for k, inlet in enumerate(design.inlets(method)):
        if is_sound(inlet):
            canvas.connect(canvas.object(x, y, "r~ $0-source"), box, 0, k)
    heard = [label.name for label in design.heard]
    for n, inlet in enumerate(filter(is_label, design.inlets(method)), start=1):
        k = design.inlets(method).index(inlet)
        label = Strand(canvas, x + 110 * n, y - 24)
        label.object(f"r $0-label-{design.labels.index(inlet) + 1}")
        label.object(f"sig~ {number(unknown(inlet))}")
        if method == "decode" and design.has("encode") and inlet.name in heard:
            _or_heard(label, design, design.heard[heard.index(inlet.name)])
        label.to(box, k)


def _or_heard(told: Strand, design: Design, label: Control) -> None:
    """What `encode` hears, where nothing is told: a decoder plays hardly anything under a label
    that nobody knows."""
    heard = told.canvas.object(told.x + 60, told.y, f"r~ {heard_name(design, label)}")
    limit = number(unknown(label) + 0.5)
    chosen = told.object(f"expr~ $v2 + ($v1 > {limit}) * ($v1 - $v2)")
    told.canvas.connect(heard, chosen, 0, 1)


def read_labels(canvas: Canvas, x: int, y: int, design: Design, method: str, box: Box) -> None:
    """Sends on what a method hears of labels."""
    for n, label in enumerate(design.heard):
        heard = canvas.object(x + 100 * n, y, f"s~ {heard_name(design, label)}")
        canvas.connect(box, heard, design.outlets(method).index(label))


def heard_name(design: Design, label: Control) -> str:
    """Of the signal in which a label is heard."""
    return f"$0-heard-{design.heard.index(label) + 1}"
