"""Batches of excerpts for training and whole sounds for judging, as Lightning wants them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import pytorch_lightning as lightning
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from vschaos.data.augment import Gain, Varispeed
from vschaos.data.split import Split
from vschaos.data.store import SoundStore, StoredFile

HELD_OUT_SECONDS = 10.0  # of each file, from its middle
HELD_OUT_FILES = 32


class Excerpts(Dataset[Tensor]):
    """Training batches by number: batch k is the same whenever it is asked for.

    Excerpts begin at any sample, also before the sound, as frames at its edges do in a stream.

    Args:
        store, files: the sounds to draw from.
        length: samples of an excerpt.
        batch_size: excerpts in a batch.
        seed: of all that is drawn.
        gain, varispeed: augmentations, or none.
    """

    def __init__(
        self,
        store: SoundStore,
        files: list[StoredFile],
        length: int,
        batch_size: int,
        seed: int,
        gain: Gain | None = None,
        varispeed: Varispeed | None = None,
    ) -> None:
        self.store = store
        self.files = files
        self.length = length
        self.batch_size = batch_size
        self.seed = seed
        self.gain = gain
        self.varispeed = varispeed
        self._ends = np.cumsum([file.length + length - 1 for file in files])

    def __getitem__(self, number: int) -> Tensor:
        """Batch `number` -> `[batch_size, length]`."""
        random = np.random.default_rng([self.seed, number])
        length = self.varispeed.draw_length(self.length, random) if self.varispeed else self.length
        positions = random.integers(self._ends[-1], size=self.batch_size)
        audio = torch.empty(self.batch_size, length)
        rows = audio.numpy()
        for row, position in enumerate(positions):
            index = int(np.searchsorted(self._ends, position, side="right"))
            end = self._ends[index] - position  # from 1 to all positions of that file
            file = self.files[index]
            rows[row] = self.store.read(file, file.length - int(end), length)
        if self.varispeed:
            audio = self.varispeed(audio, self.length)
        if self.gain:
            audio = self.gain(audio, random)
        return audio


class BatchNumbers(Sampler[int]):
    """The numbers of an epoch's batches.

    Args:
        batches_per_epoch: how many they are.
        first: asked at each epoch's start for the number of its first batch; so a training gone on
            with, at whatever step, sees the batches that it would have seen.
    """

    def __init__(self, batches_per_epoch: int, first: Callable[[], int]) -> None:
        self.batches_per_epoch = batches_per_epoch
        self.first = first

    def __len__(self) -> int:
        return self.batches_per_epoch

    def __iter__(self) -> Iterator[int]:
        first = self.first()
        return iter(range(first, first + self.batches_per_epoch))


class WholeSounds(Dataset[Tensor]):
    """Sounds one by one, at most `HELD_OUT_SECONDS` of each."""

    def __init__(self, store: SoundStore, files: list[StoredFile]) -> None:
        self.store = store
        self.files = files

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> Tensor:
        """Sound `index` -> `[1, T]`."""
        file = self.files[index]
        length = min(file.length, int(HELD_OUT_SECONDS * self.store.sample_rate))
        audio = self.store.read(file, (file.length - length) // 2, length)
        return torch.from_numpy(audio).unsqueeze(0)


class Loading(NamedTuple):
    """How batches are made.

    Attributes:
        batch_size: excerpts in a batch.
        batches_per_epoch: steps between two looks at the held-out sounds.
        num_workers: processes that make batches; 0 makes them in the training's own.
    """

    batch_size: int
    batches_per_epoch: int
    num_workers: int


class SoundData(lightning.LightningDataModule):
    """The two loaders of a training.

    Args:
        store, split: the sounds and their two sides.
        excerpt_length: samples, as the model asks for.
        loading: sizes.
        seed: of all that is drawn.
        gain, varispeed: augmentations of the training side, or none.
    """

    def __init__(
        self,
        store: SoundStore,
        split: Split,
        excerpt_length: int,
        loading: Loading,
        seed: int,
        gain: Gain | None = None,
        varispeed: Varispeed | None = None,
    ) -> None:
        super().__init__()
        for name, size in loading._asdict().items():
            lowest = 0 if name == "num_workers" else 1
            if not isinstance(size, int) or size < lowest:
                raise ValueError(
                    f"data.loading.{name} must be a whole number from {lowest} on, {size!r} came"
                )
        by_name = {file.name: file for file in store.files}
        train = [by_name[name] for name in split.train]
        # without a held-out side the training's own sounds are looked at
        held_out = [by_name[name] for name in split.held_out] or train
        picked = np.linspace(0, len(held_out) - 1, min(len(held_out), HELD_OUT_FILES))
        self.split = split
        self.loading = loading
        self.excerpts = Excerpts(
            store, train, excerpt_length, loading.batch_size, seed, gain, varispeed
        )
        self.held_out = WholeSounds(store, [held_out[round(index)] for index in picked])

    def train_dataloader(self) -> DataLoader[Tensor]:
        workers = self.loading.num_workers
        return DataLoader(
            self.excerpts,
            batch_size=None,
            sampler=BatchNumbers(self.loading.batches_per_epoch, self._batches_seen),
            num_workers=workers,
            persistent_workers=workers > 0,
        )

    def _batches_seen(self) -> int:
        trainer = self.trainer
        return trainer.global_step * trainer.accumulate_grad_batches if trainer else 0

    def val_dataloader(self) -> DataLoader[Tensor]:
        return DataLoader(self.held_out, batch_size=None)
