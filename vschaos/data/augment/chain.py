"""All augmentations of a training, in the order in which they are done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from torch import Tensor

from vschaos.data.augment.bins import BinShift
from vschaos.data.augment.level import Gain, Polarity
from vschaos.data.augment.mixing import MixUp
from vschaos.data.augment.speed import Varispeed, resampled
from vschaos.data.augment.stretch import PitchShift, TimeStretch, stretched
from vschaos.data.augment.transposition import Transposition
from vschaos.labels import Labels, Vocabulary


class Lengths(NamedTuple):
    """How excerpts get to the length of an example.

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


class Augmentations(NamedTuple):
    """What is done to the sounds of the training side; none is left out.

    Speed and gain draw from the batch's own stream of numbers, each of the others from a stream
    beside it: so one more of them changes nothing of what the others do.
    """

    gain: Gain | None = None
    varispeed: Varispeed | None = None
    pitch_shift: PitchShift | None = None
    time_stretch: TimeStretch | None = None
    bin_shift: BinShift | None = None
    mix_up: MixUp | None = None
    polarity: Polarity | None = None

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
            if augmentation is not None and augmentation.probability > 0:
                Transposition(tasks, vocabularies, augmentation.labels, f"data.{name}")
                kinds |= augmentation.labels
        return Transposition(tasks, vocabularies, kinds)

    def draw_lengths(
        self, length: int, random: np.random.Generator, whole_semitones: bool
    ) -> Lengths:
        """For excerpts of `length`."""
        of_time, of_pitch = random.spawn(2)
        read = stretch = length
        if self.varispeed:
            read = stretch = self.varispeed.draw_length(length, random, whole_semitones)
        if self.pitch_shift:
            stretch = self.pitch_shift.draw_length(read, of_pitch, whole_semitones)
        if self.time_stretch:
            read = self.time_stretch.draw_length(read, of_time)
        return Lengths(read, stretch, length)

    def __call__(
        self,
        audio: Tensor,
        labels: Labels,
        lengths: Lengths,
        transposition: Transposition,
        random: np.random.Generator,
    ) -> tuple[Tensor, Labels]:
        """Excerpts `[B, lengths.read]` -> `[B, lengths.played]`, and labels `[B, L, N]`."""
        audio = resampled(stretched(audio, lengths.stretched), lengths.played)
        if transposition:
            labels = transposition(labels, lengths.semitones)
        of_mix, of_bins, of_polarity = random.spawn(3)
        if self.mix_up:
            audio, labels = self.mix_up(audio, labels, of_mix)
        if self.bin_shift:
            audio, shifted = self.bin_shift(audio, of_bins)
            labels = transposition.forget(labels, shifted)
        if self.polarity:
            audio = self.polarity(audio, of_polarity)
        if self.gain:
            audio = self.gain(audio, random)
        return audio, labels
