"""The panels of a patch: a function for each, in the order of the sound's way."""

from __future__ import annotations

from vschaos.instrument.controls import Control, Method
from vschaos.patches.layout import Layout, dials, is_dial, widget
from vschaos.patches.max import design
from vschaos.patches.max.design import (
    CAPTION,
    CELL,
    HEAD,
    PADDING,
    ROW,
    Panel,
    caption,
    decibels,
    decimal,
    menu,
    meter,
    name_of,
    prefix_of,
    press,
    slider_row,
    smooth,
    switch,
    words,
)
from vschaos.patches.max.objects import SIGNAL, quoted
from vschaos.patches.max.patcher import Box, Patcher
from vschaos.patches.max.player import AGAIN, player, receiver_of

OUTPUT_ROWS = 5
LEFT = PADDING + CAPTION  # of the first widget in a row
TITLE_WIDTH = 640.0
LOWEST_DB, HIGHEST_DB = -70.0, 6.0


def height(rows: int) -> float:
    """Of a panel with so many rows."""
    return HEAD + rows * ROW + 8.0


def row(number: int) -> float:
    """Top of a row of a panel, counted from 0."""
    return HEAD + number * ROW


def title(layout: Layout) -> Patcher:
    """The model's name, its rate and latency, and whether Max runs at its rate."""
    instrument = layout.instrument
    width = design.PAGE_WIDTH - 2 * design.MARGIN
    panel = Panel("", prefix_of(instrument.name), 70.0, width)
    patch = panel.patch
    size = min(design.TITLE_SIZE, TITLE_WIDTH / (0.7 * len(instrument.name)))
    looks = {"fontname": "Georgia", "fontsize": size}
    words(patch, instrument.name, (PADDING, 6.0, TITLE_WIDTH, 34.0), **looks)
    milliseconds = 1000 * instrument.delay / instrument.sample_rate
    facts = (
        f"{instrument.sample_rate} Hz, latency {milliseconds:.0f} ms and the buffer of nn~; "
        f"a frame every {instrument.hop_length} samples"
    )
    words(patch, facts, (PADDING, 42.0, TITLE_WIDTH, CELL), textcolor=design.FADED)
    warning = words(patch, "", (PADDING + TITLE_WIDTH, 42.0, 390.0, CELL), textcolor=design.ACCENT)
    state = patch.chain(patch.object("loadbang"), patch.object("dspstate~"))
    differs = patch.object(f"!= {instrument.sample_rate}")
    patch.connect(state, differs, 1)
    choice = patch.chain(differs, patch.object("sel 0 1"))
    right = patch.message(f"set Max runs at {instrument.sample_rate} Hz as it should.")
    wrong = patch.message(
        f"set Set Max to {instrument.sample_rate} Hz (Options > Audio Status): it sounds wrong now."
    )
    for outlet, text in enumerate((right, wrong)):
        patch.connect(choice, text, outlet)
        patch.connect(text, warning)
    keyboard(patch, layout)
    return panel.finished()


def rows_of(layout: Layout, method: Method) -> int:
    """Rows of the panel of a method: its switch, its mixture and its dials."""
    return 1 + (layout.mixed == method.name) + len(dials(method.inlets))


def method_panel(layout: Layout, method: Method, tall: float) -> Patcher:
    """A method out of the chain: its dials are in here, sound and labels come by the inlets."""
    panel = Panel(method.name.upper(), prefix_of(layout.instrument.name), tall)
    patch = panel.patch
    model = patch.subpatcher(method.name, player(layout.instrument, method))
    for n, control in enumerate(method.inlets):
        if not is_dial(control):
            patch.connect(patch.inlet(control.name, SIGNAL), model, 0, n)
    for n, control in enumerate(method.outlets):
        patch.connect(model, patch.outlet(control.name, SIGNAL), n, 0)
    caption(patch, "enable", PADDING, row(0))
    is_on = method.name not in layout.added
    text = "when off it costs nothing" if is_on else "plays when it is on"
    enable(panel, model, layout.method_name(method.name), LEFT, row(0), text, is_on)
    top = 1
    if layout.mixed == method.name:
        mix = slider_row(panel, "mix", row(top), 0.0, 1.0)
        send(panel, panel.receives("mix", mix, 1.0), "set mix")
        top += 1
    for k, (n, dial) in enumerate(dials(method.inlets)):
        patch.connect(_dial(panel, method, dial, row(top + k)), model, 0, n)
    return panel.finished()


def _dial(panel: Panel, method: Method, dial: Control, top: float) -> Box:
    """The signal of a dial; faders move in a ramp."""
    patch, name = panel.patch, f"{method.name} {dial.name}"
    if widget(dial) == "gate":
        caption(patch, dial.name, PADDING, top)
        gate = panel.receives(name, switch(patch, LEFT, top), dial.default)
        return patch.chain(gate, patch.object(f"sig~ {design.number(dial.default)}"))
    value = slider_row(panel, dial.name, top, dial.low, dial.high)
    panel.receives(name, value, dial.default)
    if widget(dial) == "note":
        return patch.chain(value, patch.object(f"sig~ {decimal(dial.default)}"))
    return smooth(patch, value)


def keyboard(patch: Patcher, layout: Layout) -> None:
    """A MIDI keyboard with one voice plays pitches and gates by their names."""
    names = (layout.played("note"), layout.played("gate"))
    if not any(names):
        return
    keys, voice = patch.object("notein"), patch.object("poly 1 1")
    for outlet in (0, 1):
        patch.connect(keys, voice, outlet, outlet)
    pressed = patch.object("stripnote")
    patch.connect(voice, pressed, 1, 0)
    patch.connect(voice, pressed, 2, 1)
    prefix = prefix_of(layout.instrument.name)
    for name in names[0]:
        patch.connect(pressed, patch.object(f"s {quoted(name_of(prefix, name))}"))
    if names[1]:
        is_down = patch.object("> 0")
        patch.connect(voice, is_down, 2, 0)
        for name in names[1]:
            patch.connect(is_down, patch.object(f"s {quoted(name_of(prefix, name))}"))


def enable(
    panel: Panel,
    model: Box,
    name: str,
    left: float,
    top: float,
    text: str = "",
    is_on: bool = True,
) -> None:
    """A switch for one nn~, which computes nothing when it is off."""
    patch = panel.patch
    toggle = panel.receives(name, switch(patch, left, top), float(is_on))
    caption(patch, text or name, left + 26.0, top, 180.0 if text else 60.0)
    kept = patch.chain(toggle, patch.object("i"))
    patch.chain(kept, patch.object("prepend enable"), model)
    patch.connect(again(panel), kept)


def again(panel: Panel) -> Box:
    """Bangs when nn~ was made anew, without its settings."""
    return panel.patch.object(f"r {quoted(design.own_name(panel.prefix, AGAIN))}")


def send(panel: Panel, widget: Box, what: str, outlet: int = 0) -> None:
    """Sends a widget's value to every nn~, now and whenever one is made anew."""
    patch = panel.patch
    message = patch.object(f"prepend {what}")
    patch.connect(widget, message, outlet)
    patch.chain(
        message, patch.object(f"s {quoted(design.own_name(panel.prefix, receiver_of(what)))}")
    )
    patch.connect(again(panel), widget)


def label_panel(layout: Layout, tall: float) -> Patcher:
    """The labels that condition the model, a signal for each.

    A label that is called as another control listens to `prefix-label-name`.
    """
    panel = Panel("LABELS", prefix_of(layout.instrument.name), tall)
    width = panel.width - LEFT - PADDING
    for n, control in enumerate(layout.labels):
        caption(panel.patch, control.name, PADDING, row(n))
        name = layout.label_name(control.name)
        if control.classes:
            signal = class_menu(panel, layout, control, name, (LEFT, row(n), width))
        else:
            signal = _number_label(panel, layout, control, name, row(n))
        panel.patch.connect(signal, panel.patch.outlet(control.name, SIGNAL))
    return panel.finished()


def class_menu(
    panel: Panel, layout: Layout, control: Control, name: str, place: tuple[float, float, float]
) -> Box:
    """The signal of a class; where it may be left open, the menu's first item is -1 on it."""
    patch, unset = panel.patch, layout.unset(control)
    first = [unset[0]] if unset else []
    chosen = menu(patch, [*first, *design.class_names(control)], *place)
    initial = int(layout.initial(control))
    start = patch.object(f"loadmess {initial + len(first)}")
    signal = patch.object(f"sig~ {initial}")
    patch.connect(start, chosen)
    if not first:
        patch.connect(panel.receive(name), chosen)
        return patch.chain(chosen, signal)
    patch.chain(panel.receive(name), patch.object("+ 1"), chosen)
    return patch.chain(chosen, patch.object("- 1"), signal)


def _number_label(panel: Panel, layout: Layout, control: Control, name: str, top: float) -> Box:
    patch = panel.patch
    known = panel.receives(f"{name} known", switch(patch, LEFT, top), 0.0)
    left = LEFT + 28.0
    width = panel.width - left - PADDING
    value = design.slider(panel, left, top, width, control.low, control.high)
    panel.receives(name, value, control.low)
    select = patch.object("selector~ 2 1")
    patch.chain(known, patch.object("+ 1"), select)
    unknown = decimal(layout.initial(control))
    patch.connect(patch.object(f"sig~ {unknown}"), select, 0, 1)
    patch.connect(patch.chain(value, patch.object("sig~")), select, 0, 2)
    return select


def predicted_panel(layout: Layout, tall: float) -> Patcher:
    """The labels that the model predicts, by name."""
    panel = Panel("PREDICTED", prefix_of(layout.instrument.name), tall)
    patch = panel.patch
    for n, control in enumerate(layout.predictions):
        caption(patch, control.name, PADDING, row(n))
        predicted = patch.inlet(control.name, SIGNAL)
        _readout(panel, patch.chain(predicted, patch.object("snapshot~ 100")), control, row(n))
    return panel.finished()


def _readout(panel: Panel, value: Box, control: Control, top: float) -> None:
    patch = panel.patch
    if control.classes:
        items = ["unknown", *control.classes]
        looks = {"ignoreclick": 1, "arrow": 0, "textcolor": design.ACCENT}
        shown = menu(patch, items, LEFT, top, panel.width - LEFT - PADDING, **looks)
        patch.chain(value, patch.object("+ 1"), shown)
    else:
        shown = design.digits(patch, LEFT, top, -100000.0, 100000.0)
        patch.connect(value, shown)


def output(layout: Layout, tall: float) -> Patcher:
    """Two methods in balance and the others added; a limiter, the loudspeakers and a recorder."""
    panel = Panel("OUTPUT", prefix_of(layout.instrument.name), tall)
    patch = panel.patch
    sounds = [patch.inlet(name, SIGNAL) for name in layout.balanced]
    mixed = _balance(panel, sounds) if len(sounds) > 1 else sounds[0]
    for name in layout.added:
        mixed = patch.of_two("+~", mixed, patch.inlet(name, SIGNAL))
    volume = slider_row(panel, "volume dB", row(1), LOWEST_DB, HIGHEST_DB)
    level = decibels(patch, panel.receives("volume", volume, -6.0))
    louder = patch.of_two("*~", mixed, level)
    safe = patch.chain(louder, patch.object("limi~ 1"), patch.object("clip~ -1. 1."))
    caption(patch, "level", PADDING, row(2))
    patch.connect(safe, meter(patch, LEFT, row(2), panel.width - LEFT - PADDING))
    _record(panel, safe, row(3))
    speaker = patch.show("ezdac~", (panel.width - PADDING - 46.0, row(3) + 6.0, 46.0, 46.0))
    words(patch, "sound on / off", (panel.width - PADDING - 140.0, row(4), 90.0, CELL))
    patch.connect(panel.receive("dsp"), speaker)
    patch.connect(safe, speaker, 0, 0)
    patch.connect(safe, speaker, 0, 1)
    return panel.finished()


def _balance(panel: Panel, sounds: list[Box]) -> Box:
    """From the first sound to the second."""
    patch = panel.patch
    slider = slider_row(panel, "balance", row(0), 0.0, 1.0)
    share = smooth(patch, panel.receives("balance", slider, 0.0))
    difference = patch.of_two("-~", sounds[1], sounds[0])
    return patch.of_two("+~", sounds[0], patch.of_two("*~", difference, share))


def _record(panel: Panel, sound: Box, top: float) -> None:
    patch = panel.patch
    caption(patch, "record", PADDING, top)
    recorder = patch.object("sfrecord~ 1")
    patch.connect(sound, recorder)
    patch.chain(press(patch, "to file", LEFT, top, 60.0), patch.message("open"), recorder)
    toggle = panel.receives("record", switch(patch, LEFT + 68.0, top))
    patch.connect(toggle, recorder)
