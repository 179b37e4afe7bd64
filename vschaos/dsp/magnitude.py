"""Normalised log-magnitudes, the input of networks in place of raw amplitudes."""

import math

import torch
from torch import Tensor, nn


class LogMagnitude(nn.Module):
    """Magnitudes to normalised logarithms and back: `(log(x + floor) - mean) / deviation`.

    The floor lies `floor_db` below the loudest bins of the training sounds and hides what nobody
    hears; mean (of each bin) and deviation (of all) are those of the same sounds, found once by
    `fit` and saved with the weights.

    Bins that are always empty, as those above 4 kHz in sounds of 8 kHz, make the deviation smaller
    by the square root of their share, and a root mean square error as well: divided by one
    another, the error is that of the other bins alone.

    Args:
        num_bins: F.
        floor_db: the floor against the loudest magnitudes, negative.
        headroom_db: how far above the loudest magnitudes the inverse may go, whatever comes in.

    Example:
        >>> contrast = LogMagnitude(num_bins=3, floor_db=-80.0)
        >>> magnitudes = torch.tensor([[[0.5], [0.01], [0.0]]])
        >>> contrast.fit(magnitudes)
        >>> bool((contrast.inverse(contrast(magnitudes)) - magnitudes).abs().max() < 1e-6)
        True
    """

    floor: Tensor
    highest_log: Tensor
    mean: Tensor
    deviation: Tensor

    def __init__(self, num_bins: int, floor_db: float, headroom_db: float = 12.0) -> None:
        super().__init__()
        self.floor_db = floor_db
        self.headroom_db = headroom_db
        self.register_buffer("floor", torch.tensor(10 ** (floor_db / 20)))
        self.register_buffer("highest_log", torch.tensor(headroom_db * math.log(10) / 20))
        self.register_buffer("mean", torch.zeros(num_bins, 1))
        self.register_buffer("deviation", torch.ones(()))

    @torch.no_grad()
    def fit(self, magnitudes: Tensor, is_usual: Tensor | None = None) -> None:
        """Computes floor, mean and standard deviation of training magnitudes `[B, F, N]`.

        Args:
            is_usual: rows that count, `[B]` (bool); the others only raise what the inverse may
                give.
        """
        loudest = magnitudes.amax().clamp_min(1e-7)
        self.highest_log.copy_(torch.log(loudest) + self.headroom_db * math.log(10) / 20)
        usual = magnitudes if is_usual is None else magnitudes[is_usual]
        self.floor.copy_(usual.amax().clamp_min(1e-7) * 10 ** (self.floor_db / 20))
        logs = torch.log(usual + self.floor)
        self.mean.copy_(logs.mean(dim=(0, 2)).unsqueeze(1))
        self.deviation.copy_((logs - self.mean).square().mean().sqrt().clamp_min(1e-3))

    def forward(self, magnitudes: Tensor) -> Tensor:
        """Magnitudes `[B, F, N]` -> log-magnitudes of the same shape, near unit variance."""
        return (torch.log(magnitudes + self.floor) - self.mean) / self.deviation

    def inverse(self, log_magnitude: Tensor) -> Tensor:
        """Log-magnitudes `[B, F, N]` -> magnitudes of the same shape, bounded and not negative."""
        logs = torch.addcmul(self.mean, log_magnitude, self.deviation).clamp(max=self.highest_log)
        return torch.relu(torch.exp(logs) - self.floor)

    @torch.jit.export
    def bounds(self) -> tuple[Tensor, Tensor]:
        """Log-magnitudes `[F, 1]` of silence, and of the loudest output of `inverse`."""
        low, high = torch.log(self.floor), self.highest_log
        return (low - self.mean) / self.deviation, (high - self.mean) / self.deviation
