"""Pages of help in a patch: where nothing sounds, and the names of its receivers."""

from __future__ import annotations

from vschaos.instrument.controls import Control
from vschaos.labels import UNSEEN
from vschaos.patches.layout import Fader, dials
from vschaos.patches.pure_data import widgets
from vschaos.patches.pure_data.canvas import Canvas
from vschaos.patches.pure_data.design import Design
from vschaos.patches.pure_data.text import number

QUIET_DB = -24  # in output.pd
NAMES_WIDTH, LINE, COLUMN = 720, 15, 220  # pixels
SHARED = (
    "Another patch of this name that is open listens to the same names, and is otherwise a patch "
    "of its own. For other names: rename the .ts, then vschaos patches NEW_NAME.ts"
)
SHARED_HEIGHT = 40  # pixels
LETTERS, WORDS = 76, 72  # letters in a line
UNSEEN_SHOWN = 12  # classes


def no_sound(design: Design) -> Canvas:
    """Causes of silence, one after the other."""
    hop = design.instrument.hop_length
    gate = "Is the gate open? Press its toggle, or a key of a MIDI keyboard."
    gates = [gate] if design.played("gate") else []
    return _page(
        "No sound?",
        [
            "Switch on 'sound on' in OUTPUT, switch off 'mute', and turn up the volume: it begins "
            f"at {QUIET_DB} dB. Is a device chosen in Pd's audio settings?",
            "Does the meter move? Then sound leaves the patch: look at the device, at the system's "
            "volume.",
            "Is SOURCE at 'tone', its level not at the lowest? 'file' wants a file first.",
            "Is one of the parts in MODEL off that you listen to? 'balance' says which it is.",
            *gates,
            "Dashed boxes in 'latents' or 'model' (right click: Open): Pd did not find nn~. see "
            "Pd's window. Put nn~ where Pd searches: Preferences, Path.",
            "'could not find file': the .ts must lie beside this patch, under the name it was "
            "exported by.",
            f"Clicks: take a larger buffer, {hop} samples is the smallest.",
            "'vector size mismatch': this patch is in a block other than Pd's 64 samples (block~, "
            "switch~), where its parts do not receive each other. nn~ in patches of your own loses "
            "sound silently where a block is larger than its buffer: [vschaos/block] gives "
            "the size to send it (bufsize); here the buffer is never smaller.",
            "Pd ends at 'reload': the .ts is damaged, or was not written whole yet. Export it "
            "again, and open the patch again instead.",
            f"Out of tune, too fast: Pd must run at {design.instrument.sample_rate} Hz.",
        ],
    )


def names_page(design: Design) -> Canvas:
    """Each name, and the values it takes."""
    entries = receivers(design)
    heights = [LINE * -(-len(words) // WORDS) + 4 for _, words in entries]
    size = (NAMES_WIDTH, 124 + SHARED_HEIGHT + sum(heights))
    canvas = Canvas(*size, (100, 100))
    widgets.plate(canvas, 0, 0, *size)
    widgets.words(canvas, 20, 28, "Names to play by", widgets.LARGE)
    words = "Every control listens to a name. Send to it from anywhere in Pd, from MIDI, from OSC:"
    canvas.comment(18, 48, words, 90)
    example = canvas.message(20, 72, "0.5")
    first = entries[0][0].split(" ")[0]
    canvas.connect(example, canvas.object(90, 72, f"s {first}"))
    canvas.comment(18, 96, SHARED, 110)
    y = 104 + SHARED_HEIGHT
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
    balance = [("balance", "0 " + " to 1 ".join(design.balanced))]
    entries = [
        *((design.label_name(label.name), _label_words(design, label)) for label in design.labels),
        *((f"{m.name} {c.name}", _range(c)) for m in design.others for _, c in dials(m.inlets)),
        *((design.setting_name(a.name), a.description) for a in design.attributes),
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


def _page(title: str, paragraphs: list[str]) -> Canvas:
    heights = [15 * -(-len(text) // LETTERS) + 12 for text in paragraphs]
    canvas = Canvas(560, 70 + sum(heights), (100, 100))
    widgets.plate(canvas, 0, 0, 560, 70 + sum(heights))
    widgets.words(canvas, 20, 28, title, widgets.LARGE)
    y = 54
    for text, height in zip(paragraphs, heights, strict=True):
        canvas.comment(18, y, text, LETTERS)
        y += height
    return canvas
