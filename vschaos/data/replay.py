"""Rendered batches that are used more than once: rendering may take longer than learning.

Among new batches come those of before, as in experience replay (Lin 1992, "Self-improving reactive
agents based on reinforcement learning, planning and teaching").
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from vschaos.batch import Batch
from vschaos.labels import Labels

REPLAY = 2  # beside the seed and a number: which batch is used again
STREAMS = 4  # of batches


@runtime_checkable
class Prepares(Protocol):
    """A model that can see once and for all what it sees of a batch."""

    def prepare(self, batch: Batch) -> Batch:
        """The batch with features, which a replay need not find again."""


class Replay:
    """Which batch a number stands for, and those that may be used again, in memory.

    Of `reuse` batches the first is new, and the others are drawn from the `kept` newest ones.
    Batches are in `STREAMS` that share nothing, so that of some processes which take turns each
    renders its own.

    Args:
        seed: of what is drawn.
        reuse: how often a batch is used, on average; 1 makes each batch anew.
        kept: batches that are used again, the newest ones.

    Attributes:
        batches: in half of their memory, by the number of their source.
    """

    def __init__(self, seed: int, reuse: int, kept: int) -> None:
        self.seed, self.reuse = seed, reuse
        self.kept_of_stream = -(-kept // STREAMS)
        self.batches: dict[int, _Packed] = {}

    def __call__(self, number: int, make: Callable[[int], Batch]) -> Batch:
        """A copy of the batch that `number` stands for, made from its source if it is not there."""
        source = self.source(number)
        if self.reuse == 1:
            return make(source)
        if source not in self.batches:
            of_stream = [one for one in self.batches if one % STREAMS == number % STREAMS]
            for old in of_stream[: max(len(of_stream) + 1 - self.kept_of_stream, 0)]:
                del self.batches[old]  # which was made first
            self.batches[source] = _packed(make(source))
        return _unpacked(self.batches[source])

    def source(self, number: int) -> int:
        """The number of the draw that batch `number` is made of."""
        if self.reuse == 1:
            return number
        turn, stream = divmod(number, STREAMS)
        newest, place = divmod(turn, self.reuse)
        if place:
            oldest = max(newest + 1 - self.kept_of_stream, 0)
            random = np.random.default_rng([self.seed, number, REPLAY])
            newest = int(random.integers(oldest, newest + 1))
        return newest * STREAMS + stream


class _Packed(NamedTuple):
    """A batch in half the memory.

    Attributes:
        samples: 16 bits each, `[B, T]`.
        steps: the value of a unit of them, `[B, 1]`.
        batch: all the rest.
    """

    samples: Tensor
    steps: Tensor
    batch: Batch


def _packed(batch: Batch) -> _Packed:
    peaks = batch.audio.abs().amax(1, keepdim=True)
    steps = (peaks / 32767.0).clamp_min(torch.finfo(torch.float32).tiny)
    samples = (batch.audio / steps).round().to(torch.int16)
    return _Packed(samples, steps, batch._replace(audio=batch.audio[:, :0]))


def _unpacked(packed: _Packed) -> Batch:
    """A copy, which may move to shared memory."""
    batch = packed.batch
    return Batch(
        packed.samples * packed.steps,
        Labels(*(part.clone() for part in batch.labels)),
        {name: feature.clone() for name, feature in batch.features.items()},
        {name: target.clone() for name, target in batch.targets.items()},
    )
