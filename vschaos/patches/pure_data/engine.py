"""The nn~ objects of a patch, their inlets and outlets, and what is sent to them all."""

from __future__ import annotations

from collections.abc import Sequence

from vschaos.instrument.controls import Control, Method
from vschaos.patches.layout import HOST_RATE, VOICES, is_dial, is_label, is_sound, number, widget
from vschaos.patches.pure_data.canvas import STRAND_PITCH, Box, Canvas
from vschaos.patches.pure_data.design import Design
from vschaos.patches.pure_data.voices import is_own, voice_inlet

LETTER, FRAME = 6, 4  # pixels of width in a box
PORT = 7  # of an inlet or outlet
RAMP_MS = 30


def engine(
    canvas: Canvas, x: int, y: int, design: Design, method: str, width: int | None = None
) -> Box:
    """`[nn~ NAME method BUFFER]`, and the receiver of messages to it."""
    text = f"nn~ {design.model} {method} {design.instrument.buffer_size}"
    columns = max(len(text), (width - FRAME) // LETTER) if width else None
    box = canvas.object(x, y, text, columns)
    canvas.connect(canvas.object(x - 90, y - 40, f"r $0-to-{method}"), box)
    return box


def subpatch_of(design: Design, method: Method) -> Canvas:
    """A method out of the chain between its inlets and outlets; it waits if it is added."""
    canvas = Canvas(760, 400)
    count = VOICES if design.is_polyphonic(method) else 1
    boxes = [engine(canvas, 120, 220 + 300 * k, design, method.name, 400) for k in range(count)]
    feed(canvas, 120, 130, design, method, boxes)
    send(canvas, 120, 300 * count, design, method, boxes)
    if method.name in design.added:
        canvas.strand(620, 60, "loadbang", "enable 0(", f"s $0-to-{method.name}")
    return canvas


def messages_to_engines(design: Design) -> Canvas:
    """Messages to all nn~ objects, or to those at the end of a chain: latents that are held or
    shaken by `decode` need not be by `encode`. The rate of Pd is told to all whenever DSP starts.
    """
    methods = [method.name for method in design.instrument.methods]
    has_chain = len(design.chain) == 2
    last = [name for name in methods if name != "encode"] if has_chain else methods
    canvas = Canvas(640, 360)
    for row, (name, targets) in enumerate(
        (("settings", methods), ("settings-of-latents", last), ("buffer", methods))
    ):
        received = canvas.object(20, 20 + 60 * row, f"r $0-{name}")
        for k, target in enumerate(targets):
            canvas.strand(20 + 120 * k, 48 + 60 * row, f"s $0-to-{target}", source=received)
    if design.follows_rate:
        order = f"set {HOST_RATE} $1("
        texts = ("r pd-dsp-started", "samplerate~", order, "s $0-settings")
        canvas.strand(20, 220, *texts)
    return canvas


def feed(
    canvas: Canvas, x: int, y: int, design: Design, method: Method, boxes: Sequence[Box]
) -> None:
    """Connects the source, labels and, out of the chain, dials to a method's inlets: to those of
    all voices, but pitches and gates to each its own."""
    source: Box | None = None
    for k, inlet in enumerate(method.inlets):
        place = (x + 110 * (k + 1), y - 48)
        if is_sound(inlet):
            source = signal = source or canvas.object(x, y, "r~ $0-source")
        elif is_label(inlet):
            signal = _label(canvas, *place, design, method, inlet)
        elif method not in design.others:
            continue
        elif len(boxes) > 1 and is_own(inlet):
            for number, box in enumerate(boxes):
                top = place[1] + 300 * number
                voice_inlet(canvas, place[0], top, method, number, inlet, box)
            continue
        else:
            signal = _dial(canvas, *place, f"$0-dial-{method.name}-{k + 1}", inlet)
        for box in boxes:
            canvas.connect(signal, box, 0, k)


def send(
    canvas: Canvas, x: int, y: int, design: Design, method: Method, boxes: Sequence[Box]
) -> None:
    """Sends on a method's outlets: the sum of its sounds, of all voices; predictions; out of the
    chain other numbers, for `[receive~]` elsewhere."""
    sound: Box | None = None
    for k, outlet in enumerate(method.outlets):
        place = (x + 110 * (k + 1), y)
        if is_sound(outlet):
            sound = sound or canvas.object(x, y, f"s~ {sound_name(method.name)}")
            for box in boxes:
                canvas.connect(box, sound, k)
        elif is_label(outlet) and method == design.predicting:
            name = predicted_name(design, outlet)
            canvas.connect(boxes[0], canvas.object(*place, f"s~ {name}"), k)
        elif is_dial(outlet) and method in design.others:
            name = design.receiver(f"{method.name} {outlet.name}")
            canvas.connect(boxes[0], canvas.object(*place, f"s~ {name}"), k)


def sound_name(method: str) -> str:
    """Of the signal that a method gives."""
    return f"$0-sound-{method}"


def predicted_name(design: Design, label: Control) -> str:
    """Of the signal in which a label is predicted."""
    return f"$0-predicted-{design.predictions.index(label) + 1}"


def _label(canvas: Canvas, x: int, y: int, design: Design, method: Method, inlet: Control) -> Box:
    """A label as a signal; where it is not given `decode` takes the prediction of `encode`."""
    names = [control.name for control in design.labels]
    initial = design.initial(inlet)
    received = f"r $0-label-{names.index(inlet.name) + 1}"
    label = canvas.strand(x, y, received, f"sig~ {number(initial)}")
    outlet = design.predicted(inlet)
    if method.name != "decode" or outlet is None:
        return label
    below = y + 2 * STRAND_PITCH
    name = predicted_name(design, design.outlets("encode")[outlet])
    chosen = f"expr~ $v2 + ($v1 > {number(initial + 0.5)}) * ($v1 - $v2)"
    box = canvas.strand(x, below, chosen, source=label)
    canvas.connect(canvas.object(x + 60, below, f"r~ {name}"), box, 0, 1)
    return box


def _dial(canvas: Canvas, x: int, y: int, name: str, control: Control) -> Box:
    """A dial's value as a signal, at first its default; faders move in a ramp."""
    default = number(control.default)
    if widget(control) != "fader":
        return canvas.strand(x, y, f"r {name}", f"sig~ {default}")
    ramp = canvas.strand(x, y, f"r {name}", f"pack f {RAMP_MS}", "line~")
    canvas.connect(canvas.strand(x + 60, y, "loadbang", f"{default}("), ramp)
    return ramp
