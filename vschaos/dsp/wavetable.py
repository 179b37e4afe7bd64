"""Wavetables: amplitudes of partials -> one cycle -> sound at any frequency."""

import math

import torch
from torch import Tensor

from vschaos.dsp.oscillators import HarmonicOscillator, StreamingHarmonicBank

POINTS_PER_PARTIAL = 16  # of a table that is played, at least
SMALLEST_TABLE = 1024  # points: fewer are hardly cheaper


def cycles(amplitudes: Tensor, size: int) -> Tensor:
    """One period of a sum of partials, `sum_k a_k sin(2 pi k t / size)`.

    All partials are sines that begin with the cycle. This one rule for all spectra has three
    virtues: a mixture of two cycles has the mixture of their spectra, as no partial changes its
    phase (the minimum phase of a spectrum moves with it, so that partials cancel on the way from
    one table to the next); each cycle begins near zero, so that a table may change or a note begin
    there without a click; and the spectra of a saw and a square give a saw and a square. Its price
    is the peak of flat spectra: that of 100 equal partials is 20 dB above their rms, where the
    phases of Newman, `pi (k - 1)^2 / K`, would have 6 dB; that of a saw is 6 dB, and 9 with these.

    Args:
        amplitudes: peak amplitudes of the partials 1..P, `[..., P]`; those of `size / 2` or more
            points a cycle are left out.
        size: points of the cycle.

    Returns:
        `[..., size]`; differentiable.

    Example:
        >>> cycles(torch.tensor([1.0]), 4).round(decimals=3).abs()
        tensor([0., 1., 0., 1.])
    """
    highest = (size - 1) // 2  # partial size / 2 is a sine of zeros
    sines = torch.nn.functional.pad(amplitudes[..., :highest], [1, 0]) * -0.5
    return torch.fft.irfft(torch.complex(torch.zeros_like(sines), sines), size, norm="forward")


class WavetableOscillator(HarmonicOscillator):
    """Tables of one cycle, one a frame, read along the phase and cross-faded from frame to frame.

    The same sound as that of a `HarmonicBank`, at a cost that grows little with the number of
    partials. Each frame's table holds the partials that its own frequency leaves below the Nyquist
    frequency, each faded by itself: nearer to it than tables an octave apart could go.

    Tables are read by cubic B-splines, whose coefficients they hold (Unser, Aldroubi & Eden 1993).
    Of partial k of a table of M points a spline lets through `sinc(k / M)^4`, for which the
    coefficients make up, and images at `M - k` and `M + k`, `(k / (M -+ k))^4` as strong: with 16
    points a partial -92 dB at most, whatever the spectrum: 15 to 30 dB less than Catmull-Rom
    splines leave of equal partials (`benchmarks/wavetables.py`).

    Args:
        sample_rate: Hz.
        hop_length: samples from frame to frame.
        num_partials: K.

    Attributes:
        table_size: M, a power of two.

    Example:
        >>> oscillator = WavetableOscillator(44100, num_partials=3)
        >>> oscillator(torch.full([2, 10], 440.0), torch.ones(2, 3, 10)).shape
        torch.Size([2, 2560])
    """

    gains: Tensor
    taps: Tensor

    def __init__(self, sample_rate: int, hop_length: int = 256, num_partials: int = 100) -> None:
        super().__init__(sample_rate, hop_length, num_partials)
        num_points = max(POINTS_PER_PARTIAL * num_partials, SMALLEST_TABLE)
        self.table_size = 2 ** math.ceil(math.log2(num_points))
        partials = torch.arange(1, num_partials + 1, dtype=torch.float64)
        gains = torch.sinc(partials / self.table_size).pow(-4.0)
        self.register_buffer("gains", gains.float(), persistent=False)
        self.register_buffer("taps", torch.arange(4).unsqueeze(1), persistent=False)

    def _sum(self, phases: Tensor, amplitudes: Tensor) -> Tensor:
        tables = cycles(amplitudes * self.gains.to(amplitudes.dtype), self.table_size)
        # a phase just below 0 may be rounded to 1: the four points at M are those at 0
        tables = torch.cat([tables[:, :, -1:], tables, tables[:, :, :3]], 2)
        places = (phases - phases.floor()) * self.table_size
        before = places.floor()
        points = (before.long().unsqueeze(2) + self.taps).flatten(2)  # [B, N, 4 * H]
        first = torch.gather(tables[:, :-1], 2, points).unflatten(2, [4, self.hop_length])
        second = torch.gather(tables[:, 1:], 2, points).unflatten(2, [4, self.hop_length])
        read = torch.lerp(first, second, self.ramp.to(first.dtype))
        return (read * _spline((places - before).to(read.dtype))).sum(2)


def _spline(place: Tensor) -> Tensor:
    """The cubic B-spline at the four points around a place: 0..1 from the second to the third,
    `[B, N, H]` -> `[B, N, 4, H]`."""
    both = torch.stack([1.0 - place, place], 2)
    square = both * both
    outer = square * both / 6.0
    inner = 2.0 / 3.0 - square * (1.0 - 0.5 * both)
    return torch.cat([outer[:, :, :1], inner.flip(2), outer[:, :, 1:]], 2)


class StreamingWavetableOscillator(StreamingHarmonicBank):
    """An oscillator on a stream, with the phase and the last frame of each voice of the batch."""

    def __init__(self, oscillator: WavetableOscillator) -> None:
        super().__init__(oscillator)
