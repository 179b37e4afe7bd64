"""The sample rate of a host that is not that of the training."""

import torch
from torch import Tensor, nn

from vschaos.instrument.controls import Attribute, Method
from vschaos.instrument.live import compiled_once, rise
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


def queues(method: Method) -> tuple[HopQueueInterface, HopQueueInterface]:
    """For the inlets and the outlets of a method."""
    return (
        compiled_once(HopQueue(len(method.inlets))),
        compiled_once(HopQueue(len(method.outlets))),
    )


def faded_in(sound: Tensor) -> Tensor:
    """`[B, 1 + labels, T]` with its sound faded in."""
    return torch.cat([sound[:, :1] * rise(sound.shape[2]).to(sound.device), sound[:, 1:]], dim=1)


def continued(before: Tensor, after: Tensor) -> Tensor:
    """`[B, 1 + P, T]` with its sound fading out of that of another, `before`."""
    fall = 1.0 - rise(after.shape[2]).to(after.device)
    return torch.cat([after[:, :1] + fall * before[:, :1], after[:, 1:]], dim=1)


def repeated(values: Tensor, times: int) -> Tensor:
    """`[B, C, N]` -> `[B, C, times * N]`."""
    return values if times == 1 else values.repeat_interleave(times, dim=2)
