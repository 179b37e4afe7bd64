"""The panel of keys: pitch and loudness follow the sound, or are played by hand."""

from __future__ import annotations

from vschaos.instrument.controls import Control
from vschaos.patches.layout import Keyboard, Layout, number, short_name
from vschaos.patches.max.panel import FULL_WIDTH, HEAD, Panel
from vschaos.patches.max.patcher import Box
from vschaos.patches.max.text import decimal, name_of, quoted

ROWS = 3
FULL_VELOCITY = 127


def keyboard_panel(layout: Layout, keyboard: Keyboard) -> Panel:
    """A switch from the sound to the hand, and keys to click on."""
    panel = Panel(layout.instrument.name, ROWS, "KEYBOARD", FULL_WIDTH)
    named = panel.insert("hands", top=HEAD)
    connect_keyboard(panel, layout, named)
    loudness = keyboard.loudness
    named["scale"]["text"] = f"* {decimal((loudness.high - loudness.low) / FULL_VELOCITY)}"
    named["loudness"]["text"] = f"+ {decimal(loudness.low)}"
    level = _sender(panel, "latent", loudness)
    panel.connect(named["loudness"], level)
    panel.chain(named["silence"], panel.message(number(loudness.default)), level)
    panel.connect(named["key"], _sender(panel, "latent", keyboard.pitch))
    for fader in keyboard.faders:
        control = fader.control
        panel.connect(named["follow"], _sender(panel, "encoded", control))
        hand = _sender(panel, "latent", control)
        for outlet, place in enumerate((keyboard.by_hand(control), control.default)):
            message = panel.message(number(place))
            panel.connect(named["taken"], message, outlet)
            panel.connect(message, hand)
    return panel


def connect_keyboard(panel: Panel, layout: Layout, named: dict[str, Box]) -> None:
    """A MIDI keyboard plays pitches and gates by their names, from its boxes `note` and `gate`."""
    for kind, names in (("note", layout.played("note")), ("gate", layout.played("gate"))):
        for name in names:
            sent = panel.object(f"s {quoted(name_of(panel.prefix, name))}")
            panel.connect(named[kind], sent)


def _sender(panel: Panel, kind: str, control: Control) -> Box:
    name = name_of(panel.prefix, f"{kind} {short_name(control)}")
    return panel.object(f"s {quoted(name)}")
