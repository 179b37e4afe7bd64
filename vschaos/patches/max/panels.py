"""The panels of a patch: a function for each, in the order of the sound's way."""

from __future__ import annotations

from vschaos.instrument.controls import Control, Method
from vschaos.labels import UNSEEN
from vschaos.patches.layout import VOICES, Layout, dials, is_dial, number, widget
from vschaos.patches.max.hands import connect_keyboard
from vschaos.patches.max.panel import LEFT, PADDING, Panel, row, smooth
from vschaos.patches.max.patcher import SIGNAL, Box
from vschaos.patches.max.player import player, receiver_of
from vschaos.patches.max.text import decimal
from vschaos.patches.max.voices import is_own, voice_number, voice_signal

TITLE_SIZE = 26.0  # points
WARNING_LEFT, WARNING_TOP = 654.0, 42.0  # pixels, beside the rate and the latency
LARGEST = 100000.0  # that a predicted number shows


def title(layout: Layout) -> Panel:
    """The model's name, its rate and latency; the rate of Max, which nn~ is told or which must be
    that of the model; and a MIDI keyboard, which plays pitches and gates by their names, if it has
    no panel."""
    instrument = layout.instrument
    milliseconds = 1000 * instrument.delay / instrument.sample_rate
    numbers = (instrument.sample_rate, round(milliseconds), instrument.hop_length)
    panel = Panel(instrument.name, part="title", words=tuple(map(str, numbers)))
    heading = panel.named["name"]
    heading["text"] = instrument.name
    room = heading["presentation_rect"][2]
    heading["fontsize"] = min(TITLE_SIZE, room / (0.7 * len(instrument.name)))
    if layout.follows_rate:
        panel.insert("host_rate")
    else:
        panel.insert("wrong_rate", str(instrument.sample_rate), left=WARNING_LEFT, top=WARNING_TOP)
    if not layout.keyboard and (layout.played("note") or layout.played("gate")):
        connect_keyboard(panel, layout, panel.insert("keyboard"))
    return panel


def method_panel(layout: Layout, method: Method) -> Panel:
    """A method out of the chain: its dials are in here, sound and labels come by the inlets."""
    has_mix = layout.mixed == method.name
    rows = 1 + has_mix + len(dials(method.inlets))
    panel = Panel(layout.instrument.name, rows, method.name.upper())
    count = VOICES if layout.is_polyphonic(method) else 1
    models = [
        panel.subpatcher(method.name, player(layout.instrument, method)) for _ in range(count)
    ]
    model = models[0]
    for n, control in enumerate(method.inlets):
        if not is_dial(control):
            panel.connect(panel.take(control), model, 0, n)
    for n, control in enumerate(method.outlets):
        end = panel.give(method, control, model, n)
        for voice in models[1:]:
            panel.connect(voice, end, n)
    panel.caption("enable", PADDING, row(0))
    is_on = method.name not in layout.added
    text = "when off it costs nothing" if is_on else "plays when it is on"
    enabling = panel.enable(model, layout.method_name(method.name), LEFT, row(0), text, is_on)
    for voice in models[1:]:
        panel.connect(enabling, voice)
    if has_mix:
        mix = panel.slider_row("mix", row(1), 0.0, 1.0)
        panel.send(panel.receives("mix", mix, 1.0), "set mix", receiver_of("mix"))
    for k, (n, dial) in enumerate(dials(method.inlets), start=1 + has_mix):
        signal = _dial(panel, method, dial, row(k))
        panel.connect(signal, model, 0, n)
        for place, other in enumerate(models[1:], start=2):
            own = voice_signal(panel, method, place, dial) if is_own(dial) else signal
            panel.connect(own, other, 0, n)
        if count > 1 and is_own(dial):  # the dial and the keys play the first voice
            panel.connect(voice_number(panel, method, 1, dial), signal)
    return panel


def _dial(panel: Panel, method: Method, dial: Control, top: float) -> Box:
    """The signal of a dial; faders move in a ramp."""
    name = f"{method.name} {dial.name}"
    if widget(dial) == "gate":
        panel.caption(dial.name, PADDING, top)
        gate = panel.receives(name, panel.toggle(LEFT, top), dial.default)
        return panel.chain(gate, panel.object(f"sig~ {number(dial.default)}"))
    value = panel.slider_row(dial.name, top, dial.low, dial.high)
    panel.receives(name, value, dial.default)
    if widget(dial) == "note":
        return panel.chain(value, panel.object(f"sig~ {decimal(dial.default)}"))
    return smooth(panel, value)


def label_panel(layout: Layout) -> Panel:
    """The labels that condition the model, a signal for each.

    A label that is called as another control listens to `prefix-label-name`.
    """
    panel = Panel(layout.instrument.name, len(layout.labels), "LABELS")
    for n, control in enumerate(layout.labels):
        panel.caption(control.name, PADDING, row(n))
        name = layout.label_name(control.name)
        make = _class_label if control.classes else _number_label
        panel.outlet(control.name, make(panel, layout, control, name, row(n)))
    return panel


def class_names(control: Control) -> list[str]:
    """The items of a label's menu, with a mark on those that no sound of the training had."""
    marks = dict.fromkeys(control.unseen, f" - {UNSEEN}")
    return [f"{name}{marks.get(number, '')}" for number, name in enumerate(control.classes)]


def _class_label(panel: Panel, layout: Layout, control: Control, name: str, top: float) -> Box:
    """The signal of a class; where it may be left open, the menu's first item is -1 on it."""
    unset = layout.unset(control)
    first = [unset[0]] if unset else []
    chosen = panel.menu([*first, *class_names(control)], LEFT, top, panel.width - LEFT - PADDING)
    initial = int(layout.initial(control))
    signal = panel.object(f"sig~ {initial}")
    panel.connect(panel.object(f"loadmess {initial + len(first)}"), chosen)
    if not first:
        panel.connect(panel.receive(name), chosen)
        return panel.chain(chosen, signal)
    panel.chain(panel.receive(name), panel.object("+ 1"), chosen)
    return panel.chain(chosen, panel.object("- 1"), signal)


def _number_label(panel: Panel, layout: Layout, control: Control, name: str, top: float) -> Box:
    known = panel.receives(f"{name} known", panel.toggle(LEFT, top), 0.0)
    left = LEFT + 28.0
    value = panel.slider(left, top, panel.width - left - PADDING, control.low, control.high)
    panel.receives(name, value, control.low)
    select = panel.object("selector~ 2 1")
    panel.chain(known, panel.object("+ 1"), select)
    unknown = panel.object(f"sig~ {decimal(layout.initial(control))}")
    panel.connect(unknown, select, 0, 1)
    panel.connect(panel.chain(value, panel.object("sig~")), select, 0, 2)
    return select


def predicted_panel(layout: Layout) -> Panel:
    """The labels that the model predicts, by name."""
    panel = Panel(layout.instrument.name, len(layout.predictions), "PREDICTED")
    width = panel.width - LEFT - PADDING
    for n, control in enumerate(layout.predictions):
        panel.caption(control.name, PADDING, row(n))
        predicted = panel.inlet(control.name, SIGNAL)
        value = panel.chain(predicted, panel.object("snapshot~ 100"))
        if control.classes:
            items = ["unknown", *control.classes]
            shown = panel.menu(items, LEFT, row(n), width, kind="prediction")
            panel.chain(value, panel.object("+ 1"), shown)
        else:
            panel.connect(value, panel.digits(LEFT, row(n), -LARGEST, LARGEST))
    return panel


def output(layout: Layout) -> Panel:
    """Two methods in balance and the others added; a limiter, the loudspeakers and a recorder."""
    panel = Panel(layout.instrument.name, part="output")
    sounds = [panel.inlet(name, SIGNAL) for name in layout.balanced]
    mixed = sounds[0]
    if len(sounds) > 1:
        balance = panel.insert("balance")
        mixed = balance["mixed"]
        panel.connect(sounds[0], mixed)
        panel.connect(sounds[1], balance["difference"])
        panel.connect(sounds[0], balance["difference"], 0, 1)
    for name in layout.added:
        mixed = panel.of_two("+~", mixed, panel.inlet(name, SIGNAL))
    panel.connect(mixed, panel.named["sound"])
    return panel
