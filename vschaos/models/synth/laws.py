"""Laws by which a parameter is turned: from a position between 0 and 1 to its value and back."""

from __future__ import annotations

import math
from typing import Literal, get_args

import torch
from torch import Tensor

Law = Literal["linear", "log", "cubic", "stepped"]
LAWS: tuple[str, ...] = get_args(Law)


def value_at(law: Law, low: float, high: float, position: Tensor) -> Tensor:
    """The value at a position from 0 to 1.

    `log` moves in equal ratios, `cubic` finely near the middle of a range about 0 or at the lower
    end of one that begins there, `stepped` in whole numbers; the gradient of the latter is 0.

    >>> float(value_at("log", 20.0, 20000.0, torch.tensor(1 / 3)).round())
    200.0
    """
    if law == "log":
        return low * torch.exp(position * math.log(high / low))
    if law == "cubic":
        edges = _root(low), _root(high)
        return (edges[0] + (edges[1] - edges[0]) * position) ** 3
    value = low + (high - low) * position
    return value.round() if law == "stepped" else value


def position_of(law: Law, low: float, high: float, value: Tensor) -> Tensor:
    """The position from 0 to 1 of a value: the inverse of `value_at`."""
    if law == "log":
        return torch.log(value / low) / math.log(high / low)
    if law == "cubic":
        edges = _root(low), _root(high)
        root = torch.sign(value) * value.abs() ** (1 / 3)
        return (root - edges[0]) / (edges[1] - edges[0])
    return (value - low) / (high - low)


def _root(value: float) -> float:
    return math.copysign(abs(value) ** (1 / 3), value)
