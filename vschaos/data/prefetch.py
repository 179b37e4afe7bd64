"""Training batches made some at a time, where they are made between two steps."""

from __future__ import annotations

from collections.abc import Callable

from torch.utils.data import Dataset

from vschaos.batch import Batch
from vschaos.data.excerpts import BATCHES_PER_BLOCK, Excerpts

MOST_SAMPLES = 1 << 22  # that are held; 16 MB


class Prefetch(Dataset[Batch]):
    """Batches of excerpts by number, each the same as from the excerpts themselves.

    A training step drives sounds and code out of the processor's caches; what is made at once
    fetches them once, and what is played alike is played together. So batches are made up to the
    end of a series, as far as they may be held.

    Args:
        excerpts: make the batches.
        num_processes: asked each time: how many train together. One that has taken batch k asks for
            k + `num_processes()` next.

    Attributes:
        at_once: how many are made at a time at most.
    """

    def __init__(self, excerpts: Excerpts, num_processes: Callable[[], int] = lambda: 1) -> None:
        self.excerpts = excerpts
        self.num_processes = num_processes
        samples = excerpts.batch_size * excerpts.length
        self.at_once = min(max(MOST_SAMPLES // samples, 1), BATCHES_PER_BLOCK)
        self._made: dict[int, Batch] = {}

    def __getitem__(self, number: int) -> Batch:
        """Batch `number`: `[batch_size, T]` and labels `[batch_size, L, N]`."""
        if number not in self._made:
            every = self.num_processes()
            end = min(
                number + self.at_once * every, (number // BATCHES_PER_BLOCK + 1) * BATCHES_PER_BLOCK
            )
            numbers = range(number, end, every)
            self._made = dict(zip(numbers, self.excerpts.together(numbers), strict=True))
        return self._made.pop(number)
