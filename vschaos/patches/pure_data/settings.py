"""The panel of settings: the attributes of a model, and nn~'s buffer."""

from __future__ import annotations

from vschaos.instrument.controls import Attribute
from vschaos.patches.layout import ACTS_ON_LATENTS
from vschaos.patches.pure_data.canvas import Canvas, Strand
from vschaos.patches.pure_data.design import Design
from vschaos.patches.pure_data.panel import BELOW, COLUMN_WIDTH, COLUMNS, GUTTER, ROW, Panel
from vschaos.patches.pure_data.text import literal, number, unit


def settings_panel(design: Design, free: int) -> Panel:
    """All attributes, and nn~'s buffer, in the free columns of a row or in a row of their own."""
    columns = 2 if free == 2 else COLUMNS
    num_rows = -(-(len(design.settings) + 1) // columns)

    def fill(canvas: Canvas, x: int, y: int) -> None:
        for k, attribute in enumerate([*design.settings, None]):
            left = x + (k // num_rows) * (COLUMN_WIDTH + GUTTER)
            row = y + (k % num_rows) * ROW
            below = y + num_rows * ROW + BELOW
            if attribute is None:
                _buffer(canvas, left, row, design, below + 40 + 40 * k)
            else:
                setting_row(canvas, left, row, design, attribute, below + 30 * k)

    return Panel("settings", columns, num_rows * ROW, fill)


def setting_row(
    canvas: Canvas, x: int, y: int, design: Design, attribute: Attribute, below: int
) -> None:
    """A row, and `set name value` to the nn~ objects that it concerns."""
    row = canvas.object(x, y, _setting_text(design, attribute))
    of_latents = "-of-latents" if attribute.name in ACTS_ON_LATENTS else ""
    outlet = 1 if attribute.choices else 0
    message = canvas.message(x, below, f"set {attribute.name} {_value(attribute)}")
    canvas.connect(row, message, outlet)
    canvas.connect(message, canvas.object(x + 160, below, f"s $0-settings{of_latents}"))


def _value(attribute: Attribute) -> str:
    return "1" if attribute.name == "reset" else "$1"


def _setting_text(design: Design, attribute: Attribute) -> str:
    name = design.receiver(design.setting_name(attribute.name))
    title = literal(attribute.name.replace("_", " "))
    if attribute.name == "reset":
        return f"vschaos/button {name} {title}"
    if attribute.choices:
        chosen = attribute.choices.index(str(attribute.default))
        words = " ".join(literal(word) for word in attribute.choices)
        return f"vschaos/menu {name} {title} 0 {chosen} {words}"
    is_switch = attribute.type == "int" and (attribute.low, attribute.high) == (0.0, 1.0)
    if attribute.type == "bool" or is_switch:
        return f"vschaos/toggle {name} {title} {int(attribute.default)}"
    step = 1 if attribute.type == "int" else 0
    ends = f"{number(attribute.low)} {number(attribute.high)} {number(float(attribute.default))}"
    return f"vschaos/number {name} {title} {ends} {unit(attribute.unit)} {step}"


def _buffer(canvas: Canvas, x: int, y: int, design: Design, below: int) -> None:
    """The chosen size, or that of a block of DSP where it is larger: of what comes in a block, nn~
    drops what its buffer cannot hold. Sent at the beginning too: some methods of nn~ 1.6 do not
    take the size in their box."""
    sizes = " ".join(str(size) for size in design.buffers)
    chosen = design.buffers.index(design.instrument.buffer_size)
    menu = canvas.object(x, y, f"vschaos/menu $0-buffer-step buffer 0 {chosen} {sizes}")
    name = design.receiver("buffer")
    received = Strand(canvas, x + 40, below, canvas.object(x + 40, below - 24, f"r {name}"))
    received.object(f"expr log(max($f1, 1) / {design.instrument.hop_length}) / log(2)")
    received.to(menu)
    sent = Strand(canvas, x, below + 40, menu, 1)
    size = sent.object("f")
    start = Strand(canvas, x + 100, below + 16)
    start.object("loadbang")
    start.message(str(design.instrument.buffer_size))
    start.to(size)
    larger = sent.object("expr max($f1, $f2)")
    block = Strand(canvas, x + 220, below + 16)
    block.object("vschaos/block")
    measured = block.object("t b f")
    block.to(size)
    canvas.connect(measured, larger, 1, 1)
    sent.object("change")
    both = sent.object("t f f")
    sent.message("bufsize $1")
    sent.object("s $0-buffer")
    canvas.connect(both, canvas.object(x + 100, below + 160, f"s {design.own}-buffer-now"), 1)
