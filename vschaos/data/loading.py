"""Batches by number, and their way to a training: prefetched, or through workers' shared memory.

Docker gives a container 64 MB of shared memory. Where it is full, torch fails in a thread of the
worker that nobody listens to, or the kernel kills the worker: the training would wait forever.
"""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from torch.utils.data import Dataset, Sampler, get_worker_info

from vschaos.batch import Batch

BATCHES_PER_BLOCK = 16  # consecutive batches that may share what takes time to prepare
MOST_SAMPLES = 1 << 22  # prefetched at a time; 16 MB
SHARED_MEMORY = Path("/dev/shm")  # Linux; elsewhere it has no size of its own
BATCHES_PER_WORKER = 3  # two prefetched, as by torch's default, and one that is being read
# torch's messages for a worker that could not reserve memory, and for one that was killed
TORCH_MESSAGES = ("allocate shared memory", "out of shared memory", "Bus error")


class Loading(NamedTuple):
    """How batches are loaded.

    Attributes:
        batch_size: examples in a batch.
        batches_per_epoch: steps between two validations.
        num_workers: processes that make batches; 0 makes them in the training's own.
        balance: labels whose classes are drawn equally often.
    """

    batch_size: int
    batches_per_epoch: int
    num_workers: int
    balance: str | list[str] | None = None

    @property
    def balanced(self) -> list[str]:
        """The labels to balance."""
        return [self.balance] if isinstance(self.balance, str) else list(self.balance or [])

    def check(self) -> None:
        """
        Raises:
            ValueError: a size makes no batch.
        """
        for name in ("batch_size", "batches_per_epoch", "num_workers"):
            size, lowest = getattr(self, name), 0 if name == "num_workers" else 1
            if not isinstance(size, int) or size < lowest:
                raise ValueError(
                    f"data.loading.{name} must be a whole number from {lowest} on, got {size!r}"
                )


class NumberedBatches(Dataset[Batch], ABC):
    """Training batches by number: batch k is the same whenever it is asked for.

    Attributes:
        batch_size: examples in a batch.
        length: samples of each.
    """

    batch_size: int
    length: int

    def __getitem__(self, number: int) -> Batch:
        """Batch `number`, its audio `[batch_size, length]`."""
        return self.together([number])[0]

    @abstractmethod
    def together(self, numbers: Sequence[int]) -> list[Batch]:
        """Batches of one block (`number // BATCHES_PER_BLOCK`), each as it is by itself."""


class BatchNumbers(Sampler[int]):
    """The batch numbers of an epoch.

    Of w processes that train together, process r takes the batches r, r + w, r + 2 w, ...

    Args:
        batches_per_epoch: per process.
        first: called at each epoch's start for the number of its first batch, so that a training
            resumed at any step sees the batches that it would have seen.
        num_processes: called as well: how many train together.
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


class Prefetch(Dataset[Batch]):
    """Batches by number, made some at a time in the training's own process.

    A training step drives sounds and code out of the processor's caches: making several batches at
    once fetches them once, and resamples together what has the same speed. So batches are made up
    to the end of a block, as far as memory allows.

    Args:
        batches: the source.
        num_processes: called each time: how many train together. After batch k, a process asks for
            k + `num_processes()`.

    Attributes:
        at_once: batches made at a time, at most.
    """

    def __init__(
        self, batches: NumberedBatches, num_processes: Callable[[], int] = lambda: 1
    ) -> None:
        self.batches = batches
        self.num_processes = num_processes
        samples = batches.batch_size * batches.length
        self.at_once = min(max(MOST_SAMPLES // samples, 1), BATCHES_PER_BLOCK)
        self._made: dict[int, Batch] = {}

    def __getitem__(self, number: int) -> Batch:
        """Batch `number`."""
        if number not in self._made:
            every = self.num_processes()
            end = min(
                number + self.at_once * every, (number // BATCHES_PER_BLOCK + 1) * BATCHES_PER_BLOCK
            )
            numbers = range(number, end, every)
            self._made = dict(zip(numbers, self.batches.together(numbers), strict=True))
        return self._made.pop(number)


class SharedMemoryFullError(RuntimeError):
    """A batch that did not fit into shared memory."""


class Shared(Dataset[Batch]):
    """Batches in shared memory, moved there where an error still reaches the training.

    Args:
        batches: the source.
    """

    def __init__(self, batches: NumberedBatches) -> None:
        self.batches = batches

    def __getitem__(self, number: int) -> Batch:
        """Batch `number`."""
        batch = self.batches[number]
        if get_worker_info() is None:
            return batch
        try:
            _share(batch)
        except RuntimeError as error:
            raise SharedMemoryFullError(str(error)) from error
        return batch


def _share(batch: Batch) -> None:
    named = (*batch.features.values(), *batch.targets.values())
    for tensor in (batch.audio, *batch.labels, *named):
        tensor.share_memory_()
    if batch.unlabelled is not None:
        _share(batch.unlabelled)


def check_shared_memory(num_workers: int, batch_size: int, length: int, processes: int = 1) -> None:
    """Checks that batches of `length` samples from so many workers fit into shared memory.

    Args:
        processes: that train together here, each with its own workers.

    Raises:
        ValueError: they do not.
    """
    if num_workers == 0 or not SHARED_MEMORY.is_dir():
        return
    batches = BATCHES_PER_WORKER * num_workers * processes
    needed = batches * batch_size * length * 4  # bytes of a 32-bit float; the rest is next to none
    if needed > shutil.disk_usage(SHARED_MEMORY).free:
        raise ValueError(
            f"data.loading.num_workers={num_workers} needs {_megabytes(needed)} of shared memory "
            f"for its batches, {what_is_full()}"
        )


def what_is_full() -> str:
    """How much shared memory there is, and what to do about it."""
    size = "it is full"
    if SHARED_MEMORY.is_dir():
        usage = shutil.disk_usage(SHARED_MEMORY)
        size = f"{SHARED_MEMORY} has {_megabytes(usage.free)} left of {_megabytes(usage.total)}"
    return f"{size}: set data.loading.num_workers=0, or give a container more (--shm-size=2g)"


def is_full(error: BaseException) -> bool:
    """Whether full shared memory caused an error of a training."""
    return isinstance(error, SharedMemoryFullError) or (
        isinstance(error, RuntimeError) and any(text in str(error) for text in TORCH_MESSAGES)
    )


def _megabytes(size: int) -> str:
    return f"{size / 2**20:,.0f} MB"
