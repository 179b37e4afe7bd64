"""What encoders and decoders are: frames in, frames out, with or without a memory."""

from torch import Tensor, nn


class Network(nn.Module):
    """`[B, in_dim, N] -> [B, out_dim, N]`; output frame n hears input frames up to n.

    A memory is what a network keeps of the frames that it heard, numbers `[B, memory_size]` that
    are 0 before the first one. One that hears each frame by itself has none.

    Args:
        context: frames before one that matter to it, as far as training knows.
        memory_size: numbers kept.
    """

    def __init__(self, context: int = 0, memory_size: int = 0) -> None:
        super().__init__()
        self.context = context
        self.memory_size = memory_size

    def forward(self, frames: Tensor) -> Tensor:
        """Frames of a whole sound."""
        raise NotImplementedError

    def continued(self, frames: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """Frames that follow those of which `memory` was kept -> output, and the memory of all."""
        return self.forward(frames), memory
