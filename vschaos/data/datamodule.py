"""Batches of excerpts for training and whole sounds for judging, as Lightning wants them."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pytorch_lightning as lightning
from torch.utils.data import DataLoader, Sampler

from vschaos.batch import Batch
from vschaos.data.augment import Augmentations
from vschaos.data.cache.store import SoundStore, StoredFile
from vschaos.data.draw import BalancedDraw, Draw, EvenDraw
from vschaos.data.excerpts import Excerpts, Frames, WholeSounds
from vschaos.data.metadata.timeline import LabelTrack, LabelTracks
from vschaos.data.prefetch import Prefetch
from vschaos.data.shared_memory import Shared
from vschaos.data.split import Split
from vschaos.labels import Vocabulary

HELD_OUT_FILES = 32


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
        train = split.files("train", store)
        # without a held-out side the training's own sounds are looked at
        held_out = split.files("held_out", store) or train
        picked = np.linspace(0, len(held_out) - 1, min(len(held_out), HELD_OUT_FILES))
        wanted = LabelTracks({task: tracks[task] for task in vocabularies})
        self.split = split
        self.vocabularies = dict(vocabularies)
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
            Shared(self.excerpts) if workers else Prefetch(self.excerpts, self._num_processes),
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
