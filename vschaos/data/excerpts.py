"""Excerpts of sounds, drawn in batches to train with, and whole sounds to validate with."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from vschaos.batch import Batch
from vschaos.data.augment import Augmentations, Lengths, Transposition
from vschaos.data.cache.store import SoundStore, StoredFile
from vschaos.data.datamodule import Frames, ValidationSounds
from vschaos.data.draw import Draw
from vschaos.data.features.store import FeatureStore
from vschaos.data.loading import BATCHES_PER_BLOCK, NumberedBatches
from vschaos.data.metadata.timeline import LabelTracks
from vschaos.labels import Labels

HELD_OUT_SECONDS = 10.0  # of each file, from its middle
AT_A_TIME = 1 << 17  # samples
ROWS_AT_A_TIME = 32  # at least: resampling plans its Fourier transforms anew each time
SPEED_GROUPS = 16  # in a batch, if it is large enough: with fewer, gradients lean to one speed


class _SpeedGroup(NamedTuple):
    """Excerpts of a batch that have one speed.

    Attributes:
        rows: in each batch of a block.
        lengths: by which they are resampled.
    """

    rows: slice
    lengths: Lengths


class _Draft(NamedTuple):
    """What is drawn for a batch; `audio` `[B, T]` is still to be filled.

    Attributes:
        random: to draw more.
        files: one for each excerpt.
        indices: their numbers, `[B]`.
        starts: samples in them at which excerpts begin, `[B]`.
        gain: `[B, 1]`.
    """

    random: np.random.Generator
    files: list[StoredFile]
    indices: np.ndarray
    starts: np.ndarray
    gain: Tensor
    audio: Tensor


class Excerpts(NumberedBatches):
    """Training batches of excerpts.

    Excerpts begin at any sample, also before the sound, as frames at its edges do in a stream. With
    features, they begin at a frame: at a sample of the file that is a multiple of all their hops.

    A batch consists of groups, each with its own speed. With one speed for a batch, gradients would
    lean to it, and networks learn more slowly. Batches of a block (`number // BATCHES_PER_BLOCK`)
    have the same groups, since it is faster to resample them together.

    Args:
        store, files: the sounds to draw from.
        tracks: their labels.
        frames: lengths of excerpts, and where their labels are read.
        draw: says where excerpts begin.
        batch_size: excerpts in a batch.
        seed: of all that is drawn.
        augmentations: of these sounds.
        transposition: how labels follow.
        features: of these sounds, by name.
    """

    def __init__(
        self,
        store: SoundStore,
        files: list[StoredFile],
        tracks: LabelTracks,
        frames: Frames,
        draw: Draw,
        batch_size: int,
        seed: int,
        augmentations: Augmentations,
        transposition: Transposition,
        features: Mapping[str, FeatureStore] | None = None,
    ) -> None:
        self.store = store
        self.files = files
        self.tracks = tracks
        self.length = frames.excerpt_length
        self.centres = np.array(frames.excerpt_centres)
        self.draw = draw
        self.batch_size = batch_size
        self.seed = seed
        self.augmentations = augmentations
        self.transposition = transposition
        self.features = AlignedFeatures(features or {})
        self._starts = np.array([file.start for file in files])
        self._lengths = np.array([file.length for file in files])

    def together(self, numbers: Sequence[int]) -> list[Batch]:
        """Batches of one block, each as it is by itself."""
        groups = self._speed_groups(numbers[0] // BATCHES_PER_BLOCK)
        drafts = [self._drafted(number, groups) for number in numbers]
        for group in groups:
            at_a_time = max(self._most_rows // (group.rows.stop - group.rows.start), 1)
            for first in range(0, len(drafts), at_a_time):
                self._fill(group, drafts[first : first + at_a_time])
        return [self._finished(draft, groups) for draft in drafts]

    @property
    def _most_rows(self) -> int:
        """Rows that are resampled together, and stay in the processor's cache meanwhile."""
        return max(AT_A_TIME // self.length, ROWS_AT_A_TIME)

    def _speed_groups(self, block: int) -> list[_SpeedGroup]:
        count = max(
            min(SPEED_GROUPS, self.batch_size), math.ceil(self.batch_size / self._most_rows)
        )
        # a seed of three numbers; batches have two, and with a third one of 0 they would be equal
        drawn = sorted(
            self.augmentations.draw_lengths(
                self.length,
                np.random.default_rng([self.seed, block, group + 1]),
                bool(self.transposition),
            )
            for group in range(count)
        )
        ends = [self.batch_size * (group + 1) // count for group in range(count)]
        groups: list[_SpeedGroup] = []
        for end, lengths in zip(ends, drawn, strict=True):
            start = groups[-1].rows.stop if groups else 0
            if groups and groups[-1].lengths == lengths:
                before = groups[-1].rows.start
                if end - before <= self._most_rows:
                    start = before
                    groups.pop()
            groups.append(_SpeedGroup(slice(start, end), lengths))
        return groups

    def _drafted(self, number: int, groups: list[_SpeedGroup]) -> _Draft:
        random = np.random.default_rng([self.seed, number])
        indices, starts = self.draw(
            random, self._of_rows(groups, [group.lengths.read for group in groups])
        )
        gain = self.augmentations.draw_gain(self.batch_size, random)
        files = [self.files[index] for index in indices]
        starts = self.features.at_frames(files, starts, self.length)
        audio = torch.empty(self.batch_size, self.length)
        return _Draft(random, files, indices, starts, gain, audio)

    def _fill(self, group: _SpeedGroup, drafts: list[_Draft]) -> None:
        """The rows of one group in some batches."""
        rows, lengths = group
        if not lengths.is_changed:
            for draft in drafts:
                audio = draft.audio[rows]
                self.store.fill(audio.numpy(), draft.files[rows], draft.starts[rows].tolist())
                audio.mul_(draft.gain[rows])
            return
        files = [file for draft in drafts for file in draft.files[rows]]
        starts = [start for draft in drafts for start in draft.starts[rows].tolist()]
        read = torch.empty(len(files), lengths.read)
        self.store.fill(read.numpy(), files, starts)
        played = lengths.play(read).split(rows.stop - rows.start)
        for draft, audio in zip(drafts, played, strict=True):
            torch.mul(audio, draft.gain[rows], out=draft.audio[rows])

    def _finished(self, draft: _Draft, groups: list[_SpeedGroup]) -> Batch:
        pace = self._of_rows(groups, [group.lengths.pace for group in groups])
        positions = draft.starts[:, None] + pace[:, None] * self.centres
        found = self.tracks.at(self._starts[draft.indices], self._lengths[draft.indices], positions)
        labels = Labels(*map(torch.from_numpy, found))
        if self.transposition:
            semitones = self._of_rows(groups, [group.lengths.semitones for group in groups])
            labels = self.transposition(labels, torch.from_numpy(semitones))
        changed = self.augmentations(draft.audio, labels, self.transposition, draft.random)
        return Batch(*changed, self.features.read(draft.files, draft.starts, self.length))

    def _of_rows(self, groups: list[_SpeedGroup], values: list[int] | list[float]) -> np.ndarray:
        """A value for each group -> one for each of its rows, `[B]`."""
        return np.repeat(values, [group.rows.stop - group.rows.start for group in groups])


class WholeSounds(ValidationSounds):
    """Sounds one by one, at most `HELD_OUT_SECONDS` of each, with their labels and features."""

    def __init__(
        self,
        store: SoundStore,
        files: list[StoredFile],
        tracks: LabelTracks,
        frames: Frames,
        features: Mapping[str, FeatureStore] | None = None,
    ) -> None:
        self.store = store
        self.files = files
        self.tracks = tracks
        self.frames = frames
        self.features = AlignedFeatures(features or {})

    @property
    def names(self) -> list[str]:
        return [file.name for file in self.files]

    def __getitem__(self, index: int) -> Batch:
        """Sound `index`: `[1, T]` and labels `[1, L, N]`."""
        file = self.files[index]
        length = min(file.length, int(HELD_OUT_SECONDS * self.store.sample_rate))
        middle = (file.length - length) // 2
        start = int(self.features.at_frames([file], np.array([middle]), file.length)[0])
        if start < 0:
            start += self.features.step
        length = max(min(length, file.length - start), 1)
        audio = self.store.read(file, start, length)
        positions = start + self.frames.centres(length).numpy()
        found = self.tracks.at(
            np.array([file.start]), np.array([file.length]), positions[None].astype(float)
        )
        labels = Labels(*map(torch.from_numpy, found))
        features = self.features.read([file], np.array([start]), length)
        return Batch(torch.from_numpy(audio).unsqueeze(0), labels, features)


class AlignedFeatures:
    """Features beside excerpts, which begin at their frames.

    Args:
        stores: by name.

    Attributes:
        step: samples of the file from one possible start of an excerpt to the next.
    """

    def __init__(self, stores: Mapping[str, FeatureStore]) -> None:
        self.stores = dict(stores)
        self.step = math.lcm(*(store.feature.hop_length for store in stores.values()))

    def at_frames(self, files: Sequence[StoredFile], starts: np.ndarray, length: int) -> np.ndarray:
        """Starts `[B]` -> the frames' samples just before, or after where nothing of the sound
        would be left in `length` samples."""
        if self.step == 1:
            return starts
        offsets = np.array([file.offset for file in files])
        moved = starts - (starts + offsets) % self.step
        return np.where(moved > -length, moved, moved + self.step)

    def read(
        self, files: Sequence[StoredFile], starts: np.ndarray, length: int
    ) -> dict[str, Tensor]:
        """Frames `[B, C, M]` by name, `M = ceil(length / hop_length)`; frame m is at sample
        `m * hop_length` of the excerpt."""
        offsets = np.array([file.offset for file in files])
        features = {}
        for name, store in self.stores.items():
            hop_length = store.feature.hop_length
            rows = np.empty(
                (len(files), len(store.feature.channels), -(-length // hop_length)), np.float32
            )
            store.fill(rows, files, ((starts + offsets) // hop_length).tolist())
            features[name] = torch.from_numpy(rows)
        return features
