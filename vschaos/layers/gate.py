"""Gated activations."""

import torch
from torch import Tensor

GATES = ("tanh", "linear")


def gated(features: Tensor, gate: str, dim: int = 1) -> Tensor:
    """`[B, 2 C, ...]` -> `[B, C, ...]`: along `dim`, the first half times the sigmoid of the other.

    The first half passes a tanh before (van den Oord et al. 2016, WaveNet, eq. 2) or nothing
    (`linear`; Dauphin et al. 2017, gated linear units, eq. 1).
    """
    values, opening = features.chunk(2, dim=dim)
    if gate == "tanh":
        values = torch.tanh(values)
    return values * torch.sigmoid(opening)
