"""A low-frequency oscillator: vibrato, tremolo, sweeps."""

import torch
from torch import Tensor, nn

STEEPEST = 0.02  # share of a cycle that the shorter side takes


class LowFrequencyOscillator(nn.Module):
    """A triangle between -1 and 1 whose peak can be moved: to the left it is a falling saw, to the
    right a rising one.

    Args:
        sample_rate: Hz.
    """

    def __init__(self, sample_rate: int) -> None:
        super().__init__()
        self.sample_rate = float(sample_rate)
        self.steepest = STEEPEST

    @torch.jit.export
    def take_rate(self, sample_rate: int) -> None:
        """Plays the same at another rate, in Hz."""
        self.sample_rate = float(sample_rate)

    def forward(
        self, rate_hz: Tensor, shape: Tensor, length: int, phase: Tensor
    ) -> tuple[Tensor, Tensor]:
        """A wave that goes on.

        Args:
            rate_hz: `[B or 1, T or 1]`.
            shape: place of the peak, 0 (falling) .. 0.5 (triangle) .. 1 (rising), as `rate_hz`.
            length: T.
            phase: of the last sample, cycles, float64 `[B]`.

        Returns:
            `[B, T]`, and the phase of its last sample; a wave begins at 0, rising.
        """
        steps = (rate_hz.double() / self.sample_rate).expand(phase.shape[0], length)
        cycles = torch.cumsum(steps, 1) + phase.unsqueeze(1)
        peak = shape.clamp(self.steepest, 1.0 - self.steepest)
        # half of the rise is over where the phase is 0
        place = cycles + 0.5 * peak
        place = (place - place.floor()).to(shape.dtype)
        rise = place / peak
        fall = (1.0 - place) / (1.0 - peak)
        last = cycles[:, -1]
        return 2.0 * torch.minimum(rise, fall) - 1.0, last - last.floor()
