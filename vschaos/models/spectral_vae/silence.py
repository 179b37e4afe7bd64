"""A gate that silences frames whose latents are those of silence."""

from torch import Tensor, nn

REACH = 0.1  # of silence: deviations, and share of the way from there to a usual sound


class Silence(nn.Module):
    """A gate for decoders, which never learn exact silence, least of all under a label.

    In trained models, latents of frames at the floor of the log-magnitude are about `REACH` from
    those of silence, and those of frames 20 dB below it a hundredth of that. If silence and sound
    are close in the latent space, the gate rarely closes.

    Args:
        silent, usual: latents `[Z, 1]` of silence and of a usual sound, standardized.

    Example:
        >>> import torch
        >>> silence = Silence(torch.zeros(2, 1), torch.ones(2, 1))
        >>> silence(torch.tensor([[[0.0, 0.075, -1.0], [0.02, 0.0, 2.0]]]))
        tensor([[[0.0000, 0.5000, 1.0000]]])
    """

    silent: Tensor

    def __init__(self, silent: Tensor, usual: Tensor) -> None:
        super().__init__()
        self.register_buffer("silent", silent.clone(), persistent=False)
        reach = REACH * min(1.0, float((usual - silent).abs().max()))
        self.closed = reach / 2 if reach > 1e-3 * REACH else -1.0
        self.width = max(reach / 2, 1e-9)

    def forward(self, latents: Tensor) -> Tensor:
        """`[B, Z, N]`, or the first K of them, -> the gain of each frame, 0 to 1,
        `[B, 1, N]`."""
        distance = (latents - self.silent[: latents.shape[1]]).abs().amax(dim=1, keepdim=True)
        return ((distance - self.closed) / self.width).clamp(0.0, 1.0)
