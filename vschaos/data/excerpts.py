"""Excerpts of sounds, drawn in batches to learn from, and whole sounds to judge by."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from vschaos.batch import Batch
from vschaos.data.augment import Augmentations, Lengths, Transposition
from vschaos.data.cache.store import SoundStore, StoredFile
from vschaos.data.draw import Draw
from vschaos.data.metadata.timeline import LabelTracks
from vschaos.labels import Labels

HELD_OUT_SECONDS = 10.0  # of each file, from its middle
AT_A_TIME = 1 << 17  # samples
ROWS_AT_A_TIME = 32  # at least: whatever is resampled plans its Fourier transforms anew
SPEED_GROUPS = (
    16  # of a batch, if it has as many excerpts: fewer, and gradients lean to what is drawn
)
BATCHES_PER_BLOCK = 16  # batches that follow on each other and share their lots' lengths


class Frames(NamedTuple):
    """Where a model reads labels.

    Attributes:
        excerpt_length: samples of an excerpt.
        excerpt_centres: samples in it at which labels are read.
        centres: gives them for a whole sound of so many samples.
    """

    excerpt_length: int
    excerpt_centres: list[int]
    centres: Callable[[int], Tensor]


class _SpeedGroup(NamedTuple):
    """Excerpts of a batch that are played alike.

    Attributes:
        rows: in each batch of a series.
        lengths: how they get to theirs.
    """

    rows: slice
    lengths: Lengths


class _Draft(NamedTuple):
    """What is drawn for a batch; `audio` `[B, T]` is still to be played.

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


class Excerpts(Dataset[Batch]):
    """Training batches by number: batch k is the same whenever it is asked for.

    Excerpts begin at any sample, also before the sound, as frames at its edges do in a stream.

    A batch is played in lots, each with a speed of its own. One speed for all of them would make
    gradients lean to it, and networks learn more slowly. Batches of a series
    (`number // SERIES`) have the same lots, since it takes less time to play them together.

    Args:
        store, files: the sounds to draw from.
        tracks: their labels.
        frames: lengths of excerpts, and where their labels are read.
        draw: says where excerpts begin.
        batch_size: excerpts in a batch.
        seed: of all that is drawn.
        augmentations: what is done to them.
        transposition: how labels follow.
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
        self._starts = np.array([file.start for file in files])
        self._lengths = np.array([file.length for file in files])

    def __getitem__(self, number: int) -> Batch:
        """Batch `number`: `[batch_size, T]` and labels `[batch_size, L, N]`."""
        return self.together([number])[0]

    def together(self, numbers: Sequence[int]) -> list[Batch]:
        """Batches of one series, each as it is by itself."""
        groups = self._speed_groups(numbers[0] // BATCHES_PER_BLOCK)
        drafts = [self._drafted(number, groups) for number in numbers]
        for group in groups:
            at_a_time = max(self._most_rows // (group.rows.stop - group.rows.start), 1)
            for first in range(0, len(drafts), at_a_time):
                self._play(group, drafts[first : first + at_a_time])
        return [self._finished(draft, groups) for draft in drafts]

    @property
    def _most_rows(self) -> int:
        """That are played together, and stay in the processor's cache meanwhile."""
        return max(AT_A_TIME // self.length, ROWS_AT_A_TIME)

    def _speed_groups(self, block: int) -> list[_SpeedGroup]:
        count = max(
            min(SPEED_GROUPS, self.batch_size), math.ceil(self.batch_size / self._most_rows)
        )
        # a seed of three numbers; batches have two, and a third one of 0 were the same
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
        audio = torch.empty(self.batch_size, self.length)
        return _Draft(random, files, indices, starts, gain, audio)

    def _play(self, group: _SpeedGroup, drafts: list[_Draft]) -> None:
        """The rows of one lot in some batches."""
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
        return Batch(*self.augmentations(draft.audio, labels, self.transposition, draft.random))

    def _of_rows(self, groups: list[_SpeedGroup], values: list[int] | list[float]) -> np.ndarray:
        """A value for each lot -> one for each of its rows, `[B]`."""
        return np.repeat(values, [group.rows.stop - group.rows.start for group in groups])


class WholeSounds(Dataset[Batch]):
    """Sounds one by one, at most `HELD_OUT_SECONDS` of each."""

    def __init__(
        self, store: SoundStore, files: list[StoredFile], tracks: LabelTracks, frames: Frames
    ) -> None:
        self.store = store
        self.files = files
        self.tracks = tracks
        self.frames = frames

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> Batch:
        """Sound `index`: `[1, T]` and labels `[1, L, N]`."""
        file = self.files[index]
        length = min(file.length, int(HELD_OUT_SECONDS * self.store.sample_rate))
        start = (file.length - length) // 2
        audio = self.store.read(file, start, length)
        positions = start + self.frames.centres(length).numpy()
        found = self.tracks.at(
            np.array([file.start]), np.array([file.length]), positions[None].astype(float)
        )
        return Batch(torch.from_numpy(audio).unsqueeze(0), Labels(*map(torch.from_numpy, found)))
