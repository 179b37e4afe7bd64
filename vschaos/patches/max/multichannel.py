"""A page for cords of many channels: voices in `[mc.nn~]`, all latents in a cord in `[mcs.nn~]`.

`[mc.nn~]` takes voices as channels of each inlet, `[mcs.nn~]` the inlets of one voice as channels
of a single one, and plays as many voices as its argument before the buffer.
"""

from __future__ import annotations

from vschaos.instrument.controls import Control, Method
from vschaos.instrument.instrument import Instrument
from vschaos.patches.layout import Layout, is_dial, is_label
from vschaos.patches.max import design, panels
from vschaos.patches.max.design import (
    CAPTION,
    CELL,
    MARGIN,
    PADDING,
    PAGE_WIDTH,
    ROW,
    Panel,
    caption,
    decibels,
    meter,
    own_name,
    prefix_of,
    smooth,
    words,
)
from vschaos.patches.max.objects import CHANNELS, SIGNAL, Ports, quoted
from vschaos.patches.max.panels import HIGHEST_DB, LEFT, LOWEST_DB, height, row
from vschaos.patches.max.patcher import Box, Patcher
from vschaos.patches.max.player import settings_receivers
from vschaos.patches.max.settings import settings_panel

CHORD = (45, 52, 57, 61)  # MIDI pitches of the voices at the beginning
VOICE_GAP = 12.0
LATENT_ROWS = 4
OUTPUT_ROWS = 3
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
    page = Patcher(PAGE_WIDTH, 0.0, design.PAGE)
    parts = [
        panels.title(layout),
        voices(layout, found["forward"]),
        one_cord(layout, found["encode"], found["decode"]),
        output(prefix_of(instrument.name)),
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


def voices(layout: Layout, method: Method) -> Patcher:
    """Four saws through `[mc.nn~ model forward]`, each with its own labels.

    Its outlets: the chord through the model, and of its first voice the bare sound and the labels.
    """
    tall = height(2 + len(layout.labels))
    prefix = prefix_of(layout.instrument.name)
    panel = Panel("VOICES, [mc.nn~ forward]", prefix, tall, PAGE_WIDTH - 2 * MARGIN)
    patch = panel.patch
    model = _nn(patch, "mc.nn~", layout.instrument, method, "")
    chord = patch.object(f"mc.pack~ {len(CHORD)}")
    pitches = [_pitch(panel, n, chord) for n in range(len(CHORD))]
    patch.chain(chord, patch.object("mc.saw~"), patch.object("mc.*~ 0.2"), model)
    firsts = []
    for k, control in enumerate(layout.labels):
        packed = patch.object(f"mc.pack~ {len(CHORD)}")
        signals = [_voice_label(panel, layout, control, n, row(1 + k)) for n in range(len(CHORD))]
        for n, signal in enumerate(signals):
            patch.connect(signal, packed, 0, n)
        if control in method.inlets:
            patch.connect(packed, model, 0, method.inlets.index(control))
        caption(patch, control.name, PADDING, row(1 + k))
        firsts.append(signals[0])
    caption(patch, "MIDI pitch", PADDING, row(0))
    texts = zip(NOTES, (PADDING, PAGE_WIDTH / 2), strict=True)
    for text, left in texts:
        place = (left, row(1 + len(layout.labels)), 460.0, CELL)
        words(patch, text, place, textcolor=design.FADED)
    patch.connect(model, patch.outlet("chord", CHANNELS))
    first = patch.chain(pitches[0], patch.object("saw~"), patch.object("*~ 0.2"))
    names = ["sound", *[label.name for label in layout.labels]]
    for source, name in zip([first, *firsts], names, strict=True):
        patch.connect(source, patch.outlet(name, SIGNAL))
    return panel.finished()


def _place(panel: Panel, voice: int) -> tuple[float, float]:
    """Left and width of a voice's widgets."""
    width = (panel.width - LEFT - PADDING - (len(CHORD) - 1) * VOICE_GAP) / len(CHORD)
    return LEFT + voice * (width + VOICE_GAP), width


def _pitch(panel: Panel, voice: int, chord: Box) -> Box:
    """The frequency of a voice as a signal."""
    patch, (left, width) = panel.patch, _place(panel, voice)
    pitch = design.slider(panel, left, row(0), width, 24.0, 96.0)
    panel.receives(f"tone {voice + 1}", pitch, float(CHORD[voice]))
    frequency = smooth(patch, patch.chain(pitch, patch.object("mtof")))
    patch.connect(frequency, chord, 0, voice)
    return frequency


def _voice_label(panel: Panel, layout: Layout, control: Control, voice: int, top: float) -> Box:
    """A label of a voice as a signal, not given at the beginning."""
    patch, (left, width) = panel.patch, _place(panel, voice)
    name = f"{control.name} {voice + 1}"
    if control.classes:
        return panels.class_menu(panel, layout, control, name, (left, top, width))
    low = layout.initial(control)  # below its range it is unknown
    value = design.slider(panel, left, top, width, low, control.high)
    signal = patch.object(f"sig~ {design.decimal(low)}")
    return patch.chain(panel.receives(name, value, low), signal)


def one_cord(layout: Layout, encode: Method, decode: Method) -> Patcher:
    """The first voice encoded, changed in one cord of as many channels as latents, and decoded."""
    panel = Panel(
        "LATENTS IN ONE CORD, [mcs.nn~ encode] to [mcs.nn~ decode]",
        prefix_of(layout.instrument.name),
        height(LATENT_ROWS),
        PAGE_WIDTH - 2 * MARGIN,
    )
    patch = panel.patch
    sound = patch.inlet("sound", SIGNAL)
    labels = {label.name: patch.inlet(label.name, SIGNAL) for label in layout.labels}
    encoded = _cord(patch, layout.instrument, encode, sound, labels)
    shown = [control for control in decode.inlets if is_dial(control)]
    if any(map(is_label, encode.outlets)):
        encoded = patch.chain(encoded, patch.object(f"mc.separate~ {len(shown)}"))
    changed = _changed(panel, encoded, shown)
    decoded = _cord(patch, layout.instrument, decode, changed, labels)
    patch.connect(decoded, patch.outlet("sound", CHANNELS))
    return panel.finished()


def _cord(
    patch: Patcher,
    instrument: Instrument,
    method: Method,
    first: Box,
    labels: dict[str, Box],
) -> Box:
    """`[mcs.nn~]`, with a cord of its first inlets and of its labels."""
    signals = [labels[control.name] for control in method.inlets if is_label(control)]
    together = patch.object(f"mc.combine~ {1 + len(signals)}")
    for n, signal in enumerate([first, *signals]):
        patch.connect(signal, together, 0, n)
    # a number of channels that nn~ 1.6 does not know before its thread has started
    model = _nn(patch, "mcs.nn~", instrument, method, f" @chans {len(method.outlets)}")
    return patch.chain(together, model)


def _changed(panel: Panel, encoded: Box, shown: list[Control]) -> Box:
    """Latents as encoded, as far as they are followed, as drawn, and on a random trajectory."""
    patch, count = panel.patch, len(shown)
    left, width = PADDING + CAPTION, 150.0
    amounts = {}
    for n, (name, low, high, default) in enumerate(
        (("follow", 0.0, 1.0, 1.0), ("trajectory", 0.0, 1.0, 0.0), ("rate", 0.01, 4.0, 0.25))
    ):
        caption(patch, name, PADDING, row(n))
        value = design.slider(panel, left, row(n), width, low, high)
        amounts[name] = panel.receives(name, value, default)
    follow = patch.chain(smooth(patch, amounts["follow"]), patch.object(f"mc.dup~ {count}"))
    followed = patch.of_two("mc.*~", encoded, follow)
    drawn = patch.of_two("mc.+~", followed, _hands(panel, left + width + 24.0, shown))
    trajectory = patch.chain(amounts["rate"], patch.object(f"mc.rand~ 0.25 @chans {count}"))
    reach = patch.chain(smooth(patch, amounts["trajectory"]), patch.object("*~ 2.5"))
    depth = patch.chain(reach, patch.object(f"mc.dup~ {count}"))
    return patch.of_two("mc.+~", drawn, patch.of_two("mc.*~", trajectory, depth))


def _hands(panel: Panel, left: float, shown: list[Control]) -> Box:
    """A slider for each latent, to be drawn over with the mouse."""
    patch, count = panel.patch, len(shown)
    low, high = min(c.low for c in shown), max(c.high for c in shown)
    caption(patch, "draw", left, row(0), 40.0)
    drawn = patch.show(
        "multislider",
        (left + 44.0, row(0), panel.width - left - 44.0 - PADDING, LATENT_ROWS * ROW - 10.0),
        setminmax=[low, high],
        size=count,
        setstyle=1,
        contdata=1,
        bgcolor=design.WELL,
        slidercolor=design.ACCENT,
        bordercolor=design.CLEAR,
        parameter_enable=0,
    )
    zeros = " ".join(["0."] * count)
    panel.receives("latents", drawn)
    patch.connect(patch.object(f"loadmess {zeros}"), drawn)
    return patch.chain(drawn, patch.object(f"mc.list~ {zeros}"))


def _nn(patch: Patcher, kind: str, instrument: Instrument, method: Method, more: str) -> Box:
    is_cord = kind == "mcs.nn~"
    inlets, outlets = (1, 1) if is_cord else (len(method.inlets), len(method.outlets))
    batch = "1 " if is_cord else ""
    text = f"{kind} {quoted(instrument.name)} {method.name} {batch}{instrument.buffer_size}{more}"
    model = patch.object(text, Ports(inlets, (CHANNELS,) * outlets))
    prefix = prefix_of(instrument.name)
    for name in settings_receivers(instrument, method.name):
        patch.connect(patch.object(f"r {quoted(own_name(prefix, name))}"), model)
    return model


def output(prefix: str) -> Patcher:
    """Both, in two channels each, through a limiter."""
    panel = Panel("OUTPUT", prefix, height(OUTPUT_ROWS), PAGE_WIDTH - 2 * MARGIN)
    patch = panel.patch
    speaker = patch.show("ezdac~", (panel.width - PADDING - 46.0, row(0), 46.0, 46.0))
    patch.connect(panel.receive("dsp"), speaker)
    limited = patch.object("limi~ 2")
    for n, (name, default) in enumerate((("chord", -6.0), ("cord", -70.0))):
        caption(patch, f"{name} dB", PADDING, row(n))
        level = design.slider(panel, LEFT, row(n), 300.0, LOWEST_DB, HIGHEST_DB)
        louder = decibels(patch, panel.receives(f"{name} volume", level, default))
        spread = [patch.object("mc.mixdown~ 2")] if name == "chord" else []
        sides = len(spread) + 1
        apart = patch.object(f"mc.unpack~ {sides}")
        patch.chain(patch.inlet(name, CHANNELS), *spread, apart)
        for side in (0, 1):
            product = patch.of_two("*~", apart, louder, side % sides)
            patch.connect(product, limited, 0, side)
    for side in (0, 1):
        safe = patch.object("clip~ -1. 1.")
        patch.connect(limited, safe, side)
        patch.connect(safe, speaker, 0, side)
        patch.connect(safe, meter(patch, LEFT + side * 156.0, row(2), 144.0))
    caption(patch, "level", PADDING, row(2))
    return panel.finished()
