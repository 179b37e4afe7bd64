"""The page of a patch that lists the names of its receivers."""

from __future__ import annotations

from vschaos.instrument.controls import Control
from vschaos.labels import UNSEEN
from vschaos.patches.layout import Fader, dials, number
from vschaos.patches.pure_data import widgets
from vschaos.patches.pure_data.canvas import Canvas
from vschaos.patches.pure_data.design import Design

NAMES_WIDTH, LINE, COLUMN = 720, 15, 220  # pixels
SHARED = (
    "Another patch of this name that is open listens to the same names, and is otherwise a patch "
    "of its own. For other names: rename the .ts, then vschaos patches NEW_NAME.ts"
)
THREADS = (
    "Short buffers take less of the processor if Pd is started with OMP_WAIT_POLICY=passive in its "
    "environment"
)
SHARED_HEIGHT, THREADS_HEIGHT = 40, 20  # pixels
WORDS = 72  # letters in a line
UNSEEN_SHOWN = 12  # classes


def names_page(design: Design) -> Canvas:
    """Each name, and the values it takes."""
    entries = receivers(design)
    heights = [LINE * -(-len(words) // WORDS) + 4 for _, words in entries]
    size = (NAMES_WIDTH, 124 + SHARED_HEIGHT + THREADS_HEIGHT + sum(heights))
    canvas = Canvas(*size, (100, 100))
    widgets.plate(canvas, 0, 0, *size)
    widgets.words(canvas, 20, 28, "Names to play by", widgets.LARGE)
    words = "Every control listens to a name. Send to it from anywhere in Pd, from MIDI, from OSC:"
    canvas.comment(18, 48, words, 90)
    example = canvas.message(20, 72, "0.5")
    first = entries[0][0].split(" ")[0]
    canvas.connect(example, canvas.object(90, 72, f"s {first}"))
    canvas.comment(18, 96, SHARED, 110)
    canvas.comment(18, 96 + SHARED_HEIGHT, THREADS, 110)
    y = 104 + SHARED_HEIGHT + THREADS_HEIGHT
    for (name, words), height in zip(entries, heights, strict=True):
        canvas.comment(18, y, name, 40)
        canvas.comment(18 + COLUMN, y, words, WORDS)
        y += height
    return canvas


def receivers(design: Design) -> list[tuple[str, str]]:
    """Names, and the values that can be sent to them or are sent by them."""
    methods = design.instrument.methods
    source = [
        ("source", "off, tone, noise, file, microphone, or 0 to 4"),
        ("tone", "MIDI pitch"),
        ("level", "of the source, dB"),
        ("file", "symbol: the path of a sound"),
        ("loop", "1 plays the file again and again"),
    ]
    keyboard = [
        ("by hand", "1 plays pitch and loudness by keys and faders, 0 follows the sound"),
        ("key", "by hand: C, C#, ... B, or 0 to 11"),
        ("keys octave", "of these keys, -1 to 9"),
    ]
    if any(map(design.is_polyphonic, design.others)):
        keyboard = [
            ("note", "MIDI pitch and velocity from 0 to 127, in a list, to a voice that is free"),
            keyboard[-1],
        ]
    is_played = design.keyboard or any(map(design.is_polyphonic, design.others))
    balance = [("balance", "0 " + " to 1 ".join(design.balanced))]
    entries = [
        *((design.label_name(label.name), _label_words(design, label)) for label in design.labels),
        *((f"{m.name} {c.name}", _range(c)) for m in design.others for _, c in dials(m.inlets)),
        *((design.setting_name(a.name), a.description) for a in design.attributes),
        *(keyboard if is_played else []),
        *(source if design.has_source else []),
        *((design.method_name(method.name), "1 runs it, 0 spares it") for method in methods),
        ("volume", "dB, at most 0"),
        *(balance if len(design.balanced) == 2 else []),
        ("mute", "1 is silent"),
        ("dsp", "1 switches Pd's sound on"),
        ("record", "1 begins a file beside the patch, 0 ends it"),
        ("buffer", "samples"),
        *((f"predicted {c.name}", "is sent the prediction: [receive]") for c in design.predictions),
        ("out", "is sent the sound: [receive~]"),
    ]
    named = [(design.receiver(name), words) for name, words in entries]
    return (_fader_entries(design) if design.faders else []) + named


def _fader_entries(design: Design) -> list[tuple[str, str]]:
    def span(word: str, faders: list[Fader]) -> str:
        first, *rest = [design.fader_name(fader.control) for fader in faders]
        return f"{design.receiver(word)}-{first}" + (f" ... {rest[-1]}" if rest else "")

    entries = [
        (span("latent", design.faders), "the faders"),
        (span("encoded", design.faders), "0 to 1, how much of the encoded sound"),
        (span("trajectory", design.faders), "0 to 1, how much of the trajectory"),
    ]
    if sent := [fader for fader in design.faders if not fader.target]:
        entries.append((span("signal", sent), "are sent: [receive~]"))
    return [
        *entries,
        (design.receiver("trajectory"), "1 moves the faders' controls, 0 rests"),
        (design.receiver("form"), "of the trajectory: its name, or its number from 0"),
        (design.receiver("rate"), "turns per second"),
        (design.receiver("depth"), "sigma"),
        (design.receiver("draw"), "bang: another trajectory"),
    ]


def _range(dial: Control) -> str:
    return f"{number(dial.low)} to {number(dial.high)} {dial.unit}".removesuffix(" number").strip()


def _label_words(design: Design, label: Control) -> str:
    unset = design.unset(label)
    if not label.classes:
        return f"{_range(label)}, below it unknown"
    first = f"-1 {unset[0]}, or " if unset else ""
    return f"{first}0 to {len(label.classes) - 1}, or the name{_unseen(label)}"


def _unseen(label: Control) -> str:
    names = label.unseen_names
    more = f", and {len(names) - UNSEEN_SHOWN} more" if len(names) > UNSEEN_SHOWN else ""
    return f"; {UNSEEN}: {', '.join(names[:UNSEEN_SHOWN])}{more}" if names else ""
