"""What a search lessens: the distance of a synthesiser's sound from a target."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from vschaos.evaluation.distances import is_silent, multi_resolution_distances
from vschaos.instrument.synthesiser import Synthesiser
from vschaos.matching.targets import Target

OF_SILENCE = 100.0  # distance: no sound is so far from another
AT_A_TIME = 16  # sounds


class Objective:
    """The multi-resolution distance of settings from a target, at its note and for its length.

    Knobs of steps stand on one: a search may turn them as if they had none.

    Args:
        synthesiser: that is heard.
        target: that is wanted.
        progress: told how many settings were just heard.

    Attributes:
        num_heard: settings so far.
        best: positions `[P]` of the nearest so far, and `least`, its distance.
    """

    def __init__(
        self,
        synthesiser: Synthesiser,
        target: Target,
        progress: Callable[[int], object] | None = None,
    ) -> None:
        self.synthesiser = synthesiser
        self.target = target
        self.progress = progress
        self.wanted = torch.from_numpy(target.audio)
        self.num_heard = 0
        self.best = on_steps(synthesiser, synthesiser.base()[None])[0]
        self.least = float("inf")

    def __call__(self, positions: np.ndarray) -> np.ndarray:
        """Positions `[B, P]` -> distances `[B]`."""
        settings = on_steps(self.synthesiser, positions)
        return np.concatenate(
            [
                self._hear(settings[first : first + AT_A_TIME])
                for first in range(0, len(settings), AT_A_TIME)
            ]
        )

    def take(self, positions: np.ndarray, distance: float) -> None:
        """Keeps a setting `[P]` if it is the nearest so far."""
        if distance < self.least:
            self.best, self.least = positions.copy(), distance

    def distances(self, sounds: Tensor) -> Tensor:
        """Sounds `[B, T]` -> `[B]`; with gradients."""
        found = multi_resolution_distances(sounds, self.wanted)
        return torch.where(is_silent(sounds) | ~torch.isfinite(found), OF_SILENCE, found)

    def note(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Pitch and velocity of so many sounds, `[B]` each."""
        return np.full(count, self.target.pitch), np.full(count, self.synthesiser.velocity)

    def _hear(self, settings: np.ndarray) -> np.ndarray:
        target, note = self.target, self.note(len(settings))
        sounds = self.synthesiser.render(settings, *note, target.seconds, target.held_seconds)
        with torch.inference_mode():
            distances = self.distances(torch.from_numpy(sounds)).numpy().astype(np.float64)
        self.num_heard += len(settings)
        if self.progress is not None:
            self.progress(len(settings))
        first = int(distances.argmin())
        self.take(settings[first], float(distances[first]))
        return distances


def on_steps(synthesiser: Synthesiser, positions: np.ndarray) -> np.ndarray:
    """Positions `[B, P]` as the knobs can have them."""
    columns = [
        [knob.nearest(float(position)) for position in column]
        for knob, column in zip(synthesiser.parameters, positions.T, strict=True)
    ]
    return np.array(columns, dtype=np.float64).reshape(len(columns), len(positions)).T
