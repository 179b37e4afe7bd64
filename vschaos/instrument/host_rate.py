"""The sample rate of a host that is not that of the training."""

import torch
from torch import Tensor, nn

from vschaos.instrument.controls import Attribute
from vschaos.voices import with_rows

LOWEST_RATE, HIGHEST_RATE = 16000, 192000  # Hz


def rate_attribute(sample_rate: int) -> Attribute:
    """The attribute by which a host tells its rate to a stream that plays at any.

    Args:
        sample_rate: Hz of the training, taken for that of a host that says nothing.
    """
    low, high = min(LOWEST_RATE, sample_rate), max(HIGHEST_RATE, sample_rate)
    return Attribute("sample_rate", "int", "of the host", sample_rate, low, high, "Hz")


@torch.jit.interface
class HopQueueInterface(nn.Module):
    """Compiled by TorchScript once for all queues of a module."""

    def enter(self, values: Tensor) -> None:
        pass

    def take(self, length: int, rows: int) -> Tensor:  # type: ignore[empty-body]
        pass

    def waiting(self) -> int:  # type: ignore[empty-body]
        pass

    def begin(self, length: int) -> None:
        pass


class HopQueue(nn.Module):
    """Values that wait until there are enough for a frame, or for a block of the host.

    Args:
        channels: C.
    """

    values: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("values", torch.zeros(1, channels, 0), persistent=False)

    @torch.jit.export
    def begin(self, length: int) -> None:
        """Clears all, and lets `length` zeros wait."""
        self.values = self.values.new_zeros([1, self.values.shape[1], length])

    @torch.jit.export
    def waiting(self) -> int:
        """How many values wait."""
        return self.values.shape[2]

    @torch.jit.export
    def enter(self, values: Tensor) -> None:
        """Adds `[B, C, N]`."""
        self.values = torch.cat([with_rows(self.values, values.shape[0]), values], dim=2)

    @torch.jit.export
    def take(self, length: int, rows: int) -> Tensor:
        """The first `[B, C, length]` of `rows` voices, which wait no longer."""
        values = with_rows(self.values, rows)
        self.values = values[:, :, length:].clone()
        return values[:, :, :length]
