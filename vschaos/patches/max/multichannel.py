"""A page for cords of many channels: voices in `[mc.nn~]`, all latents in a cord in `[mcs.nn~]`.

`[mc.nn~]` takes voices as channels of each inlet, `[mcs.nn~]` the inlets of one voice as channels
of a single one, and plays as many voices as its argument before the buffer says.
"""

from __future__ import annotations

from vschaos.instrument.controls import Control, Method
from vschaos.instrument.instrument import Instrument
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
    menu,
    meter,
    own_name,
    prefix_of,
    smooth,
    words,
)
from vschaos.patches.max.objects import CHANNELS, SIGNAL, Ports, quoted
from vschaos.patches.max.panels import HIGHEST_DB, LEFT, LOWEST_DB, height, row
from vschaos.patches.max.patcher import Box, Patcher
from vschaos.patches.max.player import heard_settings, labels, latents, told
from vschaos.patches.max.settings import settings_panel

CHORD = (45, 52, 57, 61)  # MIDI pitches of the voices at the beginning
VOICE_GAP = 12.0
LATENT_ROWS = 4
OUTPUT_ROWS = 3
NOTES = [
    "mc.nn~ needs the thread of nn~ 1.6: not for Windows.",
    "Turn sound off before you change channels of a cord.",
]


def write_max_multichannel(instrument: Instrument, model_name: str) -> str:
    """A patch in which a model plays a chord, and all latents go by one cord.

    Args:
        instrument: what the model says of itself; it must have `forward`, `encode` and `decode`.
        model_name: of the `.ts`, without its ending.

    Returns:
        The text of a `.maxpat`, for Max 8 and later.

    Raises:
        ValueError: it has not all three methods.
    """
    methods = {name: instrument.method(name) for name in ("forward", "encode", "decode")}
    found = {name: method for name, method in methods.items() if method}
    if len(found) < len(methods):
        raise ValueError(f"forward, encode and decode are needed, {', '.join(found)} came")
    prefix, controls = prefix_of(model_name), told(instrument)
    page = Patcher(PAGE_WIDTH, 0.0, design.PAGE)
    parts = [
        panels.title(instrument, model_name, prefix),
        voices(instrument, model_name, found["forward"], controls, prefix),
        one_cord(instrument, model_name, found, controls, prefix),
        output(prefix),
        settings_panel(instrument, prefix, set(), has_buffer=False),
    ]
    boxes, top = [], MARGIN
    for part in parts:
        boxes.append(page.panel(part, MARGIN, top))
        top += part.height + MARGIN
    page.height = top
    _, chord, cord, out, _ = boxes
    for n in range(1 + len(controls)):
        page.connect(chord, cord, 1 + n, n)
    page.connect(chord, out, 0, 0)
    page.connect(cord, out, 0, 1)
    return page.to_json()


def voices(
    instrument: Instrument, model_name: str, method: Method, controls: list[Control], prefix: str
) -> Patcher:
    """Four saws through `[mc.nn~ model forward]`, each with its own labels.

    Its outlets: the chord through the model, and of its first voice the bare sound and the labels.
    """
    tall = height(2 + len(controls))
    panel = Panel("VOICES, [mc.nn~ forward]", prefix, tall, PAGE_WIDTH - 2 * MARGIN)
    patch = panel.patch
    model = _nn(patch, "mc.nn~", instrument, model_name, method, "")
    chord = patch.object(f"mc.pack~ {len(CHORD)}")
    pitches = [_pitch(panel, n, chord) for n in range(len(CHORD))]
    patch.chain(chord, patch.object("mc.saw~"), patch.object("mc.*~ 0.2"), model)
    firsts = []
    for k, control in enumerate(controls):
        packed = patch.object(f"mc.pack~ {len(CHORD)}")
        signals = [_voice_label(panel, control, n, row(1 + k)) for n in range(len(CHORD))]
        for n, signal in enumerate(signals):
            patch.connect(signal, packed, 0, n)
        if control in method.inlets:
            patch.connect(packed, model, 0, method.inlets.index(control))
        caption(patch, control.name, PADDING, row(1 + k))
        firsts.append(signals[0])
    caption(patch, "MIDI pitch", PADDING, row(0))
    texts = zip(NOTES, (PADDING, PAGE_WIDTH / 2), strict=True)
    for text, left in texts:
        words(patch, text, (left, row(1 + len(controls)), 460.0, CELL), textcolor=design.FADED)
    patch.connect(model, patch.outlet("chord", CHANNELS))
    first = patch.chain(pitches[0], patch.object("saw~"), patch.object("*~ 0.2"))
    for source, name in zip([first, *firsts], ["sound", *[c.name for c in controls]], strict=True):
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
    panel.hears(f"tone {voice + 1}", pitch, float(CHORD[voice]))
    frequency = smooth(patch, patch.chain(pitch, patch.object("mtof")))
    patch.connect(frequency, chord, 0, voice)
    return frequency


def _voice_label(panel: Panel, control: Control, voice: int, top: float) -> Box:
    """A label of a voice as a signal, unknown at the beginning."""
    patch, (left, width) = panel.patch, _place(panel, voice)
    name = f"{control.name} {voice + 1}"
    unknown = design.decimal((control.unknown_below or 0.0) - 1.0)
    signal = patch.object(f"sig~ {unknown}")
    if control.classes:
        chosen = menu(patch, ["unknown", *design.class_names(control)], left, top, width)
        patch.chain(panel.receive(name), patch.object("+ 1"), chosen)
        patch.connect(patch.object("loadmess 0"), chosen)
        return patch.chain(chosen, patch.object("- 1"), signal)
    low = (control.unknown_below or 0.0) - 1.0  # below its range it is unknown
    value = design.slider(panel, left, top, width, low, control.high)
    return patch.chain(panel.hears(name, value, low), signal)


def one_cord(
    instrument: Instrument,
    model_name: str,
    methods: dict[str, Method],
    controls: list[Control],
    prefix: str,
) -> Patcher:
    """The first voice encoded, changed in one cord of as many channels as latents, and decoded."""
    panel = Panel(
        "LATENTS IN ONE CORD, [mcs.nn~ encode] to [mcs.nn~ decode]",
        prefix,
        height(LATENT_ROWS),
        PAGE_WIDTH - 2 * MARGIN,
    )
    patch, decode = panel.patch, methods["decode"]
    sound = patch.inlet("sound", SIGNAL)
    labelled = {control.name: patch.inlet(control.name, SIGNAL) for control in controls}
    encode = _cord(patch, instrument, model_name, methods["encode"], sound, labelled)
    shown = latents(decode.inlets)
    if labels(methods["encode"].outlets):
        encode = patch.chain(encode, patch.object(f"mc.separate~ {len(shown)}"))
    changed = _changed(panel, encode, shown)
    decoded = _cord(patch, instrument, model_name, decode, changed, labelled)
    patch.connect(decoded, patch.outlet("sound", CHANNELS))
    return panel.finished()


def _cord(
    patch: Patcher,
    instrument: Instrument,
    model_name: str,
    method: Method,
    first: Box,
    labelled: dict[str, Box],
) -> Box:
    """`[mcs.nn~]`, with a cord of its first inlets and of its labels."""
    signals = [labelled[control.name] for control in labels(method.inlets)]
    together = patch.object(f"mc.combine~ {1 + len(signals)}")
    for n, signal in enumerate([first, *signals]):
        patch.connect(signal, together, 0, n)
    # a number of channels that nn~ 1.6 does not know before its thread has started
    model = _nn(patch, "mcs.nn~", instrument, model_name, method, f" @chans {len(method.outlets)}")
    return patch.chain(together, model)


def _changed(panel: Panel, encoded: Box, shown: list[Control]) -> Box:
    """What was encoded, as far as it is followed, and the drawn latents, and a random walk."""
    patch, count = panel.patch, len(shown)
    left, width = PADDING + CAPTION, 150.0
    amounts = {}
    for n, (name, low, high, default) in enumerate(
        (("follow", 0.0, 1.0, 1.0), ("walk", 0.0, 1.0, 0.0), ("rate", 0.01, 4.0, 0.25))
    ):
        caption(patch, name, PADDING, row(n))
        value = design.slider(panel, left, row(n), width, low, high)
        amounts[name] = panel.hears(name, value, default)
    followed = patch.chain(encoded, patch.object("mc.*~"))
    follow = patch.chain(smooth(patch, amounts["follow"]), patch.object(f"mc.dup~ {count}"))
    patch.connect(follow, followed, 0, 1)
    hands = _hands(panel, left + width + 24.0, shown)
    drawn = patch.chain(followed, patch.object("mc.+~"))
    patch.connect(hands, drawn, 0, 1)
    walk = patch.chain(amounts["rate"], patch.object(f"mc.rand~ 0.25 @chans {count}"))
    deep = patch.chain(walk, patch.object("mc.*~"))
    reach = patch.chain(smooth(patch, amounts["walk"]), patch.object("*~ 2.5"))
    depth = patch.chain(reach, patch.object(f"mc.dup~ {count}"))
    patch.connect(depth, deep, 0, 1)
    sum = patch.chain(drawn, patch.object("mc.+~"))
    patch.connect(deep, sum, 0, 1)
    return sum


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
    panel.hears("latents", drawn)
    patch.connect(patch.object(f"loadmess {zeros}"), drawn)
    return patch.chain(drawn, patch.object(f"mc.list~ {zeros}"))


def _nn(
    patch: Patcher, kind: str, instrument: Instrument, model_name: str, method: Method, more: str
) -> Box:
    is_cord = kind == "mcs.nn~"
    inlets, outlets = (1, 1) if is_cord else (len(method.inlets), len(method.outlets))
    batch = "1 " if is_cord else ""
    text = f"{kind} {quoted(model_name)} {method.name} {batch}{instrument.buffer_size}{more}"
    model = patch.object(text, Ports(inlets, (CHANNELS,) * outlets))
    prefix = prefix_of(model_name)
    for name in heard_settings(instrument, method.name):
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
        louder = decibels(patch, panel.hears(f"{name} volume", level, default))
        spread = [patch.object("mc.mixdown~ 2")] if name == "chord" else []
        sides = len(spread) + 1
        apart = patch.object(f"mc.unpack~ {sides}")
        patch.chain(patch.inlet(name, CHANNELS), *spread, apart)
        for side in (0, 1):
            product = patch.object("*~")
            patch.connect(apart, product, side % sides)
            patch.connect(louder, product, 0, 1)
            patch.connect(product, limited, 0, side)
    for side in (0, 1):
        safe = patch.object("clip~ -1. 1.")
        patch.connect(limited, safe, side)
        patch.connect(safe, speaker, 0, side)
        patch.connect(safe, meter(patch, LEFT + side * 156.0, row(2), 144.0))
    caption(patch, "level", PADDING, row(2))
    return panel.finished()
