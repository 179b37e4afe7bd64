"""A synthesiser as sound matching sees it: knobs, a note, a sound; a voice of ours or a plug-in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from torch import Tensor

KINDS = CONTINUOUS, STEPPED, SWITCH = ("continuous", "stepped", "switch")


@dataclass(frozen=True)
class Knob:
    """A parameter of a synthesiser, turned by a position from 0 to 1.

    Attributes:
        name: of the parameter.
        unit: of its value; empty for a share or a choice.
        kind: one of `KINDS`; a switch has two steps.
        classes: a name for each step, which lie evenly from 0 to 1; empty if it is continuous.
        value_at: position -> value in the unit, by the knob's law.
        position_of: value -> position.
    """

    name: str
    unit: str
    kind: str
    classes: tuple[str, ...]
    value_at: Callable[[float], float]
    position_of: Callable[[float], float]

    @property
    def num_steps(self) -> int:
        """Of a stepped one or a switch; 0 if it is continuous."""
        return len(self.classes)

    def nearest(self, position: float) -> float:
        """The position that the knob can have: within its way, and on a step."""
        position = min(max(position, 0.0), 1.0)
        if len(self.classes) < 2:
            return 0.0 if self.classes else position
        last = len(self.classes) - 1
        return round(position * last) / last

    def text(self, position: float) -> str:
        """What it shows, as `1250 Hz`."""
        if self.classes:
            return self.classes[round(self.nearest(position) * (len(self.classes) - 1))]
        return f"{self.value_at(position):.4g} {self.unit}".rstrip()


@runtime_checkable
class Synthesiser(Protocol):
    """Plays a note by P knobs, of which each has a position from 0 to 1; other parameters that it
    may have stay as in its base preset.

    Attributes:
        name: of the voice or plug-in.
        sample_rate: Hz.
        parameters: the P knobs, in the order of all positions.
        suffix: of its own preset files, as `.json`.
        velocity: 0..1, at which notes are played if nobody says otherwise.
    """

    name: str
    sample_rate: int
    parameters: tuple[Knob, ...]
    suffix: str
    velocity: float

    def base(self) -> np.ndarray:
        """Positions `[P]` of its base preset."""

    def draw(self, random: np.random.Generator, count: int) -> np.ndarray:
        """Positions `[count, P]` as a network learns from them."""

    def render(
        self,
        positions: np.ndarray,
        pitch: np.ndarray,
        velocity: np.ndarray,
        seconds: float,
        held_seconds: float,
    ) -> np.ndarray:
        """Plays a note by each row.

        A row that cannot be played, as of a plug-in that crashes by it, is silent.

        Args:
            positions: `[B, P]`.
            pitch: MIDI notes `[B]`; what cannot play between them takes the nearest.
            velocity: 0..1 `[B]`.
            seconds: of a sound.
            held_seconds: until the note is released.

        Returns:
            float32 `[B, round(seconds * sample_rate)]`, finite.
        """

    def write(self, positions: np.ndarray, path: Path, name: str, gain_db: float = 0.0) -> None:
        """Writes positions `[P]` as its own preset file, whole or not at all.

        Args:
            path: of the file.
            name: of the preset.
            gain_db: how much louder it shall be, as far as the synthesiser has a fader for that.
        """

    def read(self, path: Path) -> np.ndarray:
        """The positions `[P]` of a preset file.

        Raises:
            ValueError: it is none of this synthesiser; names the file.
        """

    def play_file(
        self, path: Path, pitch: float, velocity: float, seconds: float, held_seconds: float
    ) -> np.ndarray:
        """Plays a preset file as somebody who just loaded it hears it, by a synthesiser that was
        started for it alone: `[T]`."""

    def close(self) -> None:
        """Ends what it has started; it may be asked again."""


@runtime_checkable
class Differentiable(Protocol):
    """A synthesiser through which gradients flow."""

    def render_tensor(
        self,
        positions: Tensor,
        pitch: Tensor,
        velocity: Tensor,
        seconds: float,
        held_seconds: float,
    ) -> Tensor:
        """As `Synthesiser.render`, of tensors, with gradients by the positions."""
