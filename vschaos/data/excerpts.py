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
from vschaos.data.metadata.labels import LabelTracks
from vschaos.labels import Labels

HELD_OUT_SECONDS = 10.0  # of each file, from its middle
AT_A_TIME = 1 << 17  # samples
ROWS_AT_A_TIME = 32  # at least: resampling plans its Fourier transforms anew each time
SPEED_GROUPS = 16  # in a batch, if it is large enough: with fewer, gradients lean to one speed


class Recordings:
    """Sounds with their labels, features and targets, at any of their samples.

    Args:
        store: of the sounds.
        files: those of them to read, or their parts.
        tracks: labels along the store.
        features: of these sounds, by name.
        targets: numbers by name, each by the name of a file, for all files or for none.

    Attributes:
        step: samples of a file from one possible start of an excerpt to the next: with features,
            excerpts begin at a frame of all of them.
    """

    def __init__(
        self,
        store: SoundStore,
        files: Sequence[StoredFile],
        tracks: LabelTracks,
        features: Mapping[str, FeatureStore] | None = None,
        targets: Mapping[str, Mapping[str, float]] | None = None,
    ) -> None:
        self.store = store
        self.files = list(files)
        self.tracks = tracks
        self.targets = {
            target: torch.tensor([of_files[file.name] for file in files])
            for target, of_files in (targets or {}).items()
        }
        self.features = dict(features or {})
        self.step = math.lcm(*(of.feature.hop_length for of in self.features.values()))
        self._starts = np.array([file.start for file in files])
        self._lengths = np.array([file.length for file in files])
        self._offsets = np.array([file.offset for file in files])

    def at_frames(self, indices: np.ndarray, starts: np.ndarray, length: int) -> np.ndarray:
        """Starts `[B]` in files `[B]` -> the frames' samples just before, or after where nothing of
        the sound would be left in `length` samples."""
        moved = starts - (starts + self._offsets[indices]) % self.step
        return np.where(moved > -length, moved, moved + self.step)

    def labels(self, indices: np.ndarray, positions: np.ndarray) -> Labels:
        """`[B, L, N]` in files `[B]`, at samples of them `[B, N]`."""
        found = self.tracks.at(self._starts[indices], self._lengths[indices], positions)
        return Labels(*map(torch.from_numpy, found))

    def features_of(
        self, indices: np.ndarray, starts: np.ndarray, length: int
    ) -> dict[str, Tensor]:
        """Frames `[B, C, M]` by name, `M = ceil(length / hop_length)`; frame m is at sample
        `m * hop_length` of the excerpt that begins at a sample of its file, `[B]`."""
        files = [self.files[index] for index in indices]
        found = {}
        for name, store in self.features.items():
            feature = store.feature
            shape = len(files), len(feature.channels), feature.num_frames(length)
            rows = np.empty(shape, np.float32)
            firsts = (starts + self._offsets[indices]) // feature.hop_length
            store.fill(rows, files, firsts.tolist())
            found[name] = torch.from_numpy(rows)
        return found

    def targets_of(self, indices: np.ndarray) -> dict[str, Tensor]:
        """The numbers `[B]` of files `[B]`, by name."""
        rows = torch.from_numpy(indices)
        return {name: values[rows] for name, values in self.targets.items()}


class _SpeedGroup(NamedTuple):
    """Excerpts of a batch that have one speed.

    Attributes:
        rows: in each batch of a block.
        lengths: by which they are resampled.
    """

    rows: slice
    lengths: Lengths

    @property
    def num_rows(self) -> int:
        return self.rows.stop - self.rows.start


class _Draft(NamedTuple):
    """What is drawn for a batch; `audio` `[B, T]` is still to be filled.

    Attributes:
        random: to draw more.
        indices: numbers of the files, `[B]`.
        starts: samples in them at which excerpts begin, `[B]`.
        gain: `[B, 1]`.
    """

    random: np.random.Generator
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
        recordings: to draw from.
        frames: lengths of excerpts, and where their labels are read.
        draw: says where excerpts begin.
        batch_size: excerpts in a batch.
        seed: of all that is drawn.
        augmentations: of these sounds.
        transposition: how labels follow.
    """

    def __init__(
        self,
        recordings: Recordings,
        frames: Frames,
        draw: Draw,
        batch_size: int,
        seed: int,
        augmentations: Augmentations,
        transposition: Transposition,
    ) -> None:
        self.recordings = recordings
        self.length = frames.excerpt_length
        self.centres = np.array(frames.excerpt_centres)
        self.draw = draw
        self.batch_size = batch_size
        self.seed = seed
        self.augmentations = augmentations
        self.transposition = transposition

    def together(self, numbers: Sequence[int]) -> list[Batch]:
        """Batches of one block, each as it is by itself."""
        groups = self._speed_groups(numbers[0] // BATCHES_PER_BLOCK)
        drafts = [self._drafted(number, groups) for number in numbers]
        for group in groups:
            at_a_time = max(self._most_rows // group.num_rows, 1)
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
        groups: list[_SpeedGroup] = []
        for number, lengths in enumerate(drawn, start=1):
            end = self.batch_size * number // count
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
        lengths = _of_rows(groups, [group.lengths.read for group in groups])
        indices, starts = self.draw(random, lengths)
        gain = self.augmentations.draw_gain(self.batch_size, random)
        starts = self.recordings.at_frames(indices, starts, self.length)
        return _Draft(random, indices, starts, gain, torch.empty(self.batch_size, self.length))

    def _fill(self, group: _SpeedGroup, drafts: list[_Draft]) -> None:
        """The rows of one group in some batches."""
        rows, lengths = group
        files = [self.recordings.files[index] for draft in drafts for index in draft.indices[rows]]
        starts = [start for draft in drafts for start in draft.starts[rows].tolist()]
        read = torch.empty(len(files), lengths.read)
        self.recordings.store.fill(read.numpy(), files, starts)
        played = lengths.play(read).split(group.num_rows)
        for draft, audio in zip(drafts, played, strict=True):
            torch.mul(audio, draft.gain[rows], out=draft.audio[rows])

    def _finished(self, draft: _Draft, groups: list[_SpeedGroup]) -> Batch:
        pace = _of_rows(groups, [group.lengths.pace for group in groups])
        positions = draft.starts[:, None] + pace[:, None] * self.centres
        labels = self.recordings.labels(draft.indices, positions)
        if self.transposition:
            semitones = _of_rows(groups, [group.lengths.semitones for group in groups])
            labels = self.transposition(labels, torch.from_numpy(semitones))
        changed = self.augmentations(draft.audio, labels, self.transposition, draft.random)
        features = self.recordings.features_of(draft.indices, draft.starts, self.length)
        return Batch(*changed, features, self.recordings.targets_of(draft.indices))


def _of_rows(groups: list[_SpeedGroup], values: list[int] | list[float]) -> np.ndarray:
    """A value for each group -> one for each of its rows, `[B]`."""
    return np.repeat(values, [group.num_rows for group in groups])


class WholeSounds(ValidationSounds):
    """Sounds one by one, at most `HELD_OUT_SECONDS` of each, with all that is known of them."""

    def __init__(self, recordings: Recordings, frames: Frames) -> None:
        self.recordings = recordings
        self.frames = frames
        self.names = [file.name for file in recordings.files]

    def __getitem__(self, index: int) -> Batch:
        """Sound `index`: `[1, T]` and labels `[1, L, N]`."""
        recordings, indices = self.recordings, np.array([index])
        file = recordings.files[index]
        length = min(file.length, int(HELD_OUT_SECONDS * recordings.store.sample_rate))
        start = recordings.at_frames(indices, np.array([(file.length - length) // 2]), file.length)
        start[start < 0] += recordings.step
        length = max(min(length, file.length - int(start[0])), 1)
        audio = recordings.store.read(file, int(start[0]), length)
        positions = start[:, None] + self.frames.centres(length).numpy().astype(float)
        return Batch(
            torch.from_numpy(audio)[None],
            recordings.labels(indices, positions),
            recordings.features_of(indices, start, length),
            recordings.targets_of(indices),
            band=recordings.store.band(file.name),
        )
