"""A page for cords of many channels: voices in `[mc.nn~]`, all latents in a cord in `[mcs.nn~]`.

`[mc.nn~]` takes voices as channels of each inlet, `[mcs.nn~]` the inlets of one voice as channels
of a single one, and plays as many voices as its argument before the buffer.
"""

from __future__ import annotations

from vschaos.instrument.controls import Control, Method
from vschaos.instrument.instrument import Instrument
from vschaos.patches.layout import Layout, is_dial, is_label
from vschaos.patches.max import panels
from vschaos.patches.max.panel import (
    FULL_WIDTH,
    LEFT,
    MARGIN,
    PADDING,
    PAGE_WIDTH,
    Panel,
    height,
    row,
    smooth,
)
from vschaos.patches.max.patcher import CHANNELS, SIGNAL, Box, Patcher, ports
from vschaos.patches.max.player import settings_receivers
from vschaos.patches.max.settings import settings_panel
from vschaos.patches.max.text import decimal, own_name, quoted

CHORD = (45, 52, 57, 61)  # MIDI pitches of the voices at the beginning
VOICE_GAP = 12.0
LATENT_ROWS = 4
NOTES = [
    "mc.nn~ needs the thread of nn~ 1.6: not for Windows.",
    "Turn sound off before you change channels of a cord.",
]


def write_max_multichannel(instrument: Instrument) -> str:
    """A patch in which a model plays a chord, and all latents go by one cord.

    Args:
        instrument: it must have `forward`, `encode` and `decode`, with latents between them.

    Returns:
        The text of a `.maxpat`, for Max 8 and later.

    Raises:
        ValueError: it has not all three methods.
    """
    methods = {name: instrument.method(name) for name in ("forward", "encode", "decode")}
    found = {name: method for name, method in methods.items() if method}
    if len(found) < len(methods):
        raise ValueError(
            f"methods must be forward, encode and decode among others, got {', '.join(found)}"
        )
    layout = Layout(instrument)
    page = Patcher(PAGE_WIDTH)
    parts = [
        panels.title(layout),
        voices(layout, found["forward"]),
        one_cord(layout, found["encode"], found["decode"]),
        Panel(instrument.name, part="multichannel_output"),
        settings_panel(layout, layout.attributes, has_buffer=False),
    ]
    boxes, top = [], MARGIN
    for part in parts:
        boxes.append(page.panel(part, MARGIN, top))
        top += part.height + MARGIN
    page.height = top
    _, chord, cord, out, _ = boxes
    for n in range(1 + len(layout.labels)):
        page.connect(chord, cord, 1 + n, n)
    page.connect(chord, out, 0, 0)
    page.connect(cord, out, 0, 1)
    return page.to_json()


def voices(layout: Layout, method: Method) -> Panel:
    """Four saws through `[mc.nn~ model forward]`, each with its own labels.

    Its outlets: the chord through the model, and of its first voice the bare sound and the labels.
    """
    tall = height(2 + len(layout.labels))
    panel = Panel(layout.instrument.name, tall, "VOICES, [mc.nn~ forward]", FULL_WIDTH)
    model = _nn(panel, "mc.nn~", layout.instrument, method)
    panel.caption("MIDI pitch", PADDING, row(0))
    pitches = [_pitch(panel, voice) for voice in range(len(CHORD))]
    saws = panel.chain(_packed(panel, pitches), panel.object("mc.saw~"))
    panel.chain(saws, panel.object("mc.*~ 0.2"), model)
    first = panel.chain(pitches[0], panel.object("saw~"), panel.object("*~ 0.2"))
    firsts = {"sound": first}
    for k, control in enumerate(layout.labels):
        signals = [_voice_label(panel, layout, control, n, row(1 + k)) for n in range(len(CHORD))]
        packed = _packed(panel, signals)
        if control in method.inlets:
            panel.connect(packed, model, 0, method.inlets.index(control))
        panel.caption(control.name, PADDING, row(1 + k))
        firsts[control.name] = signals[0]
    for text, left in zip(NOTES, (PADDING, PAGE_WIDTH / 2), strict=True):
        panel.caption(text, left, row(1 + len(layout.labels)), 460.0)
    panel.outlet("chord", model)
    for name, source in firsts.items():
        panel.outlet(name, source)
    return panel


def _packed(panel: Panel, signals: list[Box], kind: str = "mc.pack~") -> Box:
    """One cord of several."""
    count = len(signals)
    packed = panel.object(f"{kind} {count}", numinlets=count)
    for n, signal in enumerate(signals):
        panel.connect(signal, packed, 0, n)
    return packed


def _place(voice: int) -> tuple[float, float]:
    """Left and width of a voice's widgets."""
    width = (FULL_WIDTH - LEFT - PADDING - (len(CHORD) - 1) * VOICE_GAP) / len(CHORD)
    return LEFT + voice * (width + VOICE_GAP), width


def _pitch(panel: Panel, voice: int) -> Box:
    """The frequency of a voice as a signal."""
    left, width = _place(voice)
    pitch = panel.slider(left, row(0), width, 24.0, 96.0)
    panel.receives(f"tone {voice + 1}", pitch, float(CHORD[voice]))
    return smooth(panel, panel.chain(pitch, panel.object("mtof")))


def _voice_label(panel: Panel, layout: Layout, control: Control, voice: int, top: float) -> Box:
    """A label of a voice as a signal, not given at the beginning."""
    left, width = _place(voice)
    name = f"{control.name} {voice + 1}"
    if control.classes:
        return panels.class_menu(panel, layout, control, name, (left, top, width))
    low = layout.initial(control)  # below its range it is unknown
    value = panel.slider(left, top, width, low, control.high)
    signal = panel.object(f"sig~ {decimal(low)}")
    return panel.chain(panel.receives(name, value, low), signal)


def one_cord(layout: Layout, encode: Method, decode: Method) -> Panel:
    """The first voice encoded, changed in one cord of as many channels as latents, and decoded."""
    title = "LATENTS IN ONE CORD, [mcs.nn~ encode] to [mcs.nn~ decode]"
    panel = Panel(layout.instrument.name, height(LATENT_ROWS), title, FULL_WIDTH)
    sound = panel.inlet("sound", SIGNAL)
    labels = {label.name: panel.inlet(label.name, SIGNAL) for label in layout.labels}
    encoded = _cord(panel, layout.instrument, encode, sound, labels)
    shown = [control for control in decode.inlets if is_dial(control)]
    count = len(shown)
    if any(map(is_label, encode.outlets)):
        separate = panel.object(f"mc.separate~ {count}", **ports(1, [CHANNELS] * 2))
        encoded = panel.chain(encoded, separate)
    # as encoded, as far as it is followed, as drawn with the mouse, and on a random trajectory
    named = panel.insert("multichannel_latents", str(count))
    limits = [min(c.low for c in shown), max(c.high for c in shown)]
    zeros = " ".join(["0."] * count)
    named["drawn"].update(setminmax=limits, size=count)
    named["zeros"]["text"] = f"loadmess {zeros}"
    named["list"]["text"] = f"mc.list~ {zeros}"
    panel.connect(encoded, named["followed"])
    panel.outlet("sound", _cord(panel, layout.instrument, decode, named["changed"], labels))
    return panel


def _cord(
    panel: Panel, instrument: Instrument, method: Method, first: Box, labels: dict[str, Box]
) -> Box:
    """`[mcs.nn~]`, with a cord of its first inlets and of its labels."""
    signals = [labels[control.name] for control in method.inlets if is_label(control)]
    return panel.chain(
        _packed(panel, [first, *signals], "mc.combine~"), _nn(panel, "mcs.nn~", instrument, method)
    )


def _nn(panel: Panel, kind: str, instrument: Instrument, method: Method) -> Box:
    text = f"{kind} {quoted(instrument.name)} {method.name}"
    if kind == "mcs.nn~":
        # a number of channels that nn~ 1.6 does not know before its thread has started
        text += f" 1 {instrument.buffer_size} @chans {len(method.outlets)}"
        known = ports(1, [CHANNELS])
    else:
        text += f" {instrument.buffer_size}"
        known = ports(len(method.inlets), [CHANNELS] * len(method.outlets))
    model = panel.object(text, **known)
    for name in settings_receivers(instrument, method.name):
        panel.connect(panel.object(f"r {quoted(own_name(panel.prefix, name))}"), model)
    return model
