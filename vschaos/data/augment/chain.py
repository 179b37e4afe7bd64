"""All augmentations of a training, in the order in which they are done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from vschaos.data.augment.level import Gain, MixUp, Polarity
from vschaos.data.augment.speed import (
    BinShift,
    PitchShift,
    TimeStretch,
    Varispeed,
    resampled,
    stretched,
)
from vschaos.data.augment.transposition import Transposition
from vschaos.labels import Labels, Vocabulary

# those that draw from streams of their own: a new one is added at the end
BESIDE = ("time_stretch", "pitch_shift", "mix_up", "bin_shift", "polarity")


class Lengths(NamedTuple):
    """How the excerpts of a speed group are resampled to the length of an example.

    Attributes:
        read: samples of the sound.
        stretched: what they are stretched to, as high as before.
        played: what these are played in, as by a tape.
    """

    read: int
    stretched: int
    played: int

    @property
    def pace(self) -> float:
        """Samples of the sound to one that is played."""
        return self.read / self.played

    @property
    def semitones(self) -> int:
        return round(12 * np.log2(self.stretched / self.played))

    @property
    def is_changed(self) -> bool:
        return not self.read == self.stretched == self.played

    def play(self, audio: Tensor) -> Tensor:
        """Excerpts `[B, read] -> [B, played]`, each by itself."""
        return resampled(stretched(audio, self.stretched), self.played)


class Augmentations(NamedTuple):
    """The augmentations of training sounds; None leaves one out.

    Speed and gain draw from a stream of numbers of their speed group or batch, each of the others
    from one beside it. So one more of them changes nothing that the others do, and what is off
    takes no time.
    """

    gain: Gain | None = None
    varispeed: Varispeed | None = None
    pitch_shift: PitchShift | None = None
    time_stretch: TimeStretch | None = None
    bin_shift: BinShift | None = None
    mix_up: MixUp | None = None
    polarity: Polarity | None = None

    @property
    def active(self) -> list[str]:
        """Names of those that change anything."""
        return [name for name in self._fields if _is_on(getattr(self, name))]

    def transposition(
        self, tasks: Sequence[str], vocabularies: Mapping[str, Vocabulary]
    ) -> Transposition:
        """How labels follow all of them.

        Raises:
            ValueError: a vocabulary does not count what is said of it.
        """
        kinds: dict[str, str] = {}
        for name in ("varispeed", "pitch_shift", "bin_shift"):
            augmentation = getattr(self, name)
            if _is_on(augmentation):
                Transposition(tasks, vocabularies, augmentation.labels, f"data.{name}")
                kinds |= augmentation.labels
        return Transposition(tasks, vocabularies, kinds)

    def draw_lengths(
        self, length: int, random: np.random.Generator, whole_semitones: bool
    ) -> Lengths:
        """For excerpts of `length`."""
        read = stretch = length
        if self.varispeed:
            read = stretch = self.varispeed.draw_length(length, random, whole_semitones)
        if self.pitch_shift and _is_on(self.pitch_shift):
            beside = _beside(random, "pitch_shift")
            stretch = self.pitch_shift.draw_length(read, beside, whole_semitones)
        if self.time_stretch and _is_on(self.time_stretch):
            read = self.time_stretch.draw_length(read, _beside(random, "time_stretch"))
        return Lengths(read, stretch, length)

    def draw_gain(self, count: int, random: np.random.Generator) -> Tensor:
        """What each of so many excerpts is multiplied by as it is played, `[count, 1]`."""
        if self.gain and _is_on(self.gain):
            return self.gain.draw(count, random)
        return torch.ones(count, 1)

    def __call__(
        self,
        audio: Tensor,
        labels: Labels,
        transposition: Transposition,
        random: np.random.Generator,
    ) -> tuple[Tensor, Labels]:
        """What changes neither lengths nor levels, of excerpts `[B, T]` and labels `[B, L, N]`."""
        if self.mix_up and _is_on(self.mix_up):
            audio, labels = self.mix_up(audio, labels, _beside(random, "mix_up"))
        if self.bin_shift and _is_on(self.bin_shift):
            audio, shifted = self.bin_shift(audio, _beside(random, "bin_shift"))
            labels = transposition.forget(labels, shifted)
        if self.polarity and _is_on(self.polarity):
            audio = self.polarity(audio, _beside(random, "polarity"))
        return audio, labels


class _Chance(Protocol):
    probability: float


def _is_on(augmentation: _Chance | None) -> bool:
    return augmentation is not None and augmentation.probability > 0.0


def _beside(random: np.random.Generator, name: str) -> np.random.Generator:
    """A stream of numbers beside another one, which does not notice."""
    seed = random.bit_generator.seed_seq
    assert isinstance(seed, np.random.SeedSequence)  # as `default_rng` makes them
    place = (*seed.spawn_key, BESIDE.index(name))
    return np.random.default_rng(np.random.SeedSequence(seed.entropy, spawn_key=place))
