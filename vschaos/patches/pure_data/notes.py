"""What a patch says of itself: what to do without sound, and the names it listens to."""

from __future__ import annotations

from vschaos.instrument.controls import Control
from vschaos.labels import UNSEEN
from vschaos.patches.pure_data import widgets
from vschaos.patches.pure_data.canvas import Canvas
from vschaos.patches.pure_data.design import OWN_PLACE, TEMPERATURE, Design, short_name
from vschaos.patches.pure_data.text import number

QUIET_DB = -24  # in output.pd
NAMES_WIDTH, LINE, COLUMN = 720, 15, 220  # pixels
SHARED = (
    "Another patch of this name that is open listens to the same names, and is otherwise a patch "
    "of its own. For other names: rename the .ts, then python -m vschaos.patches NEW_NAME.ts"
)
SHARED_HEIGHT = 40  # pixels
LETTERS, SAID = 76, 72  # letters in a line
UNSEEN_SHOWN = 12  # classes


def no_sound(design: Design) -> Canvas:
    """What to look at, one thing after the other."""
    hop = design.instrument.hop_length
    return _page(
        "No sound?",
        [
            "Switch on 'sound on' in OUTPUT, switch off 'mute', and turn up the volume: it begins "
            f"at {QUIET_DB} dB. Is a device chosen in Pd's audio settings?",
            "Does the meter move? Then sound leaves the patch: look at the device, at the system's "
            "volume.",
            "Is SOURCE at 'tone', its level not at the lowest? 'file' wants a file first.",
            "Is one of the parts in MODEL off that you listen to? 'balance' says which it is.",
            "Dashed boxes in 'latents' or 'forward' (right click: Open): Pd did not find nn~. Pd's "
            "window tells. Put nn~ where Pd searches: Preferences, Path.",
            "'could not find file': the .ts must lie beside this patch, under the name it was "
            "exported by.",
            f"Clicks: take a larger buffer, {hop} samples is the smallest.",
            "'vector size mismatch': this patch is in a block other than Pd's 64 samples (block~, "
            "switch~), where its parts do not hear each other. nn~ in patches of your own loses "
            "sound without a word where a block is larger than its buffer: [vschaos/block] tells "
            "what to send it (bufsize); here the buffer is never smaller.",
            "Pd ends at 'reload': the .ts is damaged, or was not written whole yet. Export it "
            "again, and open the patch anew instead.",
            f"Out of tune, too fast: Pd must run at {design.instrument.sample_rate} Hz.",
        ],
    )


def names_page(design: Design) -> Canvas:
    """Each name, and what it takes."""
    entries = receivers(design)
    heights = [LINE * -(-len(said) // SAID) + 4 for _, said in entries]
    size = (NAMES_WIDTH, 124 + SHARED_HEIGHT + sum(heights))
    canvas = Canvas(*size, (100, 100))
    widgets.plate(canvas, 0, 0, *size)
    widgets.words(canvas, 20, 28, "Names to play by", widgets.LARGE)
    told = "Every control listens to a name. Send to it from anywhere in Pd, from MIDI, from OSC:"
    canvas.comment(18, 48, told, 90)
    example = canvas.message(20, 72, "0.5")
    first = entries[0][0].split(" ")[0]
    canvas.connect(example, canvas.object(90, 72, f"s {first}"))
    canvas.comment(18, 96, SHARED, 110)
    y = 104 + SHARED_HEIGHT
    for (name, said), height in zip(entries, heights, strict=True):
        canvas.comment(18, y, name, 40)
        canvas.comment(18 + COLUMN, y, said, SAID)
        y += height
    return canvas


def receivers(design: Design) -> list[tuple[str, str]]:
    """Names, and what can be sent to them or is sent by them."""
    entries = []
    has_both = design.has("forward") and design.has("decode")
    if design.latents:
        first, last = design.latents[0], design.latents[-1]
        end = f" ... {short_name(last)}" if last is not first else ""
        for name, said in (
            ("latent", "the faders"),
            ("encoded", "0 to 1, how much of the sound's latents"),
            ("walk", "0 to 1, how much of the walk"),
        ):
            entries.append((f"{design.receiver(name)}-{short_name(first)}{end}", said))
        if not design.has("decode"):
            name = f"{design.receiver('signal')}-{short_name(first)}{end}"
            entries.append((name, "are sent the latents: [receive~]"))
        entries += [
            (design.receiver("walk"), "1 walks, 0 rests"),
            (design.receiver("form"), "of the walk: its name, or its number from 0"),
            (design.receiver("rate"), "turns per second"),
            (design.receiver("depth"), "deviations"),
            (design.receiver("draw"), "bang: another walk"),
        ]
    for label in design.labels:
        words = f"-1 unknown, or 0 to {len(label.classes) - 1}, or the name{_unseen(label)}"
        span = f"{number(label.low)} to {number(label.high)}, below it unknown"
        entries.append((design.label_receiver(label), words if label.classes else span))
    for attribute in design.instrument.settings():
        if attribute.name in OWN_PLACE and not design.has("forward"):
            continue
        entries.append((design.receiver(attribute.name), attribute.description))
    entries += [
        (design.receiver("source"), "off, tone, noise, file, microphone, or 0 to 4"),
        (design.receiver("tone"), "MIDI pitch"),
        (design.receiver("level"), "of the source, dB"),
        (design.receiver("file"), "symbol: the path of a sound"),
        (design.receiver("loop"), "1 plays the file again and again"),
        *((design.receiver(m.name), "1 runs it, 0 spares it") for m in design.instrument.methods),
        *(
            [(design.receiver(TEMPERATURE), "0 to 2, 1 as it was learnt")]
            if design.has("generate")
            else []
        ),
        (design.receiver("volume"), "dB, at most 0"),
        *([(design.receiver("balance"), "0 forward to 1 decode")] if has_both else []),
        (design.receiver("mute"), "1 is silent"),
        (design.receiver("dsp"), "1 switches Pd's sound on"),
        (design.receiver("record"), "1 begins a file beside the patch, 0 ends it"),
        (design.receiver("buffer"), "samples"),
    ]
    for label in design.heard:
        entries.append((design.receiver(f"heard {label.name}"), "is sent what is heard: [receive]"))
    entries.append((design.receiver("out"), "is sent the sound: [receive~]"))
    return entries


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
