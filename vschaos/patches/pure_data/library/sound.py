"""Where sound comes from."""

from __future__ import annotations

from vschaos.patches.pure_data import widgets
from vschaos.patches.pure_data.canvas import Box, Canvas, Strand
from vschaos.patches.pure_data.library.rows import SLIDER, SLIDER_WIDTH, UNIT, VALUE, value_shown

LEFT, TOP = 20, 20  # pixels, of what is shown, in its canvas
SOURCES = ("off", "tone", "noise", "file", "microphone")
SOURCE_SIZE = (288, 156)
GLIDE_MS = 30
LOWEST_DB = -70


def source() -> Canvas:
    """`[vschaos/source NAME]`: a tone, noise, a file again and again, or a microphone; receivers
    are `NAME-source`, `-tone`, `-level`, `-file`, `-loop`."""
    canvas = Canvas(980, 620)
    widgets.plate(canvas, LEFT, TOP, *SOURCE_SIZE)
    canvas.show_on_parent(LEFT, TOP, *SOURCE_SIZE)
    rows = widgets.rows(canvas, LEFT, TOP + 2, len(SOURCES), 17)
    for k, name in enumerate(SOURCES):
        widgets.words(canvas, LEFT + 24, TOP + 10 + k * 17, name)
    opened = widgets.button(canvas, LEFT + 120, TOP + 54, "open a file")
    loops = widgets.toggle(canvas, LEFT + 220, TOP + 54, "loop")
    widgets.words(canvas, LEFT + 120, TOP + 80, "no file yet", widgets.SMALL, widgets.FAINT,
                  receive="$0-file-name")  # fmt: skip
    tone = dial(canvas, TOP + 104, "tone", "MIDI")
    level = dial(canvas, TOP + 130, "level", "dB")
    kind = _kind(canvas, rows)
    hertz = dialled(canvas, 240, tone, "$1-tone", "clip 12 108", "24 96", 57)
    loud = dialled(canvas, 400, level, "$1-level", f"clip {LOWEST_DB} 12", f"{LOWEST_DB} 12", -12)
    total = canvas.object(20, 520, "*~")
    _tone(canvas, kind, hertz, total)
    _noise(canvas, kind, total)
    _file(canvas, kind, opened, loops, total)
    _microphone(canvas, kind, total)
    canvas.connect(amplitude(canvas, 400, 440, loud), total, 0, 1)
    canvas.connect(total, canvas.object(20, 560, "outlet~"))
    return canvas


def dial(canvas: Canvas, y: int, name: str, unit: str) -> tuple[Box, Box]:
    """A row with a slider and its number."""
    widgets.words(canvas, LEFT, y + 8, name)
    widgets.words(canvas, LEFT + UNIT, y + 8, unit, widgets.SMALL, widgets.FAINT)
    slider = widgets.slider(canvas, LEFT + SLIDER, y + 2, SLIDER_WIDTH, 12)
    return slider, widgets.number_box(canvas, LEFT + VALUE, y)


def dialled(
    canvas: Canvas, x: int, row: tuple[Box, Box], receiver: str, bounds: str, ends: str,
    default: float,
) -> Box:  # fmt: skip
    """The box from which comes what the row or its receiver says."""
    slider, value = row
    told = Strand(canvas, x, 264, canvas.object(x, 240, f"r {receiver}"))
    told.object("float")
    told.object(bounds)
    told.to(slider)
    said = told.object("f")
    canvas.connect(slider, value_shown(canvas, x + 60, 344, value))
    canvas.connect(value, slider)
    begin = Strand(canvas, x + 70, 264)
    begin.object("loadbang")
    both = begin.object("t b b")
    begin.message(f"{default:g}")
    begin.to(slider)
    ranged = canvas.message(x + 110, 320, f"range {ends}")
    canvas.connect(both, ranged, 1)
    canvas.connect(ranged, slider)
    return said


def amplitude(canvas: Canvas, x: int, y: int, decibels: Box) -> Box:
    """dB as a factor, a signal without steps; nothing at the lowest."""
    strand = Strand(canvas, x, y, decibels)
    strand.object(f"expr if ($f1 <= {LOWEST_DB}, 0, pow(10, $f1 / 20))")
    strand.object(f"pack f {GLIDE_MS}")
    return strand.object("line~")


def _kind(canvas: Canvas, rows: Box) -> Box:
    """The box that says which source plays, by number or by name; the tone at first."""
    told = Strand(canvas, 20, 264, canvas.object(20, 240, "r $1-source"))
    named = told.object("route float " + " ".join(SOURCES))
    told.object(f"clip 0 {len(SOURCES) - 1}")
    told.to(rows)
    said = told.object("f")
    for k in range(len(SOURCES)):
        number = canvas.message(20 + 28 * k, 340, str(k))
        canvas.connect(named, number, k + 1)
        canvas.connect(number, rows)
    start = Strand(canvas, 180, 290, canvas.object(180, 264, "loadbang"))
    start.message("1")
    start.to(rows)
    return said


def _on(canvas: Canvas, x: int, kind: Box, number: int) -> Box:
    """A signal that fades in while that source is chosen."""
    strand = Strand(canvas, x, 380, kind)
    strand.object(f"== {number}")
    strand.object(f"pack f {GLIDE_MS}")
    return strand.object("line~")


def _faded(canvas: Canvas, x: int, sound: Box, share: Box, total: Box) -> None:
    product = canvas.object(x, 490, "*~")
    canvas.connect(sound, product)
    canvas.connect(share, product, 0, 1)
    canvas.connect(product, total)


def _tone(canvas: Canvas, kind: Box, pitch: Box, total: Box) -> None:
    """A mellow saw: rich enough to have a timbre."""
    strand = Strand(canvas, 240, 380, pitch)
    hertz = strand.object("mtof")
    strand.object("phasor~")
    strand.object("-~ 0.5")
    low = strand.object("lop~")
    brighter = Strand(canvas, 310, 420, hertz)
    brighter.object("* 6")
    brighter.to(low, 1)
    _faded(canvas, 20, low, _on(canvas, 20, kind, 1), total)


def _noise(canvas: Canvas, kind: Box, total: Box) -> None:
    noise = canvas.object(110, 466, "noise~")
    _faded(canvas, 100, noise, _on(canvas, 100, kind, 2), total)


def _microphone(canvas: Canvas, kind: Box, total: Box) -> None:
    _faded(canvas, 620, canvas.object(640, 466, "adc~ 1"), _on(canvas, 620, kind, 4), total)


def _file(canvas: Canvas, kind: Box, opened: Box, loops: Box, total: Box) -> None:
    """Read into memory, so that it begins at once and goes round without a gap."""
    canvas.object(860, 240, "table $0-sound")
    panel = Strand(canvas, 620, 240, opened)
    panel.object("openpanel")
    path = panel.object("t a a")
    received = Strand(canvas, 700, 216, canvas.object(700, 190, "r $1-file"))
    received.object("symbol")
    received.to(path)
    name = Strand(canvas, 780, 290, path, 1)
    name.object("list prepend label")
    name.object("list trim")
    name.object("s $0-file-name")
    read = Strand(canvas, 620, 288, path)
    read.object("list append $0-sound")
    read.message("read -resize $1 $2")
    read.object("soundfiler")
    player = _player(canvas, 620, 380, read, kind, loops)
    _faded(canvas, 560, player, _on(canvas, 540, kind, 3), total)


def _player(canvas: Canvas, x: int, y: int, read: Strand, kind: Box, loops: Box) -> Box:
    """Plays from the beginning when a file was read or is chosen, and again while it loops."""
    player = canvas.object(x, y + 50, "tabplay~ $0-sound")
    begin = canvas.object(x, y + 20, "t b")
    canvas.connect(begin, player)
    read.to(begin)
    chosen = Strand(canvas, x + 60, y - 30, kind)
    chosen.object("sel 3")
    chosen.to(begin)
    again = canvas.object(x + 140, y + 50, "spigot 1")
    canvas.connect(player, again, 1)
    canvas.connect(again, begin)
    looped = Strand(canvas, x + 200, y - 10, canvas.object(x + 200, y - 34, "r $1-loop"))
    looped.object("float")
    looped.to(loops)
    looped.to(again, 1)
    start = Strand(canvas, x + 290, y - 34)
    start.object("loadbang")
    start.message("1")
    start.to(loops)
    return player
