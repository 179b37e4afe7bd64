"""What a patch says of itself: help where nothing sounds, and the names it listens to."""

from __future__ import annotations

from vschaos.instrument.controls import Control
from vschaos.labels import UNSEEN
from vschaos.patches.pure_data import widgets
from vschaos.patches.pure_data.canvas import Canvas
from vschaos.patches.pure_data.design import Design
from vschaos.patches.pure_data.text import number

QUIET_DB = -24  # in output.pd
NAMES_WIDTH, LINE, COLUMN = 720, 15, 220  # pixels
SHARED = (
    "Another patch of this name that is open listens to the same names, and is otherwise a patch "
    "of its own. For other names: rename the .ts, then python -m vschaos.patches NEW_NAME.ts"
)
SHARED_HEIGHT = 40  # pixels
LETTERS, WORDS = 76, 72  # letters in a line
UNSEEN_SHOWN = 12  # classes


def no_sound(design: Design) -> Canvas:
    """What to look at, one thing after the other."""
    hop = design.instrument.hop_length
    gate = "Is the gate open? Press its toggle, or a key of a MIDI keyboard."
    gates = [gate] if design.gates else []
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
            "Dashed boxes in 'latents' or 'model' (right click: Open): Pd did not find nn~. Pd's "
            "window tells. Put nn~ where Pd searches: Preferences, Path.",
            "'could not find file': the .ts must lie beside this patch, under the name it was "
            "exported by.",
            f"Clicks: take a larger buffer, {hop} samples is the smallest.",
            "'vector size mismatch': this patch is in a block other than Pd's 64 samples (block~, "
            "switch~), where its parts do not receive each other. nn~ in patches of your own loses "
            "sound silently where a block is larger than its buffer: [vschaos/block] gives "
            "the size to send it (bufsize); here the buffer is never smaller.",
            "Pd ends at 'reload': the .ts is damaged, or was not written whole yet. Export it "
            "again, and open the patch anew instead.",
            f"Out of tune, too fast: Pd must run at {design.instrument.sample_rate} Hz.",
        ],
    )


def names_page(design: Design) -> Canvas:
    """Each name, and what it takes."""
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
    """Names, and what can be sent to them or is sent by them."""
    entries = [
        *_fader_entries(design),
        *((design.label_receiver(label), _label_words(design, label)) for label in design.labels),
        *_dial_entries(design),
        *((design.setting_receiver(a), a.description) for a in design.instrument.settings()),
        (design.receiver("source"), "off, tone, noise, file, microphone, or 0 to 4"),
        (design.receiver("tone"), "MIDI pitch"),
        (design.receiver("level"), "of the source, dB"),
        (design.receiver("file"), "symbol: the path of a sound"),
        (design.receiver("loop"), "1 plays the file again and again"),
        *(
            (design.method_receiver(m.name), "1 runs it, 0 spares it")
            for m in design.instrument.methods
        ),
        (design.receiver("volume"), "dB, at most 0"),
        (design.receiver("balance"), "0 " + " to 1 ".join(design.balanced)),
        (design.receiver("mute"), "1 is silent"),
        (design.receiver("dsp"), "1 switches Pd's sound on"),
        (design.receiver("record"), "1 begins a file beside the patch, 0 ends it"),
        (design.receiver("buffer"), "samples"),
        *(
            (design.receiver(f"predicted {label.name}"), "is sent the prediction: [receive]")
            for label in design.predictions
        ),
        (design.receiver("out"), "is sent the sound: [receive~]"),
    ]
    absent = _absent(design)
    return [entry for entry in entries if entry[0] not in absent]


def _absent(design: Design) -> set[str]:
    """Names of what this instrument has no use for."""
    absent = set() if design.has_source else {"source", "tone", "level", "file", "loop"}
    absent |= set() if len(design.balanced) == 2 else {"balance"}
    return {design.receiver(name) for name in absent}


def _fader_entries(design: Design) -> list[tuple[str, str]]:
    if not design.faders:
        return []
    names = [design.fader_name(fader.control) for fader in design.faders]
    last = f" ... {names[-1]}" if len(names) > 1 else ""
    entries = [
        (f"{design.receiver(name)}-{names[0]}{last}", words)
        for name, words in (
            ("latent", "the faders"),
            ("encoded", "0 to 1, how much of what is encoded of the sound"),
            ("trajectory", "0 to 1, how much of the trajectory"),
        )
    ]
    sent = [design.fader_name(fader.control) for fader in design.faders if not fader.target]
    if sent:
        last = f" ... {sent[-1]}" if len(sent) > 1 else ""
        entries.append((f"{design.receiver('signal')}-{sent[0]}{last}", "are sent: [receive~]"))
    return [
        *entries,
        (design.receiver("trajectory"), "1 moves the faders' controls, 0 rests"),
        (design.receiver("form"), "of the trajectory: its name, or its number from 0"),
        (design.receiver("rate"), "turns per second"),
        (design.receiver("depth"), "sigma"),
        (design.receiver("draw"), "bang: another trajectory"),
    ]


def _dial_entries(design: Design) -> list[tuple[str, str]]:
    return [
        (
            design.receiver(f"{method.name} {dial.name}"),
            f"{number(dial.low)} to {number(dial.high)} {dial.unit}".removesuffix(" number"),
        )
        for method in design.others
        for _, dial in design.dials(method)
    ]


def _label_words(design: Design, label: Control) -> str:
    unset = design.unset(label)
    if not label.classes:
        return f"{number(label.low)} to {number(label.high)}, below it unknown"
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
