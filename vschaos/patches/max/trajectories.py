"""Trajectories of latents: a clock for all of them, and a subpatcher for each.

The forms are those of `generate.py trajectories`, between -1 and 1, and drawn once: which way each
latent goes in a form is the same whenever the patch is opened.
"""

from __future__ import annotations

from math import cos, pi

from vschaos.instrument.controls import Control
from vschaos.patches.layout import widget
from vschaos.patches.max.design import decimal, smooth
from vschaos.patches.max.objects import SIGNAL
from vschaos.patches.max.patcher import Box, Patcher

FORMS = [
    "sin",
    "square",
    "triangle",
    "saw",
    "line",
    "random",
    "ellipse",
    "circle",
    "helix",
    "interpolation",
]
GOLDEN = (5**0.5 - 1) / 2  # its multiples are spread evenly, whatever their count
DRIFT_TURNS = 0.125  # of a helix along its axis, in one turn about it
RANDOM_POINTS = 4.0  # in a turn
NARROW = 0.5  # the narrow side of an ellipse, of its wide one
HELIX_RADIUS = 0.7


def clocks(patch: Patcher, form: Box, rate: Box) -> list[Box]:
    """Form, rate, steps from point to point, and the turn, line and drift that all share."""
    turn = patch.chain(rate, patch.object("phasor~ 0.1"))
    slow = patch.chain(rate, patch.object(f"* {DRIFT_TURNS}"), patch.object("phasor~ 0.01"))
    period = patch.chain(rate, patch.object("!/ 1000."))
    metro, kept = patch.object("metro 10000"), patch.object("f 10000.")
    patch.connect(patch.object("loadmess 1"), metro)
    patch.connect(period, metro, 0, 1)
    patch.connect(period, kept, 0, 1)
    step = patch.chain(metro, kept)
    return [form, rate, step, turn, _triangle(patch, turn), _triangle(patch, slow)]


def one_latent(control: Control, index: int) -> Patcher:
    """The sum of the hand, of the encoded value less the default as far as it is followed, and of
    the trajectory, unless the control is held."""
    patch = Patcher()
    is_gate = widget(control) == "gate"
    encoded = patch.inlet("encoded", SIGNAL)
    follow, hand = (patch.inlet(name) for name in ("follow", "hand"))
    if control.default and not is_gate:
        encoded = patch.chain(encoded, patch.object(f"-~ {decimal(control.default)}"))
    followed = patch.of_two("*~", encoded, smooth(patch, follow))
    value = patch.of_two("+~", smooth(patch, hand), followed)
    if control.movement != "held":
        value = patch.of_two("+~", value, _moving(patch, control, index))
    if is_gate:
        value = patch.chain(value, patch.object(">~ 0.5"))
    patch.connect(value, patch.outlet(control.name, SIGNAL))
    return patch


def _moving(patch: Patcher, control: Control, index: int) -> Box:
    """The trajectory over the control's range, as deep as it is set."""
    depth = patch.inlet("trajectory")
    form, rate, step = (patch.inlet(name) for name in ("form", "rate", "step"))
    turn, line, drift = (patch.inlet(name, SIGNAL) for name in ("turn", "line", "drift"))
    trajectory = _trajectory(patch, index, (form, rate, step, turn, line, drift))
    reach = f"*~ {decimal((control.high - control.low) / 2)}"
    reached = patch.object(">~ 0." if widget(control) == "gate" else reach)
    return patch.of_two("*~", patch.chain(trajectory, reached), smooth(patch, depth))


def _trajectory(patch: Patcher, index: int, shared: tuple[Box, ...]) -> Box:
    form, rate, step, turn, line, drift = shared
    share = (index * GOLDEN) % 1.0
    own = patch.chain(rate, patch.object(f"* {decimal(2 ** (2 * share - 1))}"))
    phase = patch.chain(own, patch.object("phasor~"))
    circle = _wave(patch, patch.chain(turn, patch.object(f"+~ {decimal(index % 2 / 4)}")))
    along = f"*~ {decimal(cos(2 * pi * share))}"
    direction = patch.chain(line, patch.object(along))
    forms = {
        "sin": _wave(patch, phase),
        "square": _bipolar(patch, patch.chain(phase, patch.object(">~ 0.5"))),
        "triangle": _triangle(patch, phase),
        "saw": _bipolar(patch, phase),
        "line": direction,
        "random": patch.chain(rate, patch.object(f"* {RANDOM_POINTS}"), patch.object("rand~")),
        "ellipse": patch.chain(circle, patch.object(f"*~ {NARROW if index % 2 else 1.0}")),
        "circle": circle,
        "helix": _helix(patch, circle, patch.chain(drift, patch.object(along))),
        "interpolation": _points(patch, step),
    }
    select = patch.object(f"selector~ {len(FORMS)} 1")
    patch.chain(form, patch.object("+ 1"), select)
    for n, name in enumerate(FORMS):
        patch.connect(forms[name], select, 0, n + 1)
    return select


def _wave(patch: Patcher, phase: Box) -> Box:
    """Phases of any number of turns as a cosine."""
    wave = patch.object("cycle~ 0.")
    patch.connect(patch.chain(phase, patch.object("%~ 1.")), wave, 0, 1)
    return wave


def _bipolar(patch: Patcher, phase: Box) -> Box:
    """0 ... 1 as -1 ... 1."""
    return patch.chain(phase, patch.object("*~ 2."), patch.object("-~ 1."))


def _triangle(patch: Patcher, phase: Box) -> Box:
    folded = patch.chain(phase, patch.object("-~ 0.5"), patch.object("abs~"))
    return patch.chain(folded, patch.object("*~ 4."), patch.object("-~ 1."))


def _helix(patch: Patcher, circle: Box, axis: Box) -> Box:
    turning = patch.chain(circle, patch.object(f"*~ {HELIX_RADIUS}"))
    along = patch.chain(axis, patch.object(f"*~ {1 - HELIX_RADIUS:.1f}"))
    return patch.of_two("+~", turning, along)


def _points(patch: Patcher, step: Box) -> Box:
    """Straight to another random point at every step, whose value is its time in milliseconds."""
    both = patch.chain(step, patch.object("t b f"))
    point = patch.chain(both, patch.object("random 2001"), patch.object("- 1000"))
    pair = patch.chain(point, patch.object("* 0.001"), patch.object("pack f f"))
    patch.connect(both, pair, 1, 1)
    return patch.chain(pair, patch.object("line~"))
