"""From levels of partials and noise bands to amplitudes of a given loudness."""

import math

import torch
from torch import Tensor, nn

from vschaos.dsp.loudness import LOWEST_DB, AWeighting
from vschaos.dsp.pitch import note_to_hz

LOUDEST = 2.0  # amplitude of a partial, at most


class LoudSpectrum(nn.Module):
    """Makes partials and noise as loud as is asked for, whatever their levels to each other are.

    Their power is summed under the A-weighting of the loudness meter, so that the level is obeyed
    and need not be learnt. At -80 dB(A) or less all are 0, as are partials above the Nyquist
    frequency, below which they fade.

    Args:
        sample_rate: Hz.
        num_partials: P.
        num_noise_bands: M.
    """

    numbers: Tensor
    noise_gains: Tensor

    def __init__(self, sample_rate: int, num_partials: int, num_noise_bands: int) -> None:
        super().__init__()
        self.sample_rate = sample_rate
        self.num_partials = num_partials
        self.lowest_db, self.loudest = LOWEST_DB, LOUDEST
        self.per_db = math.log(10.0) / 20.0  # an amplitude's logarithm
        self.weighting = AWeighting()
        numbers = torch.arange(1, num_partials + 1)[:, None].float()
        self.register_buffer("numbers", numbers, persistent=False)
        gains = _gains_of_bands(sample_rate, num_noise_bands)
        self.register_buffer("noise_gains", gains[:, None], persistent=False)

    def forward(self, pitch: Tensor, loudness: Tensor, levels: Tensor) -> tuple[Tensor, Tensor]:
        """Levels `[B, P + M, N]` in dB, at a pitch and with a loudness `[B, N]` -> peak amplitudes
        `[B, P, N]` and magnitudes `[B, M, N]`."""
        # no frequency but the audible ones, whatever is asked for; the bank fades the others alike
        hertz = note_to_hz(pitch).unsqueeze(1) * self.numbers
        fade = self.fade(hertz)
        heights = torch.exp(levels * self.per_db)
        partials = heights[:, : self.num_partials]
        noise = heights[:, self.num_partials :]
        power = (0.5 * (partials * fade).square() * self.weighting(hertz)).sum(1)
        power = power + (noise.square() * self.noise_gains).sum(1)
        gain = self.gain(power, loudness)
        partials = torch.where(fade > 0.0, partials * gain, torch.zeros_like(partials))
        return partials.clamp_max(self.loudest), (noise * gain).clamp_max(self.loudest)

    def gain(self, power: Tensor, loudness: Tensor) -> Tensor:
        """That makes an A-weighted power as loud as that, `[B, N]` -> `[B, 1, N]`."""
        wanted = torch.exp(loudness * self.per_db) * (loudness > self.lowest_db)
        return (wanted / power.clamp_min(1e-12).sqrt()).unsqueeze(1)

    def fade(self, hertz: Tensor) -> Tensor:
        """Gains of partials at these frequencies: 1 up to .9 of the Nyquist frequency, there 0."""
        return (10.0 - hertz * (20.0 / self.sample_rate)).clamp(0.0, 1.0)


def _gains_of_bands(sample_rate: int, num_bands: int) -> Tensor:
    """Share of each band in the A-weighted power of the noise, `[M]`."""
    frequency = torch.linspace(0, sample_rate / 2, 4097, dtype=torch.float64)
    place = frequency / (sample_rate / 2) * (num_bands - 1)
    triangles = (1.0 - (place.unsqueeze(1) - torch.arange(num_bands)).abs()).clamp_min(0.0)
    weights: Tensor = AWeighting()(frequency)
    return (triangles * weights.unsqueeze(1)).mean(0).float()
