"""The help patches of the abstractions: each at work, and all that there is to know of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from vschaos.patches.pure_data import widgets
from vschaos.patches.pure_data.canvas import Box, Canvas
from vschaos.patches.pure_data.library.latent import COLUMN
from vschaos.patches.pure_data.library.output import SIZE as OUTPUT_SIZE
from vschaos.patches.pure_data.library.readings import HEARD, INFO
from vschaos.patches.pure_data.library.rows import ROW
from vschaos.patches.pure_data.library.sound import SOURCE_SIZE
from vschaos.patches.pure_data.library.walks import SIZE as WALK_SIZE
from vschaos.patches.pure_data.library.words import KEYS

WIDTH, MARGIN = 700, 20  # pixels
TERM_WIDTH, LINE, LETTERS = 150, 16, 82
BOX_HEIGHT = 20
Wire = tuple[str, int]  # a box, and the inlet or outlet that it is connected to

UNSAID = "Shows its default when it is opened, and says nothing: a model begins with its own."
NAMES = "what all receivers begin with"
WORDS = {
    "1 RECEIVER": "the name it listens to: a number, or a word",
    "2 TITLE": "written before it",
    "3 FIRST": "the number of the first word; -1 where that is 'unknown'",
    "4 DEFAULT": "a number",
    "5 ...": "the words",
    "inlet": "a number or a word",
    "outlets": "the number, the word",
    "": UNSAID,
}


@dataclass(frozen=True)
class Help:
    """What is to be said.

    Attributes:
        summary: one line.
        example: arguments.
        height: pixels of what is shown.
        terms: arguments, inlets, outlets and receivers, and what they are.
        feeds: boxes above it.
        shows: boxes below it.
    """

    summary: str
    example: str
    height: int
    terms: dict[str, str]
    feeds: list[Wire] = field(default_factory=list)
    shows: list[Wire] = field(default_factory=list)


HELP = {
    "button": Help(
        "something that happens",
        "help-button reset",
        ROW[1],
        {"1 RECEIVER": "the name it listens to", "2 TITLE": "written before it", "outlet": "bang"},
        [("\\; help-button bang", -1)],
        [("print", 0)],
    ),
    "heard": Help(
        "the name of a class whose number comes as a signal",
        "help-heard pitch A A# B C",
        HEARD[1],
        {
            "1 RECEIVER": "[receive] of that name gets the number when it changes",
            "2 TITLE": "written before it",
            "3 ...": "the names of the classes, from number 0",
            "inlet": "signal: an outlet of encode or forward",
            "outlet": "the number when it changes",
        },
        [("sig~ 2", 0)],
        [("print", 0)],
    ),
    "heard-number": Help(
        "a number that comes as a signal",
        "help-heard-number brightness",
        HEARD[1],
        {
            "1 RECEIVER": "[receive] of that name gets the number when it changes",
            "2 TITLE": "written before it",
            "inlet": "signal: an outlet of encode or forward",
            "outlet": "the number when it changes",
        },
        [("sig~ 0.25", 0)],
        [("print", 0)],
    ),
    "info": Help(
        "what a model is, and a warning where Pd runs at another rate",
        "help-info 44100 1536 2048 my_training",
        INFO[1],
        {
            "1 NAME": NAMES,
            "2 RATE": "Hz, of the training",
            "3 DELAY": "samples by which forward lags behind its input",
            "4 BUFFER": "samples, of nn~",
            "5 TITLE": "written large",
            "NAME-buffer-now": "takes another buffer",
        },
        [("\\; help-info-buffer-now 8192", -1)],
    ),
    "keys": Help("one of up to 17 words, a key for each", "help-keys pitch -1 -1 ? A A# B C C#",
                 KEYS[1], WORDS, [("\\; help-keys C#", -1)], [("print", 0)]),
    "known-number": Help(
        "a number that may be unknown",
        "help-known brightness 0 1 -1",
        ROW[1],
        {
            "1 RECEIVER": "a name to listen to: a number switches it on, one below the range off",
            "2 TITLE": "written before it",
            "3 LOW, 4 HIGH": "the range",
            "5 UNKNOWN": "the number that stands for 'unknown'",
            "inlet": "a number",
            "outlet": "a number",
        },
        [("\\; help-known 0.3", -1)],
        [("print", 0)],
    ),
    "latent": Help(
        "a latent: what encode says of it, what a hand adds, and a walk",
        "1 -3 3 help-latent",
        COLUMN[1],
        {
            "1 NUMBER": "of the latent",
            "2 LOW, 3 HIGH": "the range of the fader; -3 and 3 without",
            "4 NAME": NAMES,
            "inlets": "signals: the latent from encode, and from a trajectory",
            "outlet": "signal: sound * inlet 1 + hand + walk * inlet 2, for an inlet of decode",
            "NAME-latent-NUMBER": "takes the fader's value",
            "NAME-encoded-NUMBER": "takes the share of inlet 1, 0 to 1 (the slider 'sound')",
            "NAME-walk-NUMBER": "takes the share of inlet 2, 0 to 1",
            "": "The thin meter beside the fader shows what goes out. Values glide in 30 ms.",
        },
        [("osc~ 0.3", 0), ("vschaos/trajectory 1 1 help-latent", 1)],
        [("snapshot~", 0)],
    ),
    "menu": Help("one of so many words", "help-menu mode 0 0 keep_input rtisi scan random",
                 ROW[1], WORDS, [("\\; help-menu scan", -1)], [("print", 1)]),
    "number": Help(
        "a number",
        "help-number gain -60 24 0 dB 0",
        ROW[1],
        {
            "1 RECEIVER": "the name it listens to",
            "2 TITLE": "written before it",
            "3 LOW, 4 HIGH": "the range",
            "5 DEFAULT": "shown at the beginning",
            "6 UNIT": "written behind it",
            "7 STEP": "between values; 0 for none",
            "inlet": "a number",
            "outlet": "a number",
            "": UNSAID,
        },
        [("\\; help-number -6", -1)],
        [("print", 0)],
    ),
    "output": Help(
        "where sound goes: a limiter, a volume, loudspeakers, a file",
        "help-output",
        OUTPUT_SIZE[1],
        {
            "1 NAME": NAMES,
            "inlet": "signal; what is louder than 0.9 is turned down at once, and let go slowly",
            "NAME-volume": "dB, at most 0; it begins at -24",
            "NAME-mute": "1 is silent",
            "NAME-dsp": "1 switches Pd's sound on; it is off when the patch is opened",
            "NAME-record": "1 begins the next free NAME-1.wav beside the patch, 0 ends it; the "
            "volume does not matter to it",
            "NAME-out": "[receive~] of that name gets the sound",
        },
        [("osc~ 220", 0)],
    ),
    "source": Help(
        "where sound comes from: a tone, noise, a file, a microphone",
        "help-source",
        SOURCE_SIZE[1],
        {
            "1 NAME": NAMES,
            "outlet": "signal",
            "NAME-source": "takes off, tone, noise, file, microphone, or 0 to 4",
            "NAME-tone": "takes a MIDI pitch",
            "NAME-level": "takes dB",
            "NAME-file": "takes the path of a sound as a symbol; it is played at Pd's rate",
            "NAME-loop": "1 plays the file again and again",
        },
        [("\\; help-source noise", -1)],
        [("env~", 0)],
    ),
    "toggle": Help(
        "on or off",
        "help-toggle freeze 0",
        ROW[1],
        {
            "1 RECEIVER": "the name it listens to",
            "2 TITLE": "written before it",
            "3 DEFAULT": "1 or 0",
            "inlet": "a number",
            "outlet": "1 or 0",
            "": UNSAID,
        },
        [("\\; help-toggle 1", -1)],
        [("print", 0)],
    ),
    "trajectory": Help(
        "the walk of one latent; [vschaos/walk] says where all of them go",
        "1 2 help-trajectory",
        BOX_HEIGHT,
        {
            "1 NUMBER": "of the latent, from 1",
            "2 COUNT": "of latents",
            "3 NAME": "that of [vschaos/walk]",
            "outlet": "signal, in deviations; 0 at rest",
            "": "Latents swing by themselves in sin, square, triangle and saw. In all other forms "
            "they go together: on a line or a curve between points, round a circle.",
        },
        [("vschaos/walk help-trajectory", -1)],
        [("snapshot~", 0)],
    ),
    "walk": Help(
        "where all [vschaos/trajectory] of its name go",
        "help-walk",
        WALK_SIZE[1],
        {
            "1 NAME": NAMES,
            "NAME-walk": "1 walks, 0 goes to rest",
            "NAME-form": "takes the name of a form, or its number from 0",
            "NAME-rate": "turns per second",
            "NAME-depth": "deviations",
            "NAME-draw": "bang: another walk of that form",
        },
        [("\\; help-walk-form circle \\; help-walk-walk 1", -1)],
    ),
}  # fmt: skip


def help_patch(name: str) -> Canvas:
    """`NAME-help.pd`."""
    told = HELP[name]
    canvas = Canvas(WIDTH, 0)
    canvas.search("..")  # from where it is called vschaos/name
    canvas.object(WIDTH - 120, 16, "declare -path ..")
    widgets.words(canvas, MARGIN, 26, f"vschaos/{name}", widgets.LARGE, background="#ffffff")
    canvas.comment(MARGIN - 2, 46, told.summary, LETTERS)
    y = 84 + _feeds_height(told)
    example = canvas.object(MARGIN, y, f"vschaos/{name} {told.example}")
    _fed(canvas, told, example)
    y += told.height + 24
    for k, (text, outlet) in enumerate(told.shows):
        shown = canvas.object(MARGIN + 120 * k, y, text)
        canvas.connect(example, shown, outlet)
        _looked_at(canvas, MARGIN + 120 * k, y, text, shown)
    y += 70 if told.shows else 20
    for term, meaning in told.terms.items():
        if term:
            canvas.comment(MARGIN - 2, y, term)
        canvas.comment(MARGIN + TERM_WIDTH, y, meaning, LETTERS)
        y += LINE * -(-len(meaning) // LETTERS) + 2
    canvas.frame = (60, 60, WIDTH, y + 30)
    return canvas


def _feeds_height(told: Help) -> int:
    heights = [WALK_SIZE[1] if "vschaos/walk" in text else 42 for text, _ in told.feeds]
    return max(heights, default=0) + 10


def _fed(canvas: Canvas, told: Help, example: Box) -> None:
    """Signals come from above, messages go to the names."""
    for k, (text, inlet) in enumerate(told.feeds):
        x = MARGIN + 120 * k
        if text.startswith("\\;"):
            canvas.message(x, 78, text.replace("\\;", ";"))
            continue
        box = canvas.object(x, 78, text)
        if inlet >= 0:
            canvas.connect(box, example, 0, inlet)


def _looked_at(canvas: Canvas, x: int, y: int, text: str, shown: Box) -> None:
    """A number of what a signal is."""
    if text.endswith("~"):
        number = canvas.raw(f"#X floatatom {x} {y + 28} 8 0 0 0 - - -;")
        canvas.connect(shown, number)
    if text == "snapshot~":
        start = canvas.object(x + 190, y - 48, "loadbang")
        metro = canvas.object(x + 190, y - 24, "metro 100")
        canvas.chain(start, metro, shown)
