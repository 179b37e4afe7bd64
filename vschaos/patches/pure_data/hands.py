"""The panel of keys: pitch and loudness follow the sound, or are played by hand."""

from __future__ import annotations

from vschaos.instrument.controls import Control
from vschaos.patches.layout import Keyboard, number
from vschaos.patches.pure_data import widgets
from vschaos.patches.pure_data.abstractions import shown_size
from vschaos.patches.pure_data.canvas import Box, Canvas
from vschaos.patches.pure_data.design import Design
from vschaos.patches.pure_data.panel import BELOW, COLUMN_WIDTH, GUTTER, ROW, Panel

KEYS = "C C# D D# E F F# G G# A A# B"
KEYS_HEIGHT = shown_size("keys")[1]
LOWEST_OCTAVE, HIGHEST_OCTAVE = -1, 9  # of MIDI notes, where 60 is C4
SEMITONES = 12
STEP = 130  # pixels from strand to strand
FULL_VELOCITY = 127
HELP = "off: encode is followed; on: these keys, MIDI, and the faders of pitch and loudness"


def keyboard_panel(design: Design) -> Panel | None:
    """A switch from the sound to the hand, and an octave of keys."""
    keyboard = design.keyboard
    if not keyboard:
        return None
    height = ROW + KEYS_HEIGHT

    def fill(canvas: Canvas, x: int, y: int) -> None:
        below = y + height + BELOW
        switch = canvas.object(x, y, f"vschaos/toggle {design.receiver('by hand')} by\\ hand 0")
        widgets.words(canvas, x + 148, y + 10, HELP, widgets.SMALL, widgets.FAINT)
        canvas.connect(switch, canvas.object(x, below, "s $0-by-hand"))
        for k, fader in enumerate(keyboard.faders, start=1):
            _take(canvas, x + STEP * k, below, design, keyboard, fader.control, switch)
        _keys(canvas, x, y + ROW, below, design, keyboard)

    return Panel("keyboard", 3, height, fill)


def connect_velocity(
    canvas: Canvas, x: int, y: int, design: Design, keyboard: Keyboard, keys: Box
) -> None:
    """From the third outlet of `[vschaos/keyboard]` to the loudness, while it is played by hand."""
    loudness = keyboard.loudness
    gate = canvas.object(x, y + 30, "spigot")
    canvas.connect(keys, gate, 2)
    canvas.connect(canvas.object(x + 60, y, "r $0-by-hand"), gate, 0, 1)
    low, span = number(loudness.low), number((loudness.high - loudness.low) / FULL_VELOCITY)
    level = f"expr if ($f1 > 0, {low} + {span} * $f1, {number(loudness.default)})"
    canvas.strand(x, y + 60, level, f"s {_hand(design, loudness)}", source=gate)


def _take(
    canvas: Canvas,
    x: int,
    y: int,
    design: Design,
    keyboard: Keyboard,
    control: Control,
    switch: Box,
) -> None:
    """A fader goes to its place, and follows the sound unless the hand has it."""
    follows = f"s {design.receiver('encoded')}-{design.fader_name(control)}"
    canvas.strand(x, y, "== 0", follows, source=switch)
    places = f"{number(keyboard.by_hand(control))}, {number(control.default)}"
    taken = f"expr if ($f1 > 0, {places})"
    canvas.strand(x, y + 70, taken, f"s {_hand(design, control)}", source=switch)


def _keys(canvas: Canvas, x: int, y: int, below: int, design: Design, keyboard: Keyboard) -> None:
    """An octave to click on, and which one it is."""
    middle = int(keyboard.pitch.default) // SEMITONES + LOWEST_OCTAVE
    keys = canvas.object(x, y, f"vschaos/keys {design.receiver('key')} key 0 0 {KEYS}")
    ends = f"{LOWEST_OCTAVE} {HIGHEST_OCTAVE} {middle}"
    octave = canvas.object(
        x + 2 * (COLUMN_WIDTH + GUTTER),
        y + 10,
        f"vschaos/number {design.receiver('keys octave')} octave {ends} \\  1",
    )
    gate = canvas.object(x, below + 140, "spigot")
    canvas.connect(keys, gate)
    canvas.connect(canvas.object(x + 60, below + 110, "r $0-by-hand"), gate, 0, 1)
    lowest = SEMITONES * (middle - LOWEST_OCTAVE)
    note = canvas.strand(x, below + 170, f"+ {lowest}", source=gate)
    canvas.connect(
        canvas.strand(
            x + STEP, below + 140, f"expr {SEMITONES} * ($f1 - {LOWEST_OCTAVE})", source=octave
        ),
        note,
        0,
        1,
    )
    canvas.connect(note, canvas.object(x, below + 200, f"s {_hand(design, keyboard.pitch)}"))


def _hand(design: Design, control: Control) -> str:
    return f"{design.receiver('latent')}-{design.fader_name(control)}"
