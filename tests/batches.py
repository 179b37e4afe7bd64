"""Batches for tests that have nothing but sounds."""

import torch
from torch import Tensor

from vschaos.batch import Batch
from vschaos.labels import Labels


def unlabelled(audio: Tensor) -> Batch:
    """Sounds `[B, T]` of which nothing is known."""
    nothing = torch.zeros(len(audio), 0, 1)
    return Batch(audio, Labels(nothing, nothing.bool()))
