"""The subpatcher of a latent: hand, encoded value and trajectory, added.

The forms are those of `generate.py trajectories`, between -1 and 1, and drawn once (`clock` and
`trajectory` in `parts/`): which way each latent goes in a form is the same whenever the patch is
opened.
"""

from __future__ import annotations

from math import cos, pi

from vschaos.instrument.controls import Control
from vschaos.patches.layout import widget
from vschaos.patches.max.panel import smooth
from vschaos.patches.max.patcher import SIGNAL, Box, Patcher
from vschaos.patches.max.text import decimal

CLOCK = ("form", "rate", "step", "turn", "line", "drift")  # what all trajectories share
GOLDEN = (5**0.5 - 1) / 2  # its multiples are spread evenly, whatever their count
NARROW = 0.5  # the narrow side of an ellipse, of its wide one


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
    patch.outlet(control.name, value)
    return patch


def _moving(patch: Patcher, control: Control, index: int) -> Box:
    """The trajectory over the control's range, as deep as its bar; its inlets are that and
    `CLOCK`."""
    share = (index * GOLDEN) % 1.0
    numbers = {
        "rate": 2 ** (2 * share - 1),
        "turns": index % 2 / 4,  # by which a circle goes before
        "direction": cos(2 * pi * share),
        "width": NARROW if index % 2 else 1.0,  # of an ellipse
        "reach": (control.high - control.low) / 2,
    }
    named = patch.include("trajectory", *map(decimal, numbers.values()))
    if widget(control) == "gate":
        named["reach"]["text"] = ">~ 0."
    return named["moved"]
