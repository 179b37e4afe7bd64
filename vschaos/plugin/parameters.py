"""A parameter of a plug-in: how its knob, the value in a preset and the quantity one hears relate.

Three scales: the *position* of the knob from 0 to 1, as hosts and networks have it; the *value*
that the plug-in's preset file holds, linear in the position from `low` to `high`; and the
*quantity* in a unit, by the parameter's law.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from vschaos.plugin.hearing import Alternatives

KINDS = ("continuous", "stepped", "switch")
LAWS = ("linear", "power", "exponential")


class Parameter(NamedTuple):
    """A parameter, as a description has it.

    Attributes:
        name: ours; labels are called so.
        called: its name in the plug-in.
        kind: continuous, stepped (whole values from low to high), or switch (two of them).
        low, high: the value at positions 0 and 1.
        default: the value in the base preset.
        law: value v -> quantity: linear `v`, power `offset + v^exponent`, exponential
            `offset + base^v`.
        unit: of the quantity.
        drawn: the values between which draws lie.
        values: names of the steps.
        is_frozen: draws leave it as it is in the base preset.
        meaning: one line.
        off_at: the value at which an amount does nothing; None if it is no amount.
        heard_if: when it can be heard; None for always.

    Example:
        >>> attack = Parameter("attack", "attack", "continuous", 0, 2.5, 0.0, "power", 3.0)
        >>> attack.value_at(0.5), attack.quantity_at(0.5), attack.position_of(1.25)
        (1.25, 1.953125, 0.5)
    """

    name: str
    called: str
    kind: str
    low: float
    high: float
    default: float
    law: str = "linear"
    exponent: float = 1.0
    base: float = 2.0
    offset: float = 0.0
    unit: str = ""
    drawn: tuple[float, float] = (-math.inf, math.inf)
    values: tuple[str, ...] = ()
    is_frozen: bool = False
    meaning: str = ""
    off_at: float | None = None
    heard_if: Alternatives | None = None

    @property
    def is_stepped(self) -> bool:
        """Whether it is a choice among `num_steps`: stepped or a switch."""
        return self.kind != "continuous"

    @property
    def num_steps(self) -> int:
        return round(self.high - self.low) + 1

    @property
    def classes(self) -> list[str]:
        """A name for each step."""
        if self.values:
            return list(self.values)
        return [f"{self.low + step:g}" for step in range(self.num_steps)]

    def value_at(self, position: float) -> float:
        """Position from 0 to 1 -> value."""
        value = self.low + min(max(position, 0.0), 1.0) * (self.high - self.low)
        return float(math.floor(value + 0.5)) if self.is_stepped else value

    def position_of(self, value: float) -> float:
        """Value -> position from 0 to 1. Like the plug-in, it clips what is out of range."""
        value = min(max(value, self.low), self.high)
        if self.is_stepped:
            value = math.floor(value + 0.5)
        return (value - self.low) / (self.high - self.low)

    def step_of(self, position: float) -> int:
        """Position -> number of the step, from 0 on."""
        return round(self.value_at(position) - self.low)

    def quantity_at(self, position: float) -> float:
        """Position -> the quantity in its unit."""
        value = self.value_at(position)
        if self.law == "power":
            return self.offset + value**self.exponent
        if self.law == "exponential":
            return self.offset + self.base**value
        return self.offset + value
