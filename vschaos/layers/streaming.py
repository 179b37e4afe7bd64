"""Networks on a stream, with the memory of past frames."""

import torch
from torch import Tensor, nn

from vschaos.layers import Network
from vschaos.voices import with_rows


@torch.jit.interface
class StreamingNetworkInterface(nn.Module):
    """Compiled by TorchScript once for all streaming networks of a module."""

    def forward(self, frames: Tensor) -> Tensor:  # type: ignore[empty-body]
        pass

    def reset(self) -> None:
        pass

    def round(self) -> None:
        pass


class StreamingNetwork(nn.Module):
    """A network with a memory for one of its streams; NaN in the memory becomes 0.

    Args:
        network: weights may be shared with others.
    """

    memory: Tensor

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
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

    def forward(self, frames: Tensor) -> Tensor:
        """`[B, in_dim, N] -> [B, out_dim, N]`."""
        if self.network.memory_size == 0:
            return self.network(frames)
        memory = with_rows(self.memory, frames.shape[0])
        output, memory = self.network.continued(frames, memory)
        self.memory = torch.nan_to_num(memory, 0.0, 0.0, 0.0)
        return output
