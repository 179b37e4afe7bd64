"""Parameters by number: draw k is a function of what is drawn from, the seed and k alone.

Even draws are uniform over the knobs. The odd ones come from presets of people: by turns a cross of
two, and one whose knobs are jittered. Where there are no such presets, all are uniform.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from vschaos.plugin.description import Description

UNIFORM, CROSSED, JITTERED = ORIGINS = ("uniform", "crossed", "jittered")
JITTER = 0.08  # standard deviation of a jittered knob, as a share of its way
JITTERED_SHARE = 0.5  # of the continuous knobs
STEPPED_AGAIN = 0.1  # of the steps of a jittered preset are drawn anew


class Draw(NamedTuple):
    """What one sound is rendered from.

    Attributes:
        number: from 0 on.
        attempt: 0, or more after that many silent ones.
        positions: of all parameters, `[P]`.
        note, velocity: MIDI.
        origin: one of `ORIGINS`.
    """

    number: int
    attempt: int
    positions: np.ndarray
    note: int
    velocity: int
    origin: str


@dataclass(frozen=True)
class Source:
    """What is drawn from.

    Args:
        description: of the plug-in.
        base: positions `[P]` of all that is not drawn.
        free: numbers of the parameters that are drawn.
        parents: positions `[M, P]` of presets of people; may be none.
        notes, velocities: of which each draw has one.
        seed: of all draws.
    """

    description: Description
    base: np.ndarray
    free: tuple[int, ...]
    parents: np.ndarray
    notes: tuple[int, ...]
    velocities: tuple[int, ...]
    seed: int = 0

    def draw(self, number: int, attempt: int = 0) -> Draw:
        """The draw of a number."""
        chance = np.random.default_rng([self.seed, number, attempt])
        note = self.notes[int(chance.random() * len(self.notes))]
        velocity = self.velocities[int(chance.random() * len(self.velocities))]
        origin = UNIFORM
        if len(self.parents) and number % 2:
            origin = CROSSED if number % 4 == 1 else JITTERED
        drawn = {UNIFORM: self._uniform, CROSSED: self._crossed, JITTERED: self._jittered}[origin](
            chance
        )
        positions = self.base.copy()
        positions[list(self.free)] = drawn[list(self.free)]
        return Draw(number, attempt, self._on_steps(positions), note, velocity, origin)

    def _uniform(self, chance: np.random.Generator) -> np.ndarray:
        positions = np.empty(len(self.base))
        for index, parameter in enumerate(self.description.parameters):
            low, high = (parameter.position_of(value) for value in parameter.drawn)
            if parameter.is_stepped:
                first, last = parameter.step_of(low), parameter.step_of(high)
                step = first + int(chance.random() * (last - first + 1))
                positions[index] = step / (parameter.num_steps - 1)
            else:
                positions[index] = low + chance.random() * (high - low)
        return positions

    def _crossed(self, chance: np.random.Generator) -> np.ndarray:
        """Each parameter of one of two presets."""
        one, other = (self._parent(chance) for _ in range(2))
        return np.where(chance.random(len(one)) < 0.5, one, other)

    def _jittered(self, chance: np.random.Generator) -> np.ndarray:
        parent, anew = self._parent(chance), self._uniform(chance)
        moved = parent + JITTER * chance.standard_normal(len(parent))
        share = chance.random(len(parent))
        stepped = np.array([one.is_stepped for one in self.description.parameters])
        jittered = np.where(share < JITTERED_SHARE, np.clip(moved, 0, 1), parent)
        return np.where(stepped, np.where(share < STEPPED_AGAIN, anew, parent), jittered)

    def _parent(self, chance: np.random.Generator) -> np.ndarray:
        return self.parents[int(chance.random() * len(self.parents))]

    def _on_steps(self, positions: np.ndarray) -> np.ndarray:
        """Positions as a preset file gives them back: steps exact, and all of float32."""
        return np.array(
            [
                parameter.position_of(parameter.value_at(float(position)))
                for parameter, position in zip(self.description.parameters, positions, strict=True)
            ],
            dtype=np.float32,
        ).astype(np.float64)


def free_parameters(description: Description, names: Sequence[str] | None) -> tuple[int, ...]:
    """Numbers of the parameters to draw.

    Args:
        names: of them; None for all that the description does not freeze.

    Raises:
        ValueError: there is no such parameter.
    """
    if names is None:
        return tuple(i for i, one in enumerate(description.parameters) if not one.is_frozen)
    known = description.names
    for name in names:
        if name not in known:
            raise ValueError(
                f"--free expects parameters of {description.name} ({', '.join(known)}), got {name}"
            )
    return tuple(sorted({known.index(name) for name in names}))
