"""Levels of frequency bands of a stream, at each hop: what its timbre is judged by."""

import math

import torch
from torch import Tensor, nn

from vschaos.voices import with_rows

LEAST_DB = -120.0  # re full scale; what is softer is silence
LOUDEST = 64.0  # of full scale: louder samples are clipped, so that nothing overflows
LOWEST_HZ, HIGHEST_HZ = 40.0, 16000.0
FFT_LENGTH = 2048  # of every window: its bins are then the same
AT_A_TIME = 512  # frames of all voices together


class BandMeter(nn.Module):
    """Level of each of some frequency bands, dB re full scale (a mean square of 1), -120 on.

    The bands are triangles, evenly spaced on the mel scale (O'Shaughnessy 1987) and sum to 1 from
    40 Hz to 16 kHz or the Nyquist frequency, below and above which the first and the last go on.
    Thus the powers of all bands sum to the mean square of the window.

    Frame n describes the `window` samples before sample `(n + 1) * hop_length`, under a Hann
    window, and does not depend on how the sound is cut into calls.

    Args:
        sample_rate: Hz.
        hop_length: samples from frame to frame.
        window: samples of a frame, from `hop_length` to 2048.
        num_bands: L.

    Attributes:
        delay: samples from the centre of a frame to the end of its hop.

    Raises:
        ValueError: a window of another length.

    Example:
        >>> meter = BandMeter(44100, num_bands=8)
        >>> sine = torch.sin(2 * math.pi * 440 / 44100 * torch.arange(5120))[None]
        >>> powers = 10 ** (meter(sine)[0, :, -1] / 10)
        >>> round(float(powers.sum()), 2), int(powers.argmax())
        (0.5, 1)
    """

    taper: Tensor
    bands: Tensor
    past: Tensor

    def __init__(
        self,
        sample_rate: int = 44100,
        hop_length: int = 256,
        window: int = 2048,
        num_bands: int = 30,
    ) -> None:
        super().__init__()
        if not 1 <= hop_length <= window <= FFT_LENGTH:
            raise ValueError(
                f"window of the band levels must be from hop_length to {FFT_LENGTH} samples, "
                f"got {window} for a hop of {hop_length}"
            )
        self.hop_length = hop_length
        self.window = window
        self.num_bands = num_bands
        self.delay = window // 2
        self.least_db, self.loudest = LEAST_DB, LOUDEST
        self.fft_length, self.at_a_time = FFT_LENGTH, AT_A_TIME
        taper = torch.hann_window(window, dtype=torch.float64)
        # of the squared magnitudes of the upper half of a spectrum, a mean square
        scale = 2.0 / (FFT_LENGTH * taper.square().sum())
        bands = _triangles(sample_rate, num_bands) * scale
        bands[0] *= 0.5  # 0 Hz and the Nyquist frequency are there once
        bands[-1] *= 0.5
        self.register_buffer("taper", taper.float(), persistent=False)
        self.register_buffer("bands", bands.float(), persistent=False)
        self.register_buffer("past", torch.zeros(1, window - hop_length), persistent=False)

    @torch.jit.export
    def reset(self) -> None:
        """Clears all state."""
        self.past = torch.zeros_like(self.past)

    def forward(self, audio: Tensor) -> Tensor:
        """`[B, N * hop_length]` -> `[B, L, N]`; goes on from the call before."""
        step = max(self.at_a_time // max(audio.shape[0], 1), 1) * self.hop_length
        parts = [
            self._levels(audio[:, first : first + step]) for first in range(0, audio.shape[1], step)
        ]
        return torch.cat(parts, dim=2)

    def _levels(self, audio: Tensor) -> Tensor:
        sound = torch.nan_to_num(audio, 0.0, 0.0, 0.0).clamp(-self.loudest, self.loudest)
        stream = torch.cat([with_rows(self.past, audio.shape[0]), sound], dim=1)
        self.past = stream[:, sound.shape[1] :].clone()
        frames = stream.unfold(1, self.window, self.hop_length) * self.taper
        spectra = torch.fft.rfft(frames, self.fft_length)
        powers = (spectra.real.square() + spectra.imag.square()) @ self.bands
        levels = 10.0 * torch.log10(powers.clamp_min(10.0 ** (self.least_db / 10.0)))
        return levels.transpose(1, 2)


def _triangles(sample_rate: int, num_bands: int) -> Tensor:
    """Weights of the bins in each band, `[F, L]`, float64; those of a bin sum to 1."""
    frequency = torch.linspace(0, sample_rate / 2, FFT_LENGTH // 2 + 1, dtype=torch.float64)
    low, high = _mel(LOWEST_HZ), _mel(min(HIGHEST_HZ, sample_rate / 2))
    mel = 1127.0 * torch.log1p(frequency / 700.0)
    place = ((mel - low) / (high - low) * (num_bands - 1)).clamp(0.0, num_bands - 1.0)
    return (1.0 - (place.unsqueeze(1) - torch.arange(num_bands)).abs()).clamp_min(0.0)


def _mel(frequency_hz: float) -> float:
    return 1127.0 * math.log1p(frequency_hz / 700.0)
