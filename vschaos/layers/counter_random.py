"""Numbers that look as if they were drawn, the same for a seed wherever and with whatever else."""

import math

import torch
from torch import Tensor, nn

MASK = 0xFFFFFFFF


class Chance(nn.Module):
    """Draws by a hash of the seed, the row, the draw and the column.

    Torch's own generator is shared by all that plays in a process, and by all rows of a batch.

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
        self.mask = MASK

    @torch.jit.export
    def begin(self, seed: int) -> None:
        self.seed = seed
        self.draw = 0

    def forward(self, num_rows: int, num_columns: int) -> Tensor:
        """Evenly spread between 0 and 1, without both, `[num_rows, num_columns]`."""
        rows, columns = torch.arange(num_rows), torch.arange(num_columns)
        hashed = self._mixed(torch.full([1, 1], self.seed & self.mask))
        hashed = self._mixed(torch.bitwise_xor(hashed, torch.full([1, 1], self.draw & self.mask)))
        hashed = self._mixed(torch.bitwise_xor(hashed, rows.unsqueeze(1)))
        hashed = self._mixed(torch.bitwise_xor(hashed, columns.unsqueeze(0)))
        self.draw += 1
        # 24 bits: all that a float32 can tell apart
        return (torch.bitwise_right_shift(hashed, 8).float() + 0.5) / 16777216.0

    @torch.jit.export
    def normal(self, num_rows: int, num_columns: int) -> Tensor:
        """Of mean 0 and deviation 1 (Box & Muller 1958), `[num_rows, num_columns]`."""
        even = self.forward(num_rows, 2 * num_columns)
        radius = torch.sqrt(-2.0 * torch.log(even[:, :num_columns]))
        return radius * torch.cos(2.0 * math.pi * even[:, num_columns:])

    def _mixed(self, values: Tensor) -> Tensor:
        """Whole numbers below 2^32, thoroughly stirred: products stay below 2^63. 0x45D9F3B is a
        multiplier that was found to spread each bit over all others best (T. Mueller)."""
        for _ in range(2):
            values = torch.bitwise_xor(values, torch.bitwise_right_shift(values, 16))
            values = torch.bitwise_and((values + 0x9E3779) * 0x45D9F3B, self.mask)
        return torch.bitwise_xor(values, torch.bitwise_right_shift(values, 16))
