"""The panels of a patch but those of latents and settings, one function for each."""

from __future__ import annotations

from vschaos.instrument.controls import Control
from vschaos.patches.pure_data import widgets
from vschaos.patches.pure_data.abstractions import shown_size
from vschaos.patches.pure_data.canvas import Box, Canvas, Strand
from vschaos.patches.pure_data.design import (
    TEMPERATURE,
    Design,
    is_on,
    is_sound,
    unknown,
)
from vschaos.patches.pure_data.engine import (
    engine,
    feed,
    heard_name,
    messages_to_engines,
    read_labels,
)
from vschaos.patches.pure_data.panel import BELOW, ROW, Panel
from vschaos.patches.pure_data.settings import setting_row
from vschaos.patches.pure_data.text import number, shown

OUTPUT_HEIGHT, SOURCE_HEIGHT = shown_size("output")[1], shown_size("source")[1]
WALK_HEIGHT, KEYS_HEIGHT = shown_size("walk")[1], shown_size("keys")[1]
MOST_KEYS = 17  # in keys.pd
HIGH_ROW = 32  # pixels from row to row
LONGEST_KEY = 3  # letters
RAMP_MS = 30
WALK_CONTROLS = ("walk", "form", "rate", "depth", "draw")


def source_panel(design: Design) -> Panel:
    """Where sound comes from."""

    def fill(canvas: Canvas, x: int, y: int) -> None:
        source = canvas.object(x, y, f"vschaos/source {design.prefix}")
        canvas.connect(source, canvas.object(x, y + SOURCE_HEIGHT + BELOW, "s~ $0-source"))

    return Panel("source", 1, SOURCE_HEIGHT, fill)


def model_panel(design: Design) -> Panel:
    """The parts of the model, to be switched off where nobody listens; `forward` is in here."""
    mix = design.setting("mix") if design.has("forward") else None
    words = {
        "forward": "sound through the model",
        "encode": "sound to latents",
        "decode": "latents to sound",
        "generate": "sound by itself",
    }

    def fill(canvas: Canvas, x: int, y: int) -> None:
        for k, method in enumerate(design.instrument.methods):
            row = y + k * ROW
            name = design.receiver(method.name)
            switch = canvas.object(x, row, f"vschaos/toggle {name} {method.name} {is_on(method)}")
            switched = Strand(canvas, x + 130 * k, y + height + BELOW, switch)
            switched.message("enable $1")
            switched.object(f"s $0-to-{method.name}")
            said = words.get(method.name, "")
            widgets.words(canvas, x + 126, row + 10, said, widgets.SMALL, widgets.FAINT)
        canvas.subpatch(x, y + height + 160, "messages to nn~", messages_to_engines(design))
        if design.has("forward"):
            canvas.subpatch(x, y + height + 190, "forward", _forward(design))
        if mix:
            setting_row(canvas, x, y + height - ROW, design, mix, y + height + 220)

    height = (len(design.instrument.methods) + (mix is not None)) * ROW
    return Panel("model", 1, height, fill)


def output_panel(design: Design) -> Panel:
    """What is heard of `forward` and `decode`, and where it goes."""
    sounding = [method for method in ("forward", "decode") if design.has(method)]
    has_balance = len(sounding) == 2

    def fill(canvas: Canvas, x: int, y: int) -> None:
        below = y + height + BELOW
        out = canvas.object(x, y, f"vschaos/output {design.prefix}")
        signals = [
            canvas.object(x + 300 * k, below + 100, f"r~ $0-{method}")
            for k, method in enumerate(sounding)
        ]
        if has_balance:
            row = y + OUTPUT_HEIGHT + 4
            name = design.receiver("balance")
            balance = canvas.object(x, row, f"vschaos/number {name} balance 0 1 1 \\  0")
            widgets.words(
                canvas, x, row + 28, "0 forward ... 1 decode", widgets.SMALL, widgets.FAINT
            )
            _balanced(canvas, x, below, balance, signals, out)
        for signal in () if has_balance else signals:
            canvas.connect(signal, out)
        if design.has("generate"):
            canvas.connect(canvas.object(x + 600, below + 100, "r~ $0-generate"), out)

    height = OUTPUT_HEIGHT + (ROW + 16 if has_balance else 0)
    return Panel("output", 1, height, fill)


def generate_panel(design: Design) -> Panel | None:
    """What plays by itself; it is off until it is switched on, where the other parts are."""
    if not design.has("generate"):
        return None

    def fill(canvas: Canvas, x: int, y: int) -> None:
        name = design.receiver(TEMPERATURE)
        ends = f"{number(temperature.low)} {number(temperature.high)} 1"
        dial = canvas.object(x, y, f"vschaos/number {name} temperature {ends} \\  0")
        canvas.connect(dial, canvas.object(x, y + ROW + BELOW, "s $0-generate-temperature"))
        canvas.subpatch(x, y + ROW + BELOW + 40, "generate", _generate(design))

    temperature = design.inlets("generate")[0]
    return Panel("generate", 1, ROW, fill)


def walk_panel(design: Design) -> Panel | None:
    """Where the latents go by themselves: its clock is the patch's own, its names are heard by
    all patches of that name."""
    if not design.latents:
        return None

    def fill(canvas: Canvas, x: int, y: int) -> None:
        canvas.object(x, y, f"vschaos/walk {design.own}")
        for k, control in enumerate(WALK_CONTROLS):
            passed = Strand(canvas, x + 130 * k, y + WALK_HEIGHT + BELOW)
            passed.object(f"r {design.receiver(control)}")
            passed.object(f"s {design.own}-{control}")

    return Panel("walk", 1, WALK_HEIGHT, fill)


def labels_panel(design: Design) -> Panel | None:
    """What the model is told."""
    if not design.labels:
        return None
    heights = [KEYS_HEIGHT + 8 if _fits_keys(label) else ROW for label in design.labels]
    columns = 2 if any(map(_fits_keys, design.labels)) else 1

    def fill(canvas: Canvas, x: int, y: int) -> None:
        row = y
        for k, label in enumerate(design.labels):
            control = canvas.object(x, row, _label_text(design, label))
            canvas.connect(
                control, canvas.object(x + 130 * k, y + sum(heights) + BELOW, f"s $0-label-{k + 1}")
            )
            row += heights[k]

    return Panel("labels", columns, sum(heights), fill)


def heard_panel(design: Design) -> Panel | None:
    """What the model hears of labels."""
    if not design.heard:
        return None

    def fill(canvas: Canvas, x: int, y: int) -> None:
        for k, label in enumerate(design.heard):
            name = design.receiver(f"heard {label.name}")
            words = " ".join(map(shown, label.classes))
            kind = "heard" if label.classes else "heard-number"
            text = f"vschaos/{kind} {name} {shown(label.name)} {words}".strip()
            reading = canvas.object(x, y + k * HIGH_ROW, text)
            below = y + len(design.heard) * HIGH_ROW + BELOW
            signal = canvas.object(x + 130 * k, below, f"r~ {heard_name(design, label)}")
            canvas.connect(signal, reading)

    return Panel("heard", 1, len(design.heard) * HIGH_ROW, fill)


def _forward(design: Design) -> Canvas:
    canvas = Canvas(760, 360)
    box = engine(canvas, 120, 200, design, "forward", 400)
    feed(canvas, 120, 110, design, "forward", box)
    sounds = [k for k, outlet in enumerate(design.outlets("forward")) if is_sound(outlet)]
    for k in sounds[:1]:
        canvas.connect(box, canvas.object(120, 280, "s~ $0-forward"), k)
    if not design.has("encode"):
        read_labels(canvas, 220, 280, design, "forward", box)
    return canvas


def _generate(design: Design) -> Canvas:
    canvas = Canvas(760, 360)
    box = engine(canvas, 120, 200, design, "generate", 400)
    feed(canvas, 120, 110, design, "generate", box)
    told = Strand(canvas, 120, 60)
    told.object("r $0-generate-temperature")
    told.object("sig~ 1")
    told.to(box)
    begin = Strand(canvas, 400, 60)
    begin.object("loadbang")
    begin.message("enable 0")
    begin.object("s $0-to-generate")
    canvas.connect(box, canvas.object(120, 280, "s~ $0-generate"))
    return canvas


def _balanced(canvas: Canvas, x: int, y: int, balance: Box, signals: list[Box], out: Box) -> None:
    """From the first signal to the second; at the beginning the second."""
    told = Strand(canvas, x, y, balance)
    start = canvas.object(x + 90, y - 24, "loadbang")
    first = canvas.message(x + 90, y, "1")
    ramp = told.object(f"pack f {RAMP_MS}")
    canvas.chain(start, first, ramp)
    share = told.object("line~")
    rest = told.object("expr~ 1 - $v1")
    for k, (signal, part) in enumerate(zip(signals, (rest, share), strict=True)):
        product = canvas.object(x + 300 * k, y + 140, "*~")
        canvas.connect(signal, product)
        canvas.connect(part, product, 0, 1)
        canvas.connect(product, out)


def _fits_keys(label: Control) -> bool:
    is_short = all(len(word) <= LONGEST_KEY for word in label.classes)
    return 0 < len(label.classes) < MOST_KEYS and is_short


def _label_text(design: Design, label: Control) -> str:
    name, title = design.label_receiver(label), shown(label.name)
    if not label.classes:
        ends = f"{number(label.low)} {number(label.high)} {number(unknown(label))}"
        return f"vschaos/known-number {name} {title} {ends}"
    words = " ".join(map(shown, label.classes))
    if _fits_keys(label):
        return f"vschaos/keys {name} {title} -1 -1 ? {words}"
    return f"vschaos/menu {name} {title} -1 -1 unknown {words}"
