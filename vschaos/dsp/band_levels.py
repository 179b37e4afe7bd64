"""Levels of frequency bands of a stream, at each hop: what its timbre is judged by."""

import torch
from torch import Tensor, nn

from vschaos.voices import with_rows

LEAST_DB = -120.0  # re full scale; what is softer is silence
LOUDEST = 64.0  # of full scale: louder samples are clipped, so that nothing overflows
LOWEST_HZ, HIGHEST_HZ = 40.0, 16000.0
MEL_SCALE, MEL_HZ = 1127.0, 700.0
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
        >>> sine = torch.sin(2 * torch.pi * 440 / 44100 * torch.arange(5120))[None]
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
        self.trained_rate = sample_rate
        self.hop_length = hop_length
        self.window = window
        self.num_bands = num_bands
        self.delay = window // 2
        self.least_db, self.loudest = LEAST_DB, LOUDEST
        self.fft_length, self.at_a_time = FFT_LENGTH, AT_A_TIME
        self.mel_hz, self.mel_scale = MEL_HZ, MEL_SCALE
        self.lowest_hz, self.highest_hz = LOWEST_HZ, HIGHEST_HZ
        taper = torch.hann_window(window, dtype=torch.float64)
        # of the squared magnitudes of the upper half of a spectrum, a mean square
        self.scale = 2.0 / (FFT_LENGTH * float(taper.square().sum()))
        self.register_buffer("taper", taper.float(), persistent=False)
        self.register_buffer("bands", torch.zeros(0), persistent=False)
        self.take_rate(sample_rate)
        self.register_buffer("past", torch.zeros(1, window - hop_length), persistent=False)

    @torch.jit.export
    def take_rate(self, sample_rate: int) -> None:
        """Measures the same bands in sound of another rate, in Hz; windows keep their samples."""
        size = self.fft_length // 2 + 1
        frequency = torch.linspace(0.0, 0.5 * sample_rate, size, dtype=torch.float64)
        highest = min(self.highest_hz, 0.5 * self.trained_rate)
        edges = torch.tensor([self.lowest_hz, highest], dtype=torch.float64)
        low, high = self._mel(edges).unbind(0)
        place = (self._mel(frequency) - low) / (high - low) * (self.num_bands - 1)
        place = place.clamp(0.0, self.num_bands - 1.0).unsqueeze(1)
        bands = (1.0 - (place - torch.arange(self.num_bands)).abs()).clamp_min(0.0) * self.scale
        bands = bands * (frequency <= 0.5 * self.trained_rate).unsqueeze(1)
        bands[0] *= 0.5  # 0 Hz and the Nyquist frequency are there once
        bands[-1] *= 0.5
        self.bands = bands.to(self.taper)

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

    def _mel(self, frequency_hz: Tensor) -> Tensor:
        return self.mel_scale * torch.log1p(frequency_hz / self.mel_hz)
