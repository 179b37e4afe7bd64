"""Excerpts of sounds, drawn in batches to learn from, and whole sounds to judge by."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from vschaos.data.augment import Augmentations, Lengths, Transposition
from vschaos.data.draw import Draw
from vschaos.data.store import SoundStore, StoredFile
from vschaos.data.timeline import LabelTracks
from vschaos.labels import Labels

HELD_OUT_SECONDS = 10.0  # of each file, from its middle
AT_A_TIME = 1 << 17  # samples
ROWS_AT_A_TIME = 32  # at least: each lot plans its Fourier transforms anew


class Batch(NamedTuple):
    """Sounds and what is known of them.

    Attributes:
        audio: `[B, T]`.
        labels: of the N frames of each, `[B, L, N]`.
    """

    audio: Tensor
    labels: Labels


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


class Excerpts(Dataset[Batch]):
    """Training batches by number: batch k is the same whenever it is asked for.

    Excerpts begin at any sample, also before the sound, as frames at its edges do in a stream.

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
        random = np.random.default_rng([self.seed, number])
        lengths = self.augmentations.draw_lengths(self.length, random, bool(self.transposition))
        indices, starts = self.draw(random, self.batch_size, lengths.read)
        gain = self.augmentations.draw_gain(self.batch_size, random)
        audio = self._play(indices.tolist(), starts.tolist(), lengths, gain)
        positions = starts[:, None] + lengths.pace * self.centres
        found = self.tracks.at(self._starts[indices], self._lengths[indices], positions)
        labels = Labels(*map(torch.from_numpy, found))
        return Batch(*self.augmentations(audio, labels, lengths, self.transposition, random))

    def _play(
        self, indices: list[int], starts: list[int], lengths: Lengths, gain: Tensor
    ) -> Tensor:
        """`[B, played]`. Some at a time, which stay in the processor's cache meanwhile."""
        audio = torch.empty(len(indices), lengths.played)
        rows = max(AT_A_TIME // lengths.read, ROWS_AT_A_TIME)
        for first in range(0, len(indices), rows):
            some = slice(first, first + rows)
            played = audio[some]
            read = torch.empty(len(played), lengths.read) if lengths.is_changed else played
            files = [self.files[index] for index in indices[some]]
            self.store.fill(read.numpy(), files, starts[some])
            torch.mul(lengths.play(read), gain[some], out=played)
        return audio


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
