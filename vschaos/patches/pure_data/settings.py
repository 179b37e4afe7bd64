"""The panel of settings: the attributes of a model, and nn~'s buffer."""

from __future__ import annotations

from vschaos.instrument.controls import Attribute
from vschaos.patches.layout import ACTS_ON_LATENTS, number, recalls, setting_widget
from vschaos.patches.pure_data.canvas import Canvas, part
from vschaos.patches.pure_data.design import Design
from vschaos.patches.pure_data.panel import BELOW, COLUMN_WIDTH, COLUMNS, GUTTER, ROW, Panel
from vschaos.patches.pure_data.text import literal, unit


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
                _buffer(canvas, left, row, design, below + 30 * k)
            else:
                setting_row(canvas, left, row, design, attribute, below + 30 * k)

    return Panel("settings", columns, num_rows * ROW, fill)


def setting_row(
    canvas: Canvas, x: int, y: int, design: Design, attribute: Attribute, below: int
) -> None:
    """A row, and `set name value` to the nn~ objects that it concerns."""
    row = canvas.object(x, y, _setting_text(design, attribute))
    of_latents = "-of-latents" if attribute.name in ACTS_ON_LATENTS else ""
    value = "1" if setting_widget(attribute) == "button" else "$1"
    message = canvas.message(x, below, f"set {attribute.name} {value}")
    canvas.connect(row, message, 1 if attribute.choices else 0)
    if attribute.sets:
        recall = canvas.subpatch(
            x + 320, below, f"recall {attribute.name}", _recall(design, attribute)
        )
        canvas.connect(row, recall)
    canvas.connect(message, canvas.object(x + 160, below, f"s $0-settings{of_latents}"))


def _recall(design: Design, attribute: Attribute) -> Canvas:
    """The number of a choice moves the faders of all that it sets."""
    choices = recalls(attribute)
    canvas = Canvas(900, 120 + 60 * len(choices))
    numbers = " ".join(str(number) for number in range(len(choices)))
    chosen = canvas.strand(20, 20, "inlet", f"sel {numbers}")
    for k, values in enumerate(choices):
        names = [(design.receiver(design.setting_name(name)), value) for name, value in values]
        words = "".join(f"; {name} {number(value)}" for name, value in names)
        canvas.connect(chosen, canvas.message(20, 80 + 60 * k, words), k)
    return canvas


def _setting_text(design: Design, attribute: Attribute) -> str:
    name = design.receiver(design.setting_name(attribute.name))
    title = literal(attribute.name.replace("_", " "))
    kind = setting_widget(attribute)
    if kind == "button":
        return f"vschaos/button {name} {title}"
    if kind == "menu":
        chosen = attribute.choices.index(str(attribute.default))
        words = " ".join(map(literal, attribute.choices))
        return f"vschaos/menu {name} {title} 0 {chosen} {words}"
    if kind == "toggle":
        return f"vschaos/toggle {name} {title} {int(attribute.default)}"
    step = int(kind == "whole number")
    log = " 1" if attribute.is_logarithmic else ""
    ends = f"{number(attribute.low)} {number(attribute.high)} {number(float(attribute.default))}"
    return f"vschaos/number {name} {title} {ends} {unit(attribute.unit)} {step}{log}"


def _buffer(canvas: Canvas, x: int, y: int, design: Design, below: int) -> None:
    sizes = " ".join(str(size) for size in design.buffers)
    size, hop = design.instrument.buffer_size, design.instrument.hop_length
    chosen = design.buffers.index(size)
    menu = canvas.object(x, y, f"vschaos/menu $0-buffer-step buffer 0 {chosen} {sizes}")
    content = part("buffer", SIZE=size, HOP=hop, NAME=design.prefix)
    buffer = canvas.subpatch(x, below, "buffer", content)
    canvas.connect(menu, buffer, 1)
    canvas.connect(buffer, menu)
