"""Which parameters of a setting can be heard: an oscillator's shape not while it is mixed to
nothing, the slow oscillator's speed not while it moves nothing.

A description says so by `heard_if`: some alternatives, of which one must hold; each names other
parameters, which must all be heard themselves and within a range, or at one of some steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from vschaos.plugin.parameters import Parameter

NEAR = 1e-6  # positions, which are float32


class Condition(NamedTuple):
    """Holds if a parameter is heard and within one of some ranges.

    Attributes:
        name: of the parameter.
        ranges: values as preset files hold them, lowest and highest.
    """

    name: str
    ranges: tuple[tuple[float, float], ...]


Alternatives = tuple[tuple[Condition, ...], ...]  # one of them must hold, with all its conditions


def heard(parameters: Sequence[Parameter], positions: np.ndarray) -> np.ndarray:
    """Which parameters make a difference to the sound of their setting.

    Args:
        positions: of all parameters, `[B, P]`.

    Returns:
        booleans, `[B, P]`.
    """
    numbers = {parameter.name: number for number, parameter in enumerate(parameters)}
    found = np.ones(positions.shape, dtype=bool)
    for name in in_order(parameters):
        alternatives = parameters[numbers[name]].heard_if
        if alternatives is None:
            continue
        holds = np.zeros(len(positions), dtype=bool)
        for conditions in alternatives:
            every = np.ones(len(positions), dtype=bool)
            for condition in conditions:
                column = numbers[condition.name]
                every &= found[:, column]
                every &= _is_within(condition, parameters[column], positions[:, column])
            holds |= every
        found[:, numbers[name]] = holds
    return found


def in_order(parameters: Sequence[Parameter]) -> list[str]:
    """Names of parameters, each after all that its hearing depends on.

    Raises:
        ValueError: some depend on each other.
    """
    graph = {
        parameter.name: {
            condition.name for conditions in parameter.heard_if or () for condition in conditions
        }
        for parameter in parameters
    }
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise ValueError(
            f"heard_if of {' and '.join(sorted(set(error.args[1])))} depend on each other"
        ) from error


def _is_within(condition: Condition, parameter: Parameter, positions: np.ndarray) -> np.ndarray:
    found = np.zeros(len(positions), dtype=bool)
    for low, high in condition.ranges:
        least, most = parameter.position_of(low), parameter.position_of(high)
        found |= (positions >= least - NEAR) & (positions <= most + NEAR)
    return found
