"""Convolutions over the bins of each frame."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor, nn

from vschaos.layers.gate import GATES, gated
from vschaos.layers.network import Network
from vschaos.layers.perceptron import Perceptron


class Down(nn.Module):
    """A gated convolution that reduces `stride` positions to one.

    Args:
        in_channels, out_channels: of each position.
        stride: an even number.
        gate: one of `GATES`.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int, gate: str) -> None:
        super().__init__()
        self.gate = gate
        self.over_bins = nn.Conv1d(
            in_channels, 2 * out_channels, 2 * stride, stride, padding=stride // 2
        )

    def forward(self, features: Tensor) -> Tensor:
        """`[B, C, F] -> [B, C', F / stride]`."""
        return gated(self.over_bins(features), self.gate)


class Up(nn.Module):
    """A gated, transposed convolution from one position to `stride`: the mirror of `Down`."""

    def __init__(self, in_channels: int, out_channels: int, stride: int, gate: str) -> None:
        super().__init__()
        self.gate = gate
        self.over_bins = _unfolding(in_channels, 2 * out_channels, stride)

    def forward(self, features: Tensor) -> Tensor:
        """`[B, C, F] -> [B, C', F * stride]`."""
        return gated(self.over_bins(features), self.gate)


class Residual(nn.Module):
    """A residual, gated and dilated convolution over bins.

    Args:
        channels: of each position.
        kernel_size: taps, an odd number.
        dilation: positions between taps.
        gate: one of `GATES`.
    """

    def __init__(self, channels: int, kernel_size: int, dilation: int, gate: str) -> None:
        super().__init__()
        self.gate = gate
        self.over_bins = nn.Conv1d(
            channels,
            2 * channels,
            kernel_size,
            padding=dilation * (kernel_size // 2),
            dilation=dilation,
        )
        self.back = nn.Conv1d(channels, channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        """`[B, C, F] -> [B, C, F]`."""
        return features + self.back(gated(self.over_bins(features), self.gate))


class ConvolutionalEncoder(Network):
    """`[B, in_dim, N] -> [B, out_dim, N]` by gated convolutions over the bins of each frame.

    Each stage has fewer positions and, after that, a residual block for each dilation; hidden
    layers as those of a perceptron take all that is left. Labels lie beside the highest bins.

    Args:
        in_dim, out_dim: features of a frame.
        channels: of each stage, from input to output.
        strides: of each stage, even numbers.
        hidden_dims: widths of the hidden layers at the end.
        kernel_size: of the residual blocks, an odd number.
        dilations: of the residual blocks of a stage; none for no block.
        gate: `tanh` or `linear`, by what its sigmoid is multiplied.
        dropout: share of hidden units left out in training, 0 to 1.

    Example:
        >>> import torch
        >>> encoder = ConvolutionalEncoder(513, 16, channels=[4, 8], strides=[4, 4], hidden_dims=[])
        >>> encoder(torch.zeros(2, 513, 5)).shape
        torch.Size([2, 16, 5])
    """

    def __init__(
        self,
        in_dim: int,
        out_dim: int,
        channels: Sequence[int],
        strides: Sequence[int],
        hidden_dims: Sequence[int],
        kernel_size: int = 3,
        dilations: Sequence[int] = (1,),
        gate: str = "tanh",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        _check(channels, strides, kernel_size, gate)
        positions = _positions(in_dim, strides)
        self.missing = positions * math.prod(strides) - in_dim
        stages: list[nn.Module] = []
        for width, wider, stride in zip([1, *channels], channels, strides, strict=False):
            stages.append(Down(width, wider, stride, gate))
            stages += [Residual(wider, kernel_size, dilation, gate) for dilation in dilations]
        self.stages = nn.Sequential(*stages)
        self.last = Perceptron(positions * channels[-1], out_dim, hidden_dims, dropout)

    def forward(self, frames: Tensor) -> Tensor:
        batch, _, num_frames = frames.shape
        bins = frames.transpose(1, 2).flatten(0, 1)  # [B N, F]
        features = self.stages(nn.functional.pad(bins, (0, self.missing)).unsqueeze(1))
        return self.last(features.reshape(batch, num_frames, -1).transpose(1, 2))


class ConvolutionalDecoder(Network):
    """The mirror of `ConvolutionalEncoder`, with the same arguments in the encoder's order:
    `[B, in_dim, N] -> [B, out_dim, N]`, from hidden layers to all bins of each frame.

    Example:
        >>> import torch
        >>> decoder = ConvolutionalDecoder(16, 513, channels=[4, 8], strides=[4, 4], hidden_dims=[])
        >>> decoder(torch.zeros(2, 16, 5)).shape
        torch.Size([2, 513, 5])
    """

    def __init__(
        self,
        in_dim: int,
        out_dim: int,
        channels: Sequence[int],
        strides: Sequence[int],
        hidden_dims: Sequence[int],
        kernel_size: int = 3,
        dilations: Sequence[int] = (1,),
        gate: str = "tanh",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        _check(channels, strides, kernel_size, gate)
        self.out_dim = out_dim
        self.deepest = channels[-1]
        positions = _positions(out_dim, strides)
        self.first = Perceptron(in_dim, positions * self.deepest, hidden_dims[::-1], dropout)
        stages: list[nn.Module] = []
        for width, wider, stride in zip(
            channels[:0:-1], channels[-2::-1], strides[:0:-1], strict=True
        ):
            stages += [Residual(width, kernel_size, dilation, gate) for dilation in dilations]
            stages.append(Up(width, wider, stride, gate))
        stages += [Residual(channels[0], kernel_size, dilation, gate) for dilation in dilations]
        self.stages = nn.Sequential(*stages, _unfolding(channels[0], 1, strides[0]))

    def forward(self, frames: Tensor) -> Tensor:
        batch, _, num_frames = frames.shape
        features = self.first(frames).transpose(1, 2)  # [B, N, C F]
        bins = self.stages(features.reshape(batch * num_frames, self.deepest, -1))
        bins = bins[:, 0, : self.out_dim]
        return bins.reshape(batch, num_frames, self.out_dim).transpose(1, 2)


def _unfolding(in_channels: int, out_channels: int, stride: int) -> nn.ConvTranspose1d:
    return nn.ConvTranspose1d(in_channels, out_channels, 2 * stride, stride, padding=stride // 2)


def _positions(num_bins: int, strides: Sequence[int]) -> int:
    """Positions that are left of so many bins, filled up to the next whole one."""
    return math.ceil(num_bins / math.prod(strides))


def _check(channels: Sequence[int], strides: Sequence[int], kernel_size: int, gate: str) -> None:
    is_even = all(stride > 0 and stride % 2 == 0 for stride in strides)
    if not channels or len(channels) != len(strides) or not is_even:
        raise ValueError(
            "channels and strides must be as many numbers, one at least, and strides even; "
            f"got {list(channels)} and {list(strides)}"
        )
    if kernel_size < 1 or kernel_size % 2 == 0 or gate not in GATES:
        raise ValueError(
            f"kernel_size must be odd and gate one of {', '.join(GATES)}; "
            f"got {kernel_size} and {gate!r}"
        )
