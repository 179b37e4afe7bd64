"""Counter-based random numbers, the same for a seed on any device and in any batch."""

import math

import torch
from torch import Tensor, nn


def mixed(values: Tensor) -> Tensor:
    """Hashes integers from 0 to 2^32 - 1 (int64) to others of the same range.

    Products stay below 2^63. The multiplier 0x45D9F3B spreads each bit over all others best
    (T. Mueller).
    """
    for _ in range(2):
        values = torch.bitwise_xor(values, torch.bitwise_right_shift(values, 16))
        values = torch.bitwise_and((values + 0x9E3779) * 0x45D9F3B, 0xFFFFFFFF)
    return torch.bitwise_xor(values, torch.bitwise_right_shift(values, 16))


class Chance(nn.Module):
    """Random numbers by a hash of seed, row, draw and column.

    Torch's generator is shared by all models of a process, and by all rows of a batch.

    Example:
        >>> chance = Chance()
        >>> first = chance(2, 1000)
        >>> chance.begin(0)
        >>> bool((chance(3, 1000)[:2] == first).all())
        True
    """

    def __init__(self) -> None:
        super().__init__()
        self.seed = 0
        self.draw = 0

    @torch.jit.export
    def begin(self, seed: int) -> None:
        self.seed = seed
        self.draw = 0

    def forward(self, num_rows: int, num_columns: int) -> Tensor:
        """Uniform between 0 and 1, both excluded, `[num_rows, num_columns]`."""
        rows, columns = torch.arange(num_rows), torch.arange(num_columns)
        hashed = mixed(torch.full([1, 1], self.seed & 0xFFFFFFFF))
        hashed = mixed(torch.bitwise_xor(hashed, torch.full([1, 1], self.draw & 0xFFFFFFFF)))
        hashed = mixed(torch.bitwise_xor(hashed, rows.unsqueeze(1)))
        hashed = mixed(torch.bitwise_xor(hashed, columns.unsqueeze(0)))
        self.draw += 1
        # 24 bits: the precision of float32
        return (torch.bitwise_right_shift(hashed, 8).float() + 0.5) / 16777216.0

    @torch.jit.export
    def normal(self, num_rows: int, num_columns: int) -> Tensor:
        """Standard normal (Box & Muller 1958), `[num_rows, num_columns]`."""
        uniform = self.forward(num_rows, 2 * num_columns)
        radius = torch.sqrt(-2.0 * torch.log(uniform[:, :num_columns]))
        return radius * torch.cos(2.0 * math.pi * uniform[:, num_columns:])
