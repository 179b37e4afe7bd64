"""The base class of encoders and decoders: frames to frames, with or without memory."""

from torch import Tensor, nn


class Network(nn.Module):
    """`[B, in_dim, N] -> [B, out_dim, N]`; output frame n depends on input frames up to n.

    The memory of past frames is `[B, memory_size]`, 0 before the first frame; a network without
    memory treats each frame by itself.

    Args:
        context: earlier frames that influence a frame, as far as training goes.
        memory_size: numbers in the memory.
    """

    def __init__(self, context: int = 0, memory_size: int = 0) -> None:
        super().__init__()
        self.context = context
        self.memory_size = memory_size

    def forward(self, frames: Tensor) -> Tensor:
        """Frames of a whole sound."""
        raise NotImplementedError

    def continued(self, frames: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """Frames and the memory of those before -> output, and the memory after them."""
        return self.forward(frames), memory
