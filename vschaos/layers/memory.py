"""Causal networks with a memory of past frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from vschaos.layers.gate import GATES, gated
from vschaos.layers.network import Network
from vschaos.layers.perceptron import hidden_layers


class Recurrence(nn.Module):
    """Gated recurrent units (Cho et al. 2014) along the frames.

    Args:
        in_dim: C, features of a frame.
        width: W, units of a layer.
        num_layers: stacked.
        context: earlier frames in an excerpt of training; the units may remember more.
    """

    def __init__(self, in_dim: int, width: int, num_layers: int = 1, context: int = 8) -> None:
        super().__init__()
        self.width = width
        self.num_layers = num_layers
        self.context = context
        self.memory_size = num_layers * width
        self.units = nn.GRU(in_dim, width, num_layers, batch_first=True)

    def forward(self, features: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """`[B, N, C]` and `[B, memory_size]` -> `[B, N, W]`, and the memory after them."""
        state = memory.reshape(-1, self.num_layers, self.width).transpose(0, 1).contiguous()
        output, state = self.units(features, state)
        return output, state.transpose(0, 1).flatten(1)


class CausalBlock(nn.Module):
    """A residual, gated convolution over past frames.

    Args:
        width: C.
        kernel_size: taps, the present frame among them.
        dilation: frames between taps.
        gate: one of `GATES`.
    """

    def __init__(self, width: int, kernel_size: int, dilation: int, gate: str) -> None:
        super().__init__()
        self.gate = gate
        self.kernel_size = kernel_size
        self.dilation = dilation
        # a product of matrices: torch's convolution takes ten times as long for single frames
        self.over_frames = nn.Linear(kernel_size * width, 2 * width)
        self.back = nn.Linear(width, width)

    def forward(self, frames: Tensor, past: Tensor) -> tuple[Tensor, Tensor]:
        """`[B, N, C]` and the P frames before them -> `[B, N, C]`, and the last P of all."""
        inputs = torch.cat([past, frames], dim=1)
        taps = torch.jit.annotate(list[Tensor], [])
        for tap in range(self.kernel_size):
            first = tap * self.dilation
            taps.append(inputs[:, first : first + frames.shape[1]])
        opened = gated(self.over_frames(torch.cat(taps, dim=2)), self.gate, dim=2)
        return frames + self.back(opened), inputs[:, inputs.shape[1] - past.shape[1] :]


class CausalConvolution(nn.Module):
    """Dilated convolutions over the frames so far (van den Oord et al. 2016, WaveNet, section 2).

    Args:
        in_dim: C, features of a frame.
        width: W, channels of the convolutions.
        dilations: frames between the taps of each.
        kernel_size: taps of each.
        gate: `tanh` or `linear`, by what its sigmoid is multiplied.
    """

    def __init__(
        self,
        in_dim: int,
        width: int,
        dilations: Sequence[int],
        kernel_size: int = 3,
        gate: str = "tanh",
    ) -> None:
        super().__init__()
        if kernel_size < 2 or not dilations or min(dilations) < 1 or gate not in GATES:
            raise ValueError(
                "memory must have a kernel_size of 2 at least, dilations of 1 at least and a gate "
                f"among {', '.join(GATES)}; got {kernel_size}, {list(dilations)} and {gate!r}"
            )
        self.width = width
        self.unstandardize = nn.Linear(in_dim, width)
        self.blocks = nn.ModuleList(
            [CausalBlock(width, kernel_size, dilation, gate) for dilation in dilations]
        )
        self.pasts = [(kernel_size - 1) * dilation for dilation in dilations]
        self.context = sum(self.pasts)
        self.memory_size = self.context * width

    def forward(self, features: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """`[B, N, C]` and `[B, memory_size]` -> `[B, N, W]`, and the memory after them."""
        frames = self.unstandardize(features)
        kept = torch.jit.annotate(list[Tensor], [])
        first = 0
        for number, block in enumerate(self.blocks):
            length = self.pasts[number]
            size = self.width * length
            past = memory[:, first : first + size].reshape(-1, length, self.width)
            frames, past = block(frames, past)
            kept.append(past.flatten(1))
            first += size
        return frames, torch.cat(kept, dim=1)


class Remembering(Network):
    """A perceptron whose last layer also gets the output of a memory on the last hidden layer.

    Args:
        in_dim, out_dim: features of a frame.
        hidden_dims: width of each hidden layer, from input to output; one at least.
        memory: makes the memory for the last of them.
        dropout: share of hidden units left out in training, 0 to 1.

    Example:
        >>> from functools import partial
        >>> network = Remembering(513, 16, [64], partial(Recurrence, width=32))
        >>> network(torch.zeros(2, 513, 5)).shape
        torch.Size([2, 16, 5])
    """

    def __init__(
        self,
        in_dim: int,
        out_dim: int,
        hidden_dims: Sequence[int],
        memory: Callable[[int], Recurrence | CausalConvolution],
        dropout: float = 0.0,
    ) -> None:
        if not hidden_dims:
            raise ValueError("hidden_dims must name one width at least where there is a memory")
        remembered = memory(hidden_dims[-1])
        super().__init__(remembered.context, remembered.memory_size)
        self.hidden = nn.Sequential(*hidden_layers(in_dim, hidden_dims, dropout))
        self.memory = remembered
        self.last = nn.Linear(hidden_dims[-1] + remembered.width, out_dim)

    def forward(self, frames: Tensor) -> Tensor:
        return self.continued(frames, frames.new_zeros(frames.shape[0], self.memory_size))[0]

    def continued(self, frames: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        features = self.hidden(frames.transpose(1, 2))
        remembered, memory = self.memory(features, memory)
        return self.last(torch.cat([features, remembered], dim=2)).transpose(1, 2), memory
