"""Analysis of a sound into partials and noise bands, the inverse of harmonic bank and noise."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

LEAST_PERIODS = 4  # in a window: a Hann window then separates partials from what is between them
LEAST_LENGTH = 768  # samples of a window, three hops
OVERSAMPLING = 4  # before the cubic interpolation; its error at 5 kHz is then -90 dB
FRAMES_AT_ONCE = 1024
LEAST_POWER = 1e-20


class HarmonicFrames(NamedTuple):
    """Controls of the synthesis.

    Attributes:
        amplitudes: of the partials, `[K, N]`; 0 in unvoiced frames.
        noise: magnitudes in bands, `[M, N]`.
    """

    amplitudes: Tensor
    noise: Tensor


class HarmonicAnalysis(nn.Module):
    """Amplitudes of the partials at multiples of a known fundamental, and the noise around them.

    Each frame is read along a straight line through the fundamental's frequency, at equal steps of
    its *phase*, over a whole and even number of periods (at least 4, at least 768 samples). There,
    gliding partials are steady and lie on every c-th bin of a Fourier transform. Under a Hann
    window they are orthogonal, so that each bin is the weighted least-squares fit of its partial;
    bins at least two away from all partials contain noise alone (Hann's zeros), and its power under
    a partial is subtracted from it. What lies above the last partial counts as noise. In unvoiced
    frames all bins are noise.

    Frame n is centred on sample `(n + 1) * hop_length`, where the synthesis reaches its controls:
    `HarmonicBank` and `FilteredNoise` play the result in time with the sound.

    Args:
        sample_rate: Hz.
        hop_length: samples from frame to frame.
        num_partials: K, of the bank.
        num_bands: M, of the noise.

    Example:
        >>> import math
        >>> analysis = HarmonicAnalysis(44100, num_partials=2)
        >>> sine = 0.3 * torch.sin(2 * math.pi * 441 / 44100 * torch.arange(25600))
        >>> frames = analysis(sine, torch.full([100], 441.0), torch.ones(100, dtype=torch.bool))
        >>> [round(float(amplitude), 3) for amplitude in frames.amplitudes[:, 50]]
        [0.3, 0.0]
    """

    def __init__(
        self,
        sample_rate: int,
        hop_length: int = 256,
        num_partials: int = 100,
        num_bands: int = 65,
    ) -> None:
        super().__init__()
        self.sample_rate = sample_rate
        self.hop_length = hop_length
        self.num_partials = num_partials
        self.num_bands = num_bands
        self.unvoiced_hz = LEAST_PERIODS * sample_rate / 1024  # a window of 1024 samples

    @torch.no_grad()
    def forward(self, audio: Tensor, f0_hz: Tensor, is_voiced: Tensor) -> HarmonicFrames:
        """A whole sound -> frames.

        Args:
            audio: `[T]`.
            f0_hz: at the centres of the frames, `[N]`; of no meaning where unvoiced.
            is_voiced: `[N]` (bool).

        Raises:
            ValueError: a voiced frame has a frequency outside of 20 Hz..Nyquist.
        """
        f0_hz = f0_hz.double()
        self._check(f0_hz, is_voiced)
        slope = _slope(f0_hz, is_voiced) / self.hop_length  # Hz per sample
        f0_hz = torch.where(is_voiced, f0_hz, self.unvoiced_hz)
        periods = (LEAST_LENGTH / 2 * f0_hz / self.sample_rate).ceil() * 2
        periods = periods.clamp_min(LEAST_PERIODS)
        lengths = periods * self.sample_rate / f0_hz  # samples of the windows
        sizes = torch.exp2(torch.log2(lengths).ceil().clamp_min(10)).long()
        amplitudes = torch.zeros(len(f0_hz), self.num_partials)
        powers = torch.zeros(len(f0_hz), self.num_bands)
        fine = _Oversampled(audio, int(sizes.max()) + self.hop_length)
        for start in range(0, len(f0_hz), FRAMES_AT_ONCE):
            part = torch.arange(start, min(start + FRAMES_AT_ONCE, len(f0_hz)))
            fine.read((start + 1) * self.hop_length, (int(part[-1]) + 1) * self.hop_length)
            for size in sizes[part].unique().tolist():
                chosen = part[sizes[part] == size]
                frames = _Frames(chosen, f0_hz[chosen], slope[chosen], periods[chosen])
                spectra = self._spectra(fine, frames, size)
                voiced = is_voiced[chosen]
                amplitudes[chosen], powers[chosen] = self._split(spectra, frames, voiced)
        return HarmonicFrames(amplitudes.T.contiguous(), _smoothed(powers).sqrt().T.contiguous())

    def _check(self, f0_hz: Tensor, is_voiced: Tensor) -> None:
        voiced = f0_hz[is_voiced]
        inside = (voiced >= 20.0) & (voiced < self.sample_rate / 2)
        if not bool(inside.all()):
            raise ValueError(
                f"f0_hz of voiced frames must be from 20 to {self.sample_rate / 2:g} Hz, "
                f"got {float(voiced[~inside][0])}"
            )

    def _spectra(self, fine: "_Oversampled", frames: "_Frames", size: int) -> Tensor:
        """Windowed spectra in which a sine of amplitude a has a magnitude of a."""
        steps = (torch.arange(size, dtype=torch.float64) - size / 2) / size
        cycles = frames.periods.unsqueeze(1) * steps  # 0 in the middle
        frequency = frames.f0_hz.unsqueeze(1) / self.sample_rate
        slope = frames.slope.unsqueeze(1) / self.sample_rate
        # the time at which a phase is reached: f t + s t^2 / 2 = cycles; s is bounded so that it is
        root = (frequency.square() + 2.0 * slope * cycles).clamp_min(0.0).sqrt()
        times = 2.0 * cycles / (frequency + root)
        centres = (frames.places + 1).unsqueeze(1) * self.hop_length
        window = torch.hann_window(size)
        return torch.fft.rfft(fine.at(centres + times) * window * (2.0 / window.sum()))

    def _split(
        self, spectra: Tensor, frames: "_Frames", is_voiced: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Spectra `[n, F]` -> amplitudes `[n, K]` and the powers of noise in bands `[n, M]`."""
        powers = spectra.real.square() + spectra.imag.square()
        bins = torch.arange(powers.shape[1])
        periods = frames.periods.long().unsqueeze(1)
        frequency = bins * (frames.f0_hz / frames.periods).unsqueeze(1)  # Hz
        nearest = (bins + periods // 2) // periods  # partial
        is_near = ((bins - nearest * periods).abs() < 2) & (nearest <= self.num_partials)
        is_noise = ~(is_near & is_voiced.unsqueeze(1)) & (frequency <= self.sample_rate / 2)
        # white noise of power p under a Hann window of W samples: p * 4 * sum(w^2) / sum(w)^2 a bin
        scale = (6.0 * frames.f0_hz / (frames.periods * self.sample_rate)).float().unsqueeze(1)
        noise = self._in_bands(powers / scale, frequency, is_noise)
        partials = torch.arange(1, self.num_partials + 1)
        multiples = partials * frames.f0_hz.unsqueeze(1)
        is_there = is_voiced.unsqueeze(1) & (multiples < self.sample_rate / 2)
        places = (partials * periods).clamp_max(powers.shape[1] - 1)
        under = scale * self._at(noise, multiples)
        power = (powers.gather(1, places) - under).clamp_min(0.0)
        return torch.where(is_there, power.sqrt(), 0.0), noise

    def _in_bands(self, powers: Tensor, frequency: Tensor, is_noise: Tensor) -> Tensor:
        """Means over the bins around the middle of each band, `[n, F] -> [n, M]`; bins count less
        the farther they are, and not from the next band on."""
        last = self.num_bands - 1
        place = (frequency * (2 * last / self.sample_rate)).float()
        below = place.floor().long().clamp(0, last - 1)
        above_weight = (place - below).clamp(0.0, 1.0) * is_noise
        below_weight = is_noise.float() - above_weight
        sums = powers.new_zeros(len(powers), self.num_bands)
        weights = sums.clone()
        for band, weight in ((below, below_weight), (below + 1, above_weight)):
            sums.scatter_add_(1, band, weight * powers)
            weights.scatter_add_(1, band, weight)
        return sums / weights.clamp_min(1e-6)

    def _at(self, noise: Tensor, frequency: Tensor) -> Tensor:
        """Powers in bands `[n, M]`, interpolated at frequencies `[n, K]`."""
        last = self.num_bands - 1
        place = (frequency * (2 * last / self.sample_rate)).float().clamp(0.0, last)
        below = place.floor().long().clamp_max(last - 1)
        return torch.lerp(noise.gather(1, below), noise.gather(1, below + 1), place - below)


class _Frames(NamedTuple):
    """Some frames `[n]`: which, their frequency (Hz) and its slope (Hz per sample), periods."""

    places: Tensor
    f0_hz: Tensor
    slope: Tensor
    periods: Tensor


class _Oversampled:
    """A sound read between its samples, a part at a time; around it lies silence."""

    def __init__(self, audio: Tensor, reach: int) -> None:
        self.audio = torch.nan_to_num(audio.float(), 0.0, 0.0, 0.0)
        self.reach = reach

    def read(self, first: int, last: int) -> None:
        """Makes the samples from `first` to `last`, and `reach` around them, ready."""
        self.start = first - self.reach
        end = last + self.reach
        size = 1 << (end - self.start).bit_length()  # quick to transform
        inside = self.audio[max(self.start, 0) : min(end, len(self.audio))]
        before = max(-self.start, 0)
        part = nn.functional.pad(inside, (before, size - before - len(inside)))
        fine = torch.fft.irfft(torch.fft.rfft(part), n=OVERSAMPLING * size) * OVERSAMPLING
        left, middle, right = fine.roll(1), fine, fine.roll(-1)
        slopes = (right - left) / 2
        self.values = torch.stack([middle, slopes, right, slopes.roll(-1)], 1)

    def at(self, times: Tensor) -> Tensor:
        """Samples at fractional times (float64, any shape), by a cubic through values and slopes
        (Catmull & Rom 1974)."""
        places = (times - self.start) * OVERSAMPLING
        whole = places.floor().clamp(0, len(self.values) - 1)
        x = (places - whole).float()
        value, slope, next_value, next_slope = self.values[whole.long()].unbind(-1)
        rise = next_value - value
        bend = 3.0 * rise - 2.0 * slope - next_slope
        twist = slope + next_slope - 2.0 * rise
        return value + x * (slope + x * (bend + x * twist))


def _slope(f0_hz: Tensor, is_voiced: Tensor) -> Tensor:
    """Change of the frequency per frame, `[N]`; 0 beside unvoiced frames and jumps."""
    padded = nn.functional.pad(f0_hz, (1, 1))
    known = nn.functional.pad(is_voiced, (1, 1))
    slope = (padded[2:] - padded[:-2]) / 2
    is_smooth = slope.abs() < 0.1 * f0_hz
    return torch.where(known[2:] & known[:-2] & is_voiced & is_smooth, slope, 0.0)


def _smoothed(powers: Tensor) -> Tensor:
    """Means over five frames `[N, M]`: a power of noise from one frame alone is off by 6 dB."""
    weights = torch.tensor([1.0, 2.0, 3.0, 2.0, 1.0]) / 9.0
    padded = nn.functional.pad(powers.T.unsqueeze(1), (2, 2), mode="replicate")
    return nn.functional.conv1d(padded, weights.reshape(1, 1, 5)).squeeze(1).T
