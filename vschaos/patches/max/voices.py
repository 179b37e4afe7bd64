"""Voices of a method that is played by notes: keys and MIDI are dealt out to several nn~."""

from __future__ import annotations

from vschaos.instrument.controls import Control, Method
from vschaos.patches.layout import VOICES, Layout, widget
from vschaos.patches.max.panel import FULL_WIDTH, HEAD, Panel
from vschaos.patches.max.patcher import Box
from vschaos.patches.max.text import decimal, own_name, quoted

ROWS = 2


def voices_panel(layout: Layout, method: Method) -> Panel:
    """Keys to click on; each number of a voice is sent to its receiver."""
    panel = Panel(layout.instrument.name, ROWS, "KEYBOARD", FULL_WIDTH)
    named = panel.insert("voices", top=HEAD)
    for voice in range(1, VOICES + 1):
        for kind in ("note", "gate"):
            receiver = quoted(_name(panel, method, voice, kind))
            panel.connect(named[f"{kind} {voice}"], panel.object(f"s {receiver}"))
    return panel


def is_own(control: Control) -> bool:
    """Whether each voice has its own value of a dial: pitches and gates."""
    return widget(control) != "fader"


def voice_signal(panel: Panel, method: Method, voice: int, control: Control) -> Box:
    """The pitch or the gate of a voice, counted from 1, in steps."""
    signal = panel.object(f"sig~ {decimal(control.default)}")
    return panel.chain(voice_number(panel, method, voice, control), signal)


def voice_number(panel: Panel, method: Method, voice: int, control: Control) -> Box:
    """Receives it."""
    receiver = quoted(_name(panel, method, voice, widget(control)))
    return panel.object(f"r {receiver}")


def _name(panel: Panel, method: Method, voice: int, kind: str) -> str:
    """Known to one patch alone."""
    return own_name(panel.prefix, f"{method.name} voice {voice} {kind}")
