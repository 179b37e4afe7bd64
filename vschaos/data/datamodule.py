"""Batches of excerpts for training and whole sounds for judging, as Lightning wants them."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pytorch_lightning as lightning
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from vschaos.data.augment import Augmentations, Lengths, Transposition
from vschaos.data.draw import BalancedDraw, Draw, EvenDraw
from vschaos.data.split import Split
from vschaos.data.store import SoundStore, StoredFile
from vschaos.data.timeline import LabelTrack, LabelTracks
from vschaos.labels import Labels, Vocabulary

HELD_OUT_SECONDS = 10.0  # of each file, from its middle
HELD_OUT_FILES = 32
AT_A_TIME = 1 << 18  # samples


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
        audio = self._play(indices.tolist(), starts.tolist(), lengths)
        positions = starts[:, None] + lengths.pace * self.centres
        found = self.tracks.at(self._starts[indices], self._lengths[indices], positions)
        labels = Labels(*map(torch.from_numpy, found))
        return Batch(*self.augmentations(audio, labels, lengths, self.transposition, random))

    def _play(self, indices: list[int], starts: list[int], lengths: Lengths) -> Tensor:
        """`[B, played]`. A few at a time are read and resampled, which stay in the processor's
        cache meanwhile."""
        audio = torch.empty(len(indices), lengths.played)
        rows = max(AT_A_TIME // lengths.read, 1)
        for first in range(0, len(indices), rows):
            some = slice(first, first + rows)
            played = audio[some]
            read = torch.empty(len(played), lengths.read) if lengths.is_changed else played
            files = [self.files[index] for index in indices[some]]
            self.store.fill(read.numpy(), files, starts[some])
            if lengths.is_changed:
                played.copy_(lengths.play(read))
        return audio


class BatchNumbers(Sampler[int]):
    """The numbers of an epoch's batches.

    Of w processes that train together, process r takes the batches r, r + w, r + 2 w, ...

    Args:
        batches_per_epoch: how many a process takes.
        first: asked at each epoch's start for the number of its first batch; so a training gone on
            with, at whatever step, sees the batches that it would have seen.
        num_processes: asked as well: how many train together.
    """

    def __init__(
        self,
        batches_per_epoch: int,
        first: Callable[[], int],
        num_processes: Callable[[], int] = lambda: 1,
    ) -> None:
        self.batches_per_epoch = batches_per_epoch
        self.first = first
        self.num_processes = num_processes

    def __len__(self) -> int:
        return self.batches_per_epoch

    def __iter__(self) -> Iterator[int]:
        first, every = self.first(), self.num_processes()
        return iter(range(first, first + every * self.batches_per_epoch, every))


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


class Loading(NamedTuple):
    """How batches are made.

    Attributes:
        batch_size: excerpts in a batch.
        batches_per_epoch: steps between two looks at the held-out sounds.
        num_workers: processes that make batches; 0 makes them in the training's own.
        balance: labels whose classes shall be drawn equally often.
    """

    batch_size: int
    batches_per_epoch: int
    num_workers: int
    balance: str | list[str] | None = None

    @property
    def balanced(self) -> list[str]:
        """The labels to balance."""
        return [self.balance] if isinstance(self.balance, str) else list(self.balance or [])


class SoundData(lightning.LightningDataModule):
    """The two loaders of a training.

    Args:
        store, split: the sounds and their two sides.
        tracks: labels along the sounds, by task.
        vocabularies: of the labels that a model wants, in its order.
        frames: lengths of excerpts, and where their labels are read.
        loading: sizes.
        seed: of all that is drawn.
        augmentations: of the training side.
    """

    def __init__(
        self,
        store: SoundStore,
        split: Split,
        tracks: Mapping[str, LabelTrack],
        vocabularies: Mapping[str, Vocabulary],
        frames: Frames,
        loading: Loading,
        seed: int,
        augmentations: Augmentations = Augmentations(),  # noqa: B008, it cannot be changed
    ) -> None:
        super().__init__()
        _check_sizes(loading)
        by_name = {file.name: file for file in store.files}
        train = [by_name[name] for name in split.train]
        # without a held-out side the training's own sounds are looked at
        held_out = [by_name[name] for name in split.held_out] or train
        picked = np.linspace(0, len(held_out) - 1, min(len(held_out), HELD_OUT_FILES))
        wanted = LabelTracks({task: tracks[task] for task in vocabularies})
        self.split = split
        self.loading = loading
        self.excerpts = Excerpts(
            store,
            train,
            wanted,
            frames,
            _draw(train, tracks, frames, loading),
            loading.batch_size,
            seed,
            augmentations,
            augmentations.transposition(wanted.tasks, vocabularies),
        )
        looked_at = [held_out[round(index)] for index in picked]
        self.held_out = WholeSounds(store, looked_at, wanted, frames)

    def train_dataloader(self) -> DataLoader[Batch]:
        workers = self.loading.num_workers
        return DataLoader(
            self.excerpts,
            batch_size=None,
            sampler=BatchNumbers(
                self.loading.batches_per_epoch, self._next_batch, self._num_processes
            ),
            num_workers=workers,
            persistent_workers=workers > 0,
            worker_init_fn=_leave_stopping_to_the_training,
        )

    def _next_batch(self) -> int:
        return batch_number(self.trainer, 0) if self.trainer else 0

    def _num_processes(self) -> int:
        return self.trainer.world_size if self.trainer else 1

    def val_dataloader(self) -> DataLoader[Batch]:
        return DataLoader(self.held_out, batch_size=None)


def batch_number(trainer: lightning.Trainer, batch_index: int) -> int:
    """The number of a batch of the step that a training is at.

    It counts all batches of all processes: each is drawn once, whoever trains with it.

    Args:
        trainer: that of the process which takes it.
        batch_index: of the batch in its epoch.
    """
    gathered = trainer.accumulate_grad_batches
    own = trainer.global_step * gathered + batch_index % gathered
    return own * trainer.world_size + trainer.global_rank


def _leave_stopping_to_the_training(worker: int) -> None:
    """Ctrl-C at a terminal comes to all processes: the training ends its workers itself."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # Windows has fewer
            signal.signal(signal.Signals[name], signal.SIG_IGN)


def _check_sizes(loading: Loading) -> None:
    for name in ("batch_size", "batches_per_epoch", "num_workers"):
        size, lowest = getattr(loading, name), 0 if name == "num_workers" else 1
        if not isinstance(size, int) or size < lowest:
            raise ValueError(
                f"data.loading.{name} must be a whole number from {lowest} on, {size!r} came"
            )


def _draw(
    files: list[StoredFile], tracks: Mapping[str, LabelTrack], frames: Frames, loading: Loading
) -> Draw:
    if not loading.balanced:
        return EvenDraw(files, frames.excerpt_length)
    return BalancedDraw(files, LabelTracks({task: tracks[task] for task in loading.balanced}))
