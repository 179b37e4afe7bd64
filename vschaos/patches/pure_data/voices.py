"""Voices of a method that is played by notes: keys and MIDI are dealt out to several nn~."""

from __future__ import annotations

from vschaos.instrument.controls import Control, Method
from vschaos.patches.layout import VOICES, dials, widget
from vschaos.patches.pure_data import widgets
from vschaos.patches.pure_data.canvas import Box, Canvas
from vschaos.patches.pure_data.design import Design
from vschaos.patches.pure_data.panel import BELOW, COLUMN_WIDTH, GUTTER, Panel
from vschaos.patches.pure_data.text import gui_word

KEYS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
KEY_SIZE, KEY_PITCH = 34, 44  # pixels
LOWEST_OCTAVE, HIGHEST_OCTAVE, MIDDLE_OCTAVE = -1, 9, 4  # MIDI's, where C4 is 60
KEY_VELOCITY, KEY_MS = 100, 500  # of a note that is clicked on
RETRIGGER_MS = 2  # silence of a gate before a voice begins another note: more than a block of Pd
FULL_VELOCITY = 127


def keys_panel(design: Design, method: Method) -> Panel | None:
    """An octave of keys, and the notes that they and MIDI play."""
    if not design.is_polyphonic(method):
        return None

    def fill(canvas: Canvas, x: int, y: int) -> None:
        below = y + KEY_PITCH + BELOW
        ends = f"{LOWEST_OCTAVE} {HIGHEST_OCTAVE} {MIDDLE_OCTAVE}"
        name = design.receiver("keys octave")
        octave = canvas.object(
            x + 2 * (COLUMN_WIDTH + GUTTER), y + 10, f"vschaos/number {name} octave {ends} \\  1"
        )
        note = canvas.object(x, below + 30, f"+ {12 * (MIDDLE_OCTAVE + 1)}")
        for number, key in enumerate(KEYS):
            button = _button(canvas, x + KEY_PITCH * number, y, key)
            pressed = canvas.strand(x + KEY_PITCH * number, below, f"{number}(", source=button)
            canvas.connect(pressed, note)
        moved = canvas.strand(x + 640, below + 30, "expr 12 * ($f1 + 1)", source=octave)
        canvas.connect(moved, note, 0, 1)
        played = canvas.strand(x, below + 60, f"makenote {KEY_VELOCITY} {KEY_MS}", source=note)
        joined = canvas.object(x, below + 90, "pack f f")
        canvas.connect(played, joined)
        canvas.connect(played, joined, 1, 1)
        canvas.chain(joined, canvas.object(x, below + 120, f"s {design.receiver('note')}"))
        canvas.subpatch(x + 400, below + 60, "notes to voices", _dealing(design, method))

    return Panel("keyboard", 3, KEY_PITCH, fill)


def _button(canvas: Canvas, x: int, y: int, key: str) -> Box:
    """A key: it plays each time that it is clicked on."""
    is_black = len(key) > 1
    ground, ink = (widgets.INK, widgets.PAPER) if is_black else (widgets.PAPER, widgets.INK)
    look = f"{(KEY_SIZE - 8 * len(key)) // 2 + 1} {KEY_SIZE // 2} {widgets.FACE} {widgets.NORMAL}"
    return canvas.raw(
        f"#X obj {x} {y} bng {KEY_SIZE} 250 50 0 empty empty {gui_word(key)} "
        f"{look} {ground} {widgets.ACCENT} {ink};"
    )


def voice_inlet(
    canvas: Canvas, x: int, y: int, method: Method, number: int, control: Control, box: Box
) -> None:
    """The pitch or the gate of one voice, in steps; the dials of the page play the first one."""
    channel = method.inlets.index(control)
    signal = canvas.object(x, y + 24, f"sig~ {control.default:g}")
    canvas.connect(canvas.object(x, y, f"r {_name(method, number, control)}"), signal)
    if number == 0:
        page = canvas.object(x + 60, y - 24, f"r $0-dial-{method.name}-{channel + 1}")
        canvas.connect(page, signal)
    canvas.connect(signal, box, 0, channel)


def is_own(control: Control) -> bool:
    """Whether each voice has its own value of a dial: pitches and gates."""
    return widget(control) != "fader"


def _dealing(design: Design, method: Method) -> Canvas:
    """Notes to the voice that is free or was used first."""
    canvas = Canvas(760, 420)
    midi = canvas.object(20, 20, "notein")
    poly = canvas.object(20, 80, f"poly {VOICES} 1")
    canvas.connect(midi, poly)
    canvas.connect(midi, poly, 1, 1)
    sent = canvas.strand(200, 20, f"r {design.receiver('note')}", "unpack f f")
    canvas.connect(sent, poly)
    canvas.connect(sent, poly, 1, 1)
    joined = canvas.object(20, 110, "pack f f f")
    for outlet in range(3):
        canvas.connect(poly, joined, outlet, outlet)
    numbers = " ".join(str(number + 1) for number in range(VOICES))
    routed = canvas.chain(joined, canvas.object(20, 140, f"route {numbers}"))
    pitch, gate = (
        next(c for _, c in dials(method.inlets) if widget(c) == kind) for kind in ("note", "gate")
    )
    for number in range(VOICES):
        x = 20 + 180 * number
        note = canvas.object(x, 180, "unpack f f")
        canvas.connect(routed, note, number)
        canvas.connect(note, canvas.object(x, 210, f"s {_name(method, number, pitch)}"))
        level = canvas.object(x + 60, 240, f"/ {FULL_VELOCITY}")
        canvas.connect(note, level, 1)
        # a voice that is taken from another note is let go first
        order = canvas.object(x + 60, 270, "t f f")
        begun = canvas.object(x + 90, 300, "moses 0.001")
        end = canvas.object(x + 60, 390, f"s {_name(method, number, gate)}")
        canvas.connect(level, order)
        canvas.connect(order, begun, 1)
        silence = canvas.message(x + 110, 330, "0")
        canvas.connect(begun, silence, 1)
        canvas.connect(silence, end)
        canvas.connect(canvas.strand(x + 60, 360, f"pipe {RETRIGGER_MS}", source=order), end)
    return canvas


def _name(method: Method, number: int, control: Control) -> str:
    return f"$0-voice-{method.name}-{number + 1}-{control.name}"
