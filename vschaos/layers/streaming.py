"""Networks on a stream, with the memory of past frames."""

import torch
from torch import Tensor, nn

from vschaos.layers import Network
from vschaos.voices import with_rows

GROUP = 4  # frames; a product of four takes little longer than one of a single frame


@torch.jit.interface
class StreamingNetworkInterface(nn.Module):
    """Compiled by TorchScript once for all streaming networks of a module."""

    def forward(self, frames: Tensor) -> Tensor:  # type: ignore[empty-body]
        pass

    def reset(self) -> None:
        pass

    def round(self) -> None:
        pass

    def group(self) -> int:  # type: ignore[empty-body]
        pass


class StreamingNetwork(nn.Module):
    """A network with a memory for one of its streams; NaN in the memory becomes 0.

    Args:
        network: weights may be shared with others.
    """

    memory: Tensor

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = for_few_frames(network)
        self.group_size = 1 if network.memory_size else GROUP
        memory = torch.zeros(1, network.memory_size)
        self.register_buffer("memory", memory, persistent=False)

    @torch.jit.export
    def reset(self) -> None:
        """Clears the memory."""
        self.memory = torch.zeros_like(self.memory)

    @torch.jit.export
    def round(self) -> None:
        """Rounds the memory to a thousandth: its last digits may depend on the block size."""
        self.memory = torch.round(self.memory * 1024.0) / 1024.0

    @torch.jit.export
    def group(self) -> int:
        """Frames that should come in one call where the last digits must not depend on the block
        size: those of a matrix product depend on how many frames go into it. A network with memory
        takes one at a time, one without always `GROUP`, of which the last may be superfluous."""
        return self.group_size

    def forward(self, frames: Tensor) -> Tensor:
        """`[B, in_dim, N] -> [B, out_dim, N]`."""
        if self.network.memory_size == 0:
            return self.network(frames)
        memory = with_rows(self.memory, frames.shape[0])
        output, memory = self.network.continued(frames, memory)
        self.memory = torch.nan_to_num(memory, 0.0, 0.0, 0.0)
        return output


def for_few_frames(network: Network) -> Network:
    """Begins each row of the weights of its linear layers at a cache line, in place.

    Products of few frames with rows of an odd length take two thirds longer otherwise. The values
    stay; the last digits of later products may not.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Linear):
            layer.weight.data = with_aligned_rows(layer.weight.data)
    return network


def with_aligned_rows(weight: Tensor) -> Tensor:
    """The same matrix `[M, N]`, whose rows lie a multiple of 64 bytes apart if it is float32."""
    length = weight.shape[1]
    return nn.functional.pad(weight, (0, -length % 16))[:, :length]


def in_groups(frames: Tensor, size: int) -> list[Tensor]:
    """`[B, C, N]` -> parts of `size` frames each; the last frame is repeated up to a whole part."""
    if frames.shape[2] == size:
        return [frames]
    missing = -frames.shape[2] % size
    if missing > 0:
        frames = torch.cat([frames, frames[:, :, -1:].expand(-1, -1, missing)], dim=2)
    return list(frames.split(size, dim=2))
