"""The panel of the latents: from the sound through faders to sound."""

from __future__ import annotations

from vschaos.instrument.controls import Control
from vschaos.patches.pure_data import widgets
from vschaos.patches.pure_data.abstractions import shown_size
from vschaos.patches.pure_data.canvas import Box, Canvas
from vschaos.patches.pure_data.design import Design, is_sound, short_name
from vschaos.patches.pure_data.engine import LETTER, PORT, engine, feed, read_labels
from vschaos.patches.pure_data.panel import COLUMN_WIDTH, GUTTER, PADDING, Panel
from vschaos.patches.pure_data.text import number

COLUMN = shown_size("latent")
WORDS = {"hand": 74, "": 137, "sound": 159, "walk": 182}  # heights of its parts
PITCH = 52  # pixels from fader to fader
LEGEND = 64
MOST_IN_A_ROW = 16
WALK_HEIGHT = 90
ENCODE_HEIGHT = 110


def latents_panel(design: Design) -> Panel | None:
    """`encode`, a fader for each latent, `decode`; in its window they stand one below the other."""
    count = len(design.latents)
    if not count:
        return None
    per_row = -(-count // -(-count // MOST_IN_A_ROW))
    num_rows = -(-count // per_row)
    width = LEGEND + per_row * PITCH + 2 * PADDING
    columns = -(-(width + GUTTER) // (COLUMN_WIDTH + GUTTER))
    height = num_rows * COLUMN[1]

    def fill(canvas: Canvas, x: int, y: int) -> None:
        _legend(canvas, x, y, num_rows)
        faders = []
        for k, latent in enumerate(design.latents):
            place = (x + LEGEND + k % per_row * PITCH, y + k // per_row * COLUMN[1])
            faders.append(canvas.object(*place, _fader_text(design, latent)))
        left, below = x + LEGEND, y + height
        _walks(canvas, left, y - walks - 40, per_row, design, faders)
        if design.has("encode"):
            _encode(canvas, left, y - walks - 120, per_row, design, faders)
        if design.has("decode"):
            _decode(canvas, left, below + 160, per_row, design, faders)
        else:
            _sent(canvas, left, below + 60, design, faders)

    walks = num_rows * WALK_HEIGHT
    above = walks + 120 + ENCODE_HEIGHT
    return Panel("latents", columns, height, fill, above)


def _legend(canvas: Canvas, x: int, y: int, num_rows: int) -> None:
    for row in range(num_rows):
        top = y + row * COLUMN[1]
        for word, height in WORDS.items():
            widgets.words(canvas, x, top + height, word, colour=widgets.FAINT)


def _fader_text(design: Design, latent: Control) -> str:
    ends = f"{number(latent.low)} {number(latent.high)}"
    return f"vschaos/latent {short_name(latent)} {ends} {design.prefix}"


def _walks(canvas: Canvas, x: int, y: int, per_row: int, design: Design, faders: list[Box]) -> None:
    """Above the second inlets of their faders."""
    for k, fader in enumerate(faders):
        text = f"vschaos/trajectory {k + 1} {len(faders)} {design.own}"
        place = (x + COLUMN[0] - PORT + k % per_row * PITCH, y + k // per_row * WALK_HEIGHT)
        walk = canvas.object(*place, text, PITCH // LETTER - 1)
        canvas.connect(walk, fader, 0, 1)


def _encode(
    canvas: Canvas, x: int, y: int, per_row: int, design: Design, faders: list[Box]
) -> None:
    """Its outlets above the faders of one row."""
    names = [outlet.name for outlet in design.outlets("encode")]
    outlets = len(names) + 1  # and the one by which nn~ answers
    box = engine(canvas, x, y, design, "encode", _width(outlets, per_row))
    feed(canvas, x, y - 90, design, "encode", box)
    for latent, fader in zip(design.latents, faders, strict=True):
        if latent.name in names:
            canvas.connect(box, fader, names.index(latent.name))
    read_labels(canvas, x + per_row * PITCH + 80, y + 60, design, "encode", box)


def _decode(
    canvas: Canvas, x: int, y: int, per_row: int, design: Design, faders: list[Box]
) -> None:
    """Its inlets below the faders of one row."""
    names = [inlet.name for inlet in design.inlets("decode")]
    box = engine(canvas, x, y, design, "decode", _width(len(names), per_row))
    feed(canvas, x + per_row * PITCH, y - 100, design, "decode", box)
    for latent, fader in zip(design.latents, faders, strict=True):
        canvas.connect(fader, box, 0, names.index(latent.name))
    sounds = [k for k, outlet in enumerate(design.outlets("decode")) if is_sound(outlet)]
    for k in sounds[:1]:
        canvas.connect(box, canvas.object(x, y + 60, "s~ $0-decode"), k)


def _width(count: int, per_row: int) -> int:
    """Of a box with so many inlets or outlets, for them to stand under faders."""
    return (min(count, per_row + 4) - 1) * PITCH + PORT


def _sent(canvas: Canvas, x: int, y: int, design: Design, faders: list[Box]) -> None:
    """Latents that nothing here decodes, for `[receive~]` elsewhere."""
    for k, (latent, fader) in enumerate(zip(design.latents, faders, strict=True)):
        name = f"{design.receiver('signal')}-{short_name(latent)}"
        canvas.connect(fader, canvas.object(x, y + 24 * k, f"s~ {name}"))
