"""The panels of a patch but those of latents and settings, one function for each."""

from __future__ import annotations

from vschaos.instrument.controls import Control, Method
from vschaos.patches.layout import dials, number, sounds, widget
from vschaos.patches.pure_data import widgets
from vschaos.patches.pure_data.abstractions import shown_size
from vschaos.patches.pure_data.canvas import Canvas, part
from vschaos.patches.pure_data.design import Design
from vschaos.patches.pure_data.engine import (
    messages_to_engines,
    predicted_name,
    sound_name,
    subpatch_of,
)
from vschaos.patches.pure_data.hands import connect_velocity
from vschaos.patches.pure_data.panel import BELOW, ROW, Panel
from vschaos.patches.pure_data.settings import setting_row
from vschaos.patches.pure_data.text import shown, unit

OUTPUT_HEIGHT, SOURCE_HEIGHT = shown_size("output")[1], shown_size("source")[1]
CLOCK_HEIGHT, KEYS_HEIGHT = shown_size("trajectory-clock")[1], shown_size("keys")[1]
MOST_KEYS = 17  # in keys.pd
HIGH_ROW = 32  # pixels from row to row
LONGEST_KEY = 3  # letters
CLOCK_CONTROLS = ("trajectory", "form", "rate", "depth", "draw")


def source_panel(design: Design) -> Panel | None:
    """Where sound comes from."""
    if not design.has_source:
        return None

    def fill(canvas: Canvas, x: int, y: int) -> None:
        source = canvas.object(x, y, f"vschaos/source {design.prefix}")
        canvas.connect(source, canvas.object(x, y + SOURCE_HEIGHT + BELOW, "s~ $0-source"))

    return Panel("source", 1, SOURCE_HEIGHT, fill)


def model_panel(design: Design) -> Panel:
    """The methods of the model, to be switched off where nobody listens; those out of the chain
    are in here."""
    mix = next((a for a in design.instrument.settings() if a.name == "mix"), None)
    mix = mix if design.mixed else None
    methods = design.instrument.methods

    def fill(canvas: Canvas, x: int, y: int) -> None:
        for k, method in enumerate(methods):
            row = y + k * ROW
            name, title = design.receiver(design.method_name(method.name)), shown(method.name)
            is_on = int(method.name not in design.added)
            switch = canvas.object(x, row, f"vschaos/toggle {name} {title} {is_on}")
            sent = ("enable $1(", f"s $0-to-{method.name}")
            canvas.strand(x + 130 * k, y + height + BELOW, *sent, source=switch)
            words = _words(method, design)
            widgets.words(canvas, x + 126, row + 10, words, widgets.SMALL, widgets.FAINT)
        canvas.subpatch(x, y + height + 160, "messages to nn~", messages_to_engines(design))
        for k, method in enumerate(design.others):
            place = (x + 160 * (k + 1), y + height + 160)
            canvas.subpatch(*place, method.name, subpatch_of(design, method))
        if mix:
            setting_row(canvas, x, y + height - ROW, design, mix, y + height + 220)
        if design.played("note") or design.played("gate"):
            _keyboard(canvas, x, y + height + 260, design)

    height = (len(methods) + (mix is not None)) * ROW
    return Panel("model", 1, height, fill)


def output_panel(design: Design) -> Panel:
    """The sound of all methods, to the loudspeakers and to files."""
    has_balance = len(design.balanced) == 2

    def fill(canvas: Canvas, x: int, y: int) -> None:
        below = y + height + BELOW
        out = canvas.object(x, y, f"vschaos/output {design.prefix}")
        signals = [
            canvas.object(x + 300 * k, below + 100, f"r~ {sound_name(method)}")
            for k, method in enumerate((*design.balanced, *design.added))
        ]
        if has_balance:
            row = y + OUTPUT_HEIGHT + 4
            name = design.receiver("balance")
            balance = canvas.object(x, row, f"vschaos/number {name} balance 0 1 1 \\  0")
            words = "0 {} ... 1 {}".format(*design.balanced)
            widgets.words(canvas, x, row + 28, words, widgets.SMALL, widgets.FAINT)
            mixed = canvas.subpatch(x, below + 160, "balance", part("balance"))
            for inlet, box in enumerate([balance, *signals[:2]]):
                canvas.connect(box, mixed, 0, inlet)
            canvas.connect(mixed, out)
        for signal in signals[2:] if has_balance else signals:
            canvas.connect(signal, out)

    height = OUTPUT_HEIGHT + (ROW + 16 if has_balance else 0)
    return Panel("output", 1, height, fill)


def dials_panel(design: Design, method: Method) -> Panel | None:
    """The dials of a method out of the chain."""
    found = dials(method.inlets)
    if not found:
        return None

    def fill(canvas: Canvas, x: int, y: int) -> None:
        for row, (k, dial) in enumerate(found):
            text = _dial_text(design, method, dial)
            sent = f"s $0-dial-{method.name}-{k + 1}"
            below = y + len(found) * ROW + BELOW
            canvas.connect(
                canvas.object(x, y + row * ROW, text), canvas.object(x + 160 * row, below, sent)
            )

    return Panel(method.name, 1, len(found) * ROW, fill)


def trajectory_panel(design: Design) -> Panel | None:
    """How trajectories move the faders: their clock is the patch's own, its names are received by
    all patches of that name."""
    if not any(fader.control.movement != "held" for fader in design.faders):
        return None

    def fill(canvas: Canvas, x: int, y: int) -> None:
        canvas.object(x, y, f"vschaos/trajectory-clock {design.own}")
        for k, control in enumerate(CLOCK_CONTROLS):
            passed = (f"r {design.receiver(control)}", f"s {design.own}-{control}")
            canvas.strand(x + 130 * k, y + CLOCK_HEIGHT + BELOW, *passed)

    return Panel("trajectory", 1, CLOCK_HEIGHT, fill)


def labels_panel(design: Design) -> Panel | None:
    """The labels that condition the model."""
    if not design.labels:
        return None
    heights = [KEYS_HEIGHT + 8 if _fits_keys(design, label) else ROW for label in design.labels]
    columns = 2 if any(_fits_keys(design, label) for label in design.labels) else 1

    def fill(canvas: Canvas, x: int, y: int) -> None:
        row = y
        for k, label in enumerate(design.labels):
            control = canvas.object(x, row, _label_text(design, label))
            canvas.connect(
                control, canvas.object(x + 130 * k, y + sum(heights) + BELOW, f"s $0-label-{k + 1}")
            )
            row += heights[k]

    return Panel("labels", columns, sum(heights), fill)


def predicted_panel(design: Design) -> Panel | None:
    """The labels that the model predicts."""
    if not design.predictions:
        return None

    def fill(canvas: Canvas, x: int, y: int) -> None:
        for k, label in enumerate(design.predictions):
            name = design.receiver(f"predicted {label.name}")
            words = " ".join(map(shown, label.classes))
            kind = "predicted" if label.classes else "predicted-number"
            text = f"vschaos/{kind} {name} {shown(label.name)} {words}".strip()
            reading = canvas.object(x, y + k * HIGH_ROW, text)
            below = y + len(design.predictions) * HIGH_ROW + BELOW
            signal = canvas.object(x + 130 * k, below, f"r~ {predicted_name(design, label)}")
            canvas.connect(signal, reading)

    return Panel("predicted", 1, len(design.predictions) * HIGH_ROW, fill)


def _words(method: Method, design: Design) -> str:
    """A method in some words."""
    into, out = sounds(method.inlets), sounds(method.outlets)
    if into and out:
        return "sound through the model"
    numbers = "latents" if any(f.control.unit == "sigma" for f in design.faders) else "controls"
    if into:
        return f"sound to {numbers}"
    return f"{numbers} to sound" if method in design.chain else "sound by itself"


def _keyboard(canvas: Canvas, x: int, y: int, design: Design) -> None:
    """A MIDI keyboard plays pitches and gates by their names."""
    keyboard = canvas.object(x, y, "vschaos/keyboard")
    for outlet, names in enumerate((design.played("note"), design.played("gate"))):
        for k, name in enumerate(names):
            place = (x + 160 * k, y + 30 + 26 * outlet)
            sent = canvas.object(*place, f"s {design.receiver(name)}")
            canvas.connect(keyboard, sent, outlet)
    if design.keyboard:
        connect_velocity(canvas, x, y + 90, design, design.keyboard, keyboard)


def _dial_text(design: Design, method: Method, dial: Control) -> str:
    name, title = design.receiver(f"{method.name} {dial.name}"), shown(dial.name)
    if widget(dial) == "gate":
        return f"vschaos/toggle {name} {title} {int(dial.default)}"
    ends = f"{number(dial.low)} {number(dial.high)} {number(dial.default)}"
    return f"vschaos/number {name} {title} {ends} {unit(dial.unit)} 0"


def _fits_keys(design: Design, label: Control) -> bool:
    unset = design.unset(label)
    if unset and unset[0] != "unknown":  # which a key shows by ?
        return False
    is_short = all(len(word) <= LONGEST_KEY for word in label.classes)
    return 0 < len(label.classes) < MOST_KEYS and is_short


def _label_text(design: Design, label: Control) -> str:
    name, title = design.receiver(design.label_name(label.name)), shown(label.name)
    unset = design.unset(label)
    if not label.classes:
        ends = f"{number(label.low)} {number(label.high)} {number(design.initial(label))}"
        return f"vschaos/optional-number {name} {title} {ends}"
    has_keys = _fits_keys(design, label)
    unset_word = ["?" if has_keys else unset[0]] if unset else []
    words = " ".join([*unset_word, *map(shown, label.classes)])
    first, initial = -len(unset_word), number(design.initial(label))
    return f"vschaos/{'keys' if has_keys else 'menu'} {name} {title} {first} {initial} {words}"
