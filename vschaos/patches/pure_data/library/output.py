"""Where sound goes: a limiter, a volume, loudspeakers, a file."""

from __future__ import annotations

from vschaos.patches.pure_data import widgets
from vschaos.patches.pure_data.canvas import Box, Canvas, Strand
from vschaos.patches.pure_data.library.rows import SLIDER, SLIDER_WIDTH
from vschaos.patches.pure_data.library.sound import LEFT, LOWEST_DB, TOP, amplitude, dial, dialled

SIZE = (288, 112)  # pixels
CEILING = 0.9  # what is louder is turned down, full scale being 1
RELEASE_HZ = 3  # how fast the limiter lets go
QUIET_DB = -24  # at the beginning
GLIDE_MS = 30


def output() -> Canvas:
    """`[vschaos/output NAME]`: what goes in is never louder than 0.9, then turned down by the
    volume; receivers are `NAME-volume`, `-mute`, `-dsp`, `-record`, and `NAME-out` is what it
    plays, for `[receive~]` elsewhere."""
    canvas = Canvas(980, 640)
    widgets.plate(canvas, LEFT, TOP, *SIZE)
    canvas.show_on_parent(LEFT, TOP, *SIZE)
    dsp = widgets.toggle(canvas, LEFT, TOP, "sound on", 21)
    mute = widgets.toggle(canvas, LEFT + 108, TOP + 3, "mute")
    record = widgets.toggle(canvas, LEFT + 184, TOP + 3, "record")
    volume = dial(canvas, TOP + 36, "volume", "dB")
    widgets.words(canvas, LEFT, TOP + 70, "meter")
    meter = widgets.slider(canvas, LEFT + SLIDER, TOP + 64, SLIDER_WIDTH, 12, LOWEST_DB, 0)
    widgets.words(canvas, LEFT, TOP + 100, "not recorded yet", widgets.SMALL, widgets.FAINT,
                  receive="$0-file-name")  # fmt: skip
    decibels = dialled(
        canvas, 20, volume, "$1-volume", f"clip {LOWEST_DB} 0", f"{LOWEST_DB} 0", QUIET_DB
    )
    limited = _limited(canvas, 520, 240)
    played = canvas.object(520, 480, "*~")
    heard = canvas.object(520, 510, "*~")
    canvas.chain(limited, played, heard)
    canvas.connect(amplitude(canvas, 20, 400, decibels), played, 0, 1)
    canvas.connect(_muted(canvas, 240, 240, mute), heard, 0, 1)
    speakers = canvas.object(520, 560, "dac~ 1 2")
    canvas.connect(heard, speakers)
    canvas.connect(heard, speakers, 0, 1)
    canvas.connect(heard, canvas.object(620, 560, "s~ $1-out"))
    _metered(canvas, 700, 480, heard, meter)
    _switched(canvas, 240, 440, dsp)
    _recorded(canvas, 700, 60, record, limited)
    return canvas


def _limited(canvas: Canvas, x: int, y: int) -> Box:
    """Its envelope follows up at once, so that nothing passes above the ceiling."""
    sound = canvas.object(x, y, "inlet~")
    level = Strand(canvas, x + 60, y + 24, sound)
    level.object("abs~")
    level.object(f"slop~ 0 0 {RELEASE_HZ} 0 1e+09")
    level.object(f"expr~ {CEILING} / max($v1, {CEILING})")
    product = canvas.object(x, y + 110, "*~")
    canvas.connect(sound, product)
    level.to(product, 1)
    return product


def _muted(canvas: Canvas, x: int, y: int, mute: Box) -> Box:
    told = Strand(canvas, x, y + 24, canvas.object(x, y, "r $1-mute"))
    told.object("float")
    told.object("!= 0")
    told.to(mute)
    told.object("== 0")
    told.object(f"pack f {GLIDE_MS}")
    line = told.object("line~")
    start = Strand(canvas, x + 90, y + 72)
    start.object("loadbang")
    start.message("1")
    start.to(line)
    return line


def _switched(canvas: Canvas, x: int, y: int, dsp: Box) -> None:
    """Off when the patch is opened, and as Pd says from then on."""
    told = Strand(canvas, x, y + 24, canvas.object(x, y, "r $1-dsp"))
    told.object("float")
    told.object("!= 0")
    told.to(dsp)
    told.message("; pd dsp $1")
    start = Strand(canvas, x + 110, y)
    start.object("loadbang")
    start.message("; pd dsp 0")
    for k, word in enumerate(("stopped", "started")):
        heard = Strand(canvas, x + 110, y + 90 + 60 * k)
        heard.object(f"r pd-dsp-{word}")
        heard.message(f"set {k}")
        heard.to(dsp)


def _metered(canvas: Canvas, x: int, y: int, signal: Box, meter: Box) -> None:
    look = Strand(canvas, x, y, signal)
    look.object("env~ 2048 1024")
    look.object("- 100")
    look.object(f"clip {LOWEST_DB} 0")
    look.message("set $1")
    look.to(meter)


def _recorded(canvas: Canvas, x: int, y: int, record: Box, sound: Box) -> None:
    """Into the next free `NAME-1.wav` beside the patch, before the volume: a quiet room makes no
    quiet file."""
    told = Strand(canvas, x, y + 24, canvas.object(x, y, "r $1-record"))
    told.object("float")
    told.object("!= 0")
    told.to(record)
    chosen = told.object("sel 1 0")
    writer = canvas.object(x, y + 380, "writesf~ 1")
    canvas.connect(sound, writer)
    stop = canvas.message(x + 200, y + 340, "stop")
    canvas.connect(chosen, stop, 1)
    canvas.connect(stop, writer)
    path = _free_path(canvas, x, y + 130, chosen)
    both = canvas.object(x, y + 290, "t b a a")
    canvas.connect(path, both)
    shown = Strand(canvas, x + 120, y + 290, both, 2)
    shown.object("list prepend label")
    shown.object("list trim")
    shown.object("s $0-file-name")
    opened = Strand(canvas, x + 60, y + 316, both, 1)
    opened.message("open -wave -bytes 3 $1")
    opened.to(writer)
    begin = canvas.message(x, y + 340, "start")
    canvas.connect(both, begin)
    canvas.connect(begin, writer)


def _free_path(canvas: Canvas, x: int, y: int, start: Box) -> Box:
    """The box that a path comes from, of a file that is not there yet."""
    both = canvas.object(x, y, "t b b")
    canvas.connect(start, both)
    number = canvas.object(x, y + 24, "f 1")
    counted = canvas.object(x, y + 46, "t f f")
    path = canvas.object(x, y + 70, "makefilename %d")
    held = canvas.object(x, y + 94, "t a a")
    free = canvas.object(x, y + 118, "symbol")
    canvas.connect(both, number)
    canvas.chain(number, counted, path, held)
    canvas.connect(held, free, 0, 1)
    folder = Strand(canvas, x + 100, y, both, 1)
    folder.message("dir 1")
    folder.object("pdcontrol")
    folder.object("makefilename %s/$1-%%d.wav")
    folder.message("set $1")
    folder.to(path)
    asked = Strand(canvas, x + 220, y + 94, held)
    there = asked.object("file isfile")
    answer = asked.object("sel 1 0")
    following = asked.object("f")
    more = canvas.object(x + 300, y + 142, "+ 1")
    canvas.connect(counted, more, 1)
    canvas.connect(more, following, 0, 1)
    canvas.connect(following, number)
    canvas.connect(there, free, 1)
    canvas.connect(answer, free, 1)
    return free
