"""Shared memory, by which the processes of a loader hand over their batches.

Docker gives a container 64 MB of it. Where it is full torch fails in a thread of the worker that
nobody listens to, or the kernel kills the worker: the training would wait for its batch for ever.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from torch.utils.data import Dataset, get_worker_info

from vschaos.batch import Batch
from vschaos.data.excerpts import Excerpts

PLACE = Path("/dev/shm")  # Linux; elsewhere it has no size of its own
BATCHES_PER_WORKER = 3  # two that are fetched ahead, as torch has it, and one that is being read
# how torch tells it: of a worker that could not reserve memory, and of one that was killed
SAID_BY_TORCH = ("allocate shared memory", "out of shared memory", "Bus error")


class SharedMemoryFullError(RuntimeError):
    """A batch that did not fit into it."""


class Shared(Dataset[Batch]):
    """Batches in shared memory, put there where a failure is handed on to the training.

    Args:
        excerpts: make the batches.
    """

    def __init__(self, excerpts: Excerpts) -> None:
        self.excerpts = excerpts

    def __getitem__(self, number: int) -> Batch:
        """Batch `number`: `[batch_size, T]` and labels `[batch_size, L, N]`."""
        batch = self.excerpts[number]
        if get_worker_info() is None:
            return batch
        try:
            for tensor in (batch.audio, batch.labels.values, batch.labels.known):
                tensor.share_memory_()
        except RuntimeError as error:
            raise SharedMemoryFullError(str(error)) from error
        return batch


def check_shared_memory(num_workers: int, batch_size: int, length: int, processes: int = 1) -> None:
    """Looks if batches of `length` samples, made by so many workers, find room.

    Args:
        processes: that train together here, each with workers of its own.

    Raises:
        ValueError: they do not.
    """
    if num_workers == 0 or not PLACE.is_dir():
        return
    batches = BATCHES_PER_WORKER * num_workers * processes
    needed = batches * batch_size * length * 4  # bytes of a 32-bit float; labels are next to none
    if needed > shutil.disk_usage(PLACE).free:
        raise ValueError(
            f"data.loading.num_workers={num_workers} needs {_megabytes(needed)} of shared memory "
            f"for its batches, {what_is_full()}"
        )


def what_is_full() -> str:
    """How much there is, and what to do about it."""
    size = "it is full"
    if PLACE.is_dir():
        usage = shutil.disk_usage(PLACE)
        size = f"{PLACE} has {_megabytes(usage.free)} left of {_megabytes(usage.total)}"
    return f"{size}: set data.loading.num_workers=0, or give a container more (--shm-size=2g)"


def is_full(error: BaseException) -> bool:
    """Whether an error of a training comes of shared memory that is full."""
    return isinstance(error, SharedMemoryFullError) or (
        isinstance(error, RuntimeError) and any(said in str(error) for said in SAID_BY_TORCH)
    )


def _megabytes(size: int) -> str:
    return f"{size / 2**20:,.0f} MB"
