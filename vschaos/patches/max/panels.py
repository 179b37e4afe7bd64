"""The panels of a patch: a function for each, in the order of the sound's way."""

from __future__ import annotations

import re

from vschaos.instrument.controls import Control, Method
from vschaos.instrument.instrument import Instrument
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
    menu,
    meter,
    press,
    slider_row,
    smooth,
    switch,
    words,
)
from vschaos.patches.max.objects import SIGNAL, quoted
from vschaos.patches.max.patcher import Box, Patcher
from vschaos.patches.max.player import AGAIN, labels, player, receiver_of

FORWARD_ROWS, GENERATE_ROWS, OUTPUT_ROWS = 2, 2, 5
LEFT = PADDING + CAPTION  # of the first widget in a row
TITLE_WIDTH = 640.0
OWN_NAMES = {  # receivers of what every patch has
    *("balance", "buffer", "dsp", "file", "form", "home", "level", "loop", "play", "rate"),
    *("record", "source", "surprise", "tone", "volume", "wave"),
}
LOWEST_DB, HIGHEST_DB = -70.0, 6.0


def height(rows: int) -> float:
    """Of a panel with so many rows."""
    return HEAD + rows * ROW + 8.0


def row(number: int) -> float:
    """Top of a row of a panel, counted from 0."""
    return HEAD + number * ROW


def title(instrument: Instrument, model_name: str, prefix: str) -> Patcher:
    """The model's name, what it needs, and whether Max runs at its rate."""
    panel = Panel("", prefix, 70.0, design.PAGE_WIDTH - 2 * design.MARGIN)
    patch = panel.patch
    size = min(design.TITLE_SIZE, TITLE_WIDTH / (0.7 * len(model_name)))
    looks = {"fontname": "Georgia", "fontsize": size}
    words(patch, model_name, (PADDING, 6.0, TITLE_WIDTH, 34.0), **looks)
    milliseconds = 1000 * instrument.delay / instrument.sample_rate
    facts = (
        f"{instrument.sample_rate} Hz, late by {milliseconds:.0f} ms and the buffer of nn~; "
        f"a value of its latents every {instrument.hop_length} samples"
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
    return panel.finished()


def forward(
    instrument: Instrument, model_name: str, method: Method, prefix: str, tall: float
) -> Patcher:
    """The sound through the model."""
    panel = Panel("FORWARD", prefix, tall)
    patch = panel.patch
    model = patch.subpatcher("forward", player(instrument, model_name, method, prefix))
    for n, control in enumerate(method.inlets):
        patch.connect(patch.inlet(control.name, SIGNAL), model, 0, n)
    for n, control in enumerate(method.outlets):
        patch.connect(model, patch.outlet(control.name, SIGNAL), n, 0)
    caption(patch, "enable", PADDING, row(0))
    enable(panel, model, "forward", LEFT, row(0), "when off it costs nothing")
    if any(attribute.name == "mix" for attribute in instrument.settings()):
        mix = slider_row(panel, "mix", row(1), 0.0, 1.0)
        tell(panel, panel.hears("mix", mix, 1.0), "set mix")
    return panel.finished()


def generate(
    instrument: Instrument, model_name: str, method: Method, prefix: str, tall: float
) -> Patcher:
    """What plays by itself, off until it is switched on; labels come in their order."""
    panel = Panel("GENERATE", prefix, tall)
    patch = panel.patch
    model = patch.subpatcher("generate", player(instrument, model_name, method, prefix))
    temperature = method.inlets[0]
    dial = slider_row(panel, temperature.name, row(1), temperature.low, temperature.high)
    patch.connect(smooth(patch, panel.hears("generate temperature", dial, 1.0)), model)
    for control in labels(method.inlets):
        inlet = patch.inlet(control.name, SIGNAL)
        patch.connect(inlet, model, 0, method.inlets.index(control))
    patch.connect(model, patch.outlet("sound", SIGNAL))
    caption(patch, "enable", PADDING, row(0))
    enable(panel, model, "generate", LEFT, row(0), "plays by itself", is_on=False)
    return panel.finished()


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
    toggle = panel.hears(name, switch(patch, left, top), float(is_on))
    caption(patch, text or name, left + 26.0, top, 180.0 if text else 60.0)
    kept = patch.chain(toggle, patch.object("i"))
    patch.chain(kept, patch.object("prepend enable"), model)
    patch.connect(again(panel), kept)


def again(panel: Panel) -> Box:
    """Bangs when nn~ was made anew, and knows nothing of its settings."""
    return panel.patch.object(f"r {quoted(design.own_name(panel.prefix, AGAIN))}")


def tell(panel: Panel, widget: Box, what: str, outlet: int = 0) -> None:
    """Sends a widget's value to every nn~, now and whenever one is made anew."""
    patch = panel.patch
    message = patch.object(f"prepend {what}")
    patch.connect(widget, message, outlet)
    patch.chain(
        message, patch.object(f"s {quoted(design.own_name(panel.prefix, receiver_of(what)))}")
    )
    patch.connect(again(panel), widget)


def label_panel(controls: list[Control], taken: set[str], prefix: str, tall: float) -> Patcher:
    """What the model is told, a signal for each label.

    A label that is called as another control listens to `prefix-label-name`.
    """
    panel = Panel("LABELS", prefix, tall)
    for n, control in enumerate(controls):
        caption(panel.patch, control.name, PADDING, row(n))
        signal = _class_label if control.classes else _number_label
        panel.patch.connect(
            signal(panel, control, _label_name(control, taken), row(n)),
            panel.patch.outlet(control.name, SIGNAL),
        )
    return panel.finished()


def _label_name(control: Control, taken: set[str]) -> str:
    is_taken = control.name in taken or re.match(r"(latent|encoded)\b", control.name)
    return f"label {control.name}" if is_taken else control.name


def _class_label(panel: Panel, control: Control, name: str, top: float) -> Box:
    """The menu counts from `unknown`, the label's signal from the first class."""
    patch = panel.patch
    width = panel.width - LEFT - PADDING
    chosen = menu(patch, ["unknown", *design.class_names(control)], LEFT, top, width)
    patch.chain(panel.receive(name), patch.object("+ 1"), chosen)
    patch.connect(patch.object("loadmess 0"), chosen)
    return patch.chain(chosen, patch.object("- 1"), patch.object("sig~ -1"))


def _number_label(panel: Panel, control: Control, name: str, top: float) -> Box:
    patch = panel.patch
    known = panel.hears(f"{name} known", switch(patch, LEFT, top), 0.0)
    left = LEFT + 28.0
    width = panel.width - left - PADDING
    value = design.slider(panel, left, top, width, control.low, control.high)
    panel.hears(name, value, control.low)
    select = patch.object("selector~ 2 1")
    patch.chain(known, patch.object("+ 1"), select)
    unknown = (control.unknown_below or 0.0) - 1.0
    patch.connect(patch.object(f"sig~ {design.decimal(unknown)}"), select, 0, 1)
    patch.connect(patch.chain(value, patch.object("sig~")), select, 0, 2)
    return select


def heard_panel(method: Method, prefix: str, tall: float) -> Patcher:
    """What the model hears in the sound, by name."""
    panel = Panel("HEARD", prefix, tall)
    patch = panel.patch
    for n, control in enumerate(labels(method.outlets)):
        caption(patch, control.name, PADDING, row(n))
        heard = patch.inlet(control.name, SIGNAL)
        _readout(panel, patch.chain(heard, patch.object("snapshot~ 100")), control, row(n))
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


def output(inputs: list[str], prefix: str, tall: float, added: list[str] | None = None) -> Patcher:
    """Balance of what is heard, and what is added to it; a limiter, the loudspeakers and a
    recorder."""
    panel = Panel("OUTPUT", prefix, tall)
    patch = panel.patch
    sounds = [patch.inlet(name, SIGNAL) for name in inputs]
    mixed = _balance(panel, sounds) if len(sounds) > 1 else sounds[0]
    for name in added or []:
        both = patch.chain(mixed, patch.object("+~"))
        patch.connect(patch.inlet(name, SIGNAL), both, 0, 1)
        mixed = both
    volume = slider_row(panel, "volume dB", row(1), LOWEST_DB, HIGHEST_DB)
    louder = patch.chain(mixed, patch.object("*~"))
    patch.connect(decibels(patch, panel.hears("volume", volume, -6.0)), louder, 0, 1)
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
    share = smooth(
        patch, panel.hears("balance", slider_row(panel, "balance", row(0), 0.0, 1.0), 0.0)
    )
    difference = patch.object("-~")
    patch.connect(sounds[1], difference, 0, 0)
    patch.connect(sounds[0], difference, 0, 1)
    part = patch.chain(difference, patch.object("*~"))
    patch.connect(share, part, 0, 1)
    both = patch.object("+~")
    patch.connect(sounds[0], both, 0, 0)
    patch.connect(part, both, 0, 1)
    return both


def _record(panel: Panel, sound: Box, top: float) -> None:
    patch = panel.patch
    caption(patch, "record", PADDING, top)
    recorder = patch.object("sfrecord~ 1")
    patch.connect(sound, recorder)
    patch.chain(press(patch, "to file", LEFT, top, 60.0), patch.message("open"), recorder)
    toggle = panel.hears("record", switch(patch, LEFT + 68.0, top))
    patch.connect(toggle, recorder)
