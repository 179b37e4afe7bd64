"""Partials and noise of a stream, at each hop: the live counterpart of the harmonic analysis."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from vschaos.dsp.loudness import REACH_SECONDS, AWeighting
from vschaos.dsp.pitch import note_to_hz
from vschaos.voices import with_rows

LEAST_PERIODS, LEAST_LENGTH = 4, 768  # of a frame, as far as its window holds them; samples
SEPARATING_PERIODS = 4  # from which a Hann window has bins that contain noise alone
VOICED = 0.5  # confidence from which a frame has partials
MOST_HALF_TAPS = 8  # to each side, of the filter that doubles the rate
LARGEST_SLOPE = 0.1  # of the frequency, from frame to frame; more is a jump
REACH = 2  # partials to each side that the noise under one is taken from
LOUDEST = 64.0  # of full scale: louder samples are clipped, so that nothing overflows
AT_A_TIME = 64  # frames of all voices together: some 10 MB


class PartialFrames(NamedTuple):
    """What a frame consists of; 0 in frames without a pitch.

    Attributes:
        amplitudes: peak amplitudes of the partials, `[B, K, N]`.
        noise: A-weighted mean square of what lies between them, `[B, N]`.
    """

    amplitudes: Tensor
    noise: Tensor


class PartialMeter(nn.Module):
    """Amplitudes of the partials at multiples of a tracked pitch, and the power of the noise.

    As in `vschaos.dsp.harmonic_analysis`, each frame is read at equal steps of the fundamental's
    *phase* over a whole number of periods, so that partials lie on every P-th bin of a Fourier
    transform, also while the pitch glides: the slope is that from the frame before, for a stream
    knows no frame to come. Of at least four periods, and at least 768 samples, a frame has a Hann
    window, whose bins two away from all partials contain noise alone. Where `window` holds only two
    or three periods, it is not tapered, and noise is what differs from period to period. The sound
    is read between its samples by a half-band filter and a cubic (Catmull & Rom 1974).

    Frame n is centred on sample `(n + 1) * hop_length - delay`, and does not depend on how the
    sound is cut into calls.

    Args:
        sample_rate: Hz.
        hop_length: samples from frame to frame.
        window: most samples of a frame, those of the pitch tracker beside it.
        num_partials: K; what is above the last one counts as noise.

    Attributes:
        delay: samples from the centre of a frame to the end of its hop.

    Raises:
        ValueError: the window is shorter than a hop.

    Example:
        >>> meter = PartialMeter(44100, num_partials=3)
        >>> sine = 0.3 * torch.sin(2 * torch.pi * 441 / 44100 * torch.arange(25600))[None]
        >>> tracked = torch.tensor([[69.039], [1.0]]).repeat(1, 1, 100)
        >>> frames = meter(sine, tracked)
        >>> [round(float(amplitude), 2) for amplitude in frames.amplitudes[0, :, 50]]
        [0.3, 0.0, 0.0]
    """

    half_band: Tensor
    steps: Tensor
    hann: Tensor
    past: Tensor
    before: Tensor

    def __init__(
        self,
        sample_rate: int = 44100,
        hop_length: int = 256,
        window: int = 2048,
        num_partials: int = 100,
    ) -> None:
        super().__init__()
        if not 1 <= hop_length <= window:
            raise ValueError(
                f"window of the partials must be at least hop_length, which must be at least 1; "
                f"got {window} and {hop_length}"
            )
        self.sample_rate, self.hop_length, self.window = sample_rate, hop_length, window
        self.num_partials = num_partials
        self.least_periods, self.least_length = LEAST_PERIODS, min(LEAST_LENGTH, window)
        self.separating, self.voiced = SEPARATING_PERIODS, VOICED
        # no later than the loudness meter beside it, at rates that the pitch tracker knows
        self.half_taps = max(min(round(REACH_SECONDS * sample_rate) - 2, MOST_HALF_TAPS), 1)
        self.largest_slope, self.reach = LARGEST_SLOPE, REACH
        self.loudest, self.at_a_time = LOUDEST, AT_A_TIME
        # two samples to each side of the window for the cubic
        self.length = window + 4
        self.delay = window // 2 + 2 + self.half_taps
        self.weighting = AWeighting()
        self.register_buffer("half_band", _half_band(self.half_taps)[None, None], persistent=False)
        steps = torch.arange(window, dtype=torch.float64) / window - 0.5
        self.register_buffer("steps", steps, persistent=False)
        self.register_buffer("hann", torch.hann_window(window), persistent=False)
        before = self.length - hop_length + 2 * self.half_taps
        self.register_buffer("past", torch.zeros(1, before), persistent=False)
        # frequency and confidence of the last frame
        self.register_buffer("before", torch.zeros(1, 2, 1).double(), persistent=False)

    @torch.jit.export
    def take_rate(self, sample_rate: int) -> None:
        """Measures sound of another rate, in Hz; windows keep their samples."""
        self.sample_rate = sample_rate

    @torch.jit.export
    def reset(self) -> None:
        """Clears all state."""
        self.past = torch.zeros_like(self.past)
        self.before = torch.zeros_like(self.before)

    def forward(self, audio: Tensor, tracked: Tensor) -> PartialFrames:
        """Goes on from the call before.

        Args:
            audio: `[B, N * hop_length]`.
            tracked: note and confidence at the centres of the frames, `[B, 2, N]`.
        """
        sound = torch.nan_to_num(audio, 0.0, 0.0, 0.0).clamp(-self.loudest, self.loudest)
        stream = torch.cat([with_rows(self.past, sound.shape[0]), sound], 1)
        self.past = stream[:, sound.shape[1] :].clone()
        hertz = note_to_hz(tracked[:, 0].double())
        now = torch.stack([hertz, tracked[:, 1].double()], 1)
        frames = torch.cat([with_rows(self.before, now.shape[0]), now], 2)
        self.before = now[:, :, -1:].clone()
        amplitudes: list[Tensor] = []
        noise: list[Tensor] = []
        step = max(self.at_a_time // max(sound.shape[0], 1), 1)
        for first in range(0, now.shape[2], step):
            part = frames[:, :, first : first + step + 1]
            end = (first + part.shape[2] - 1) * self.hop_length + self.past.shape[1]
            found = self._measure(stream[:, first * self.hop_length : end], part)
            amplitudes.append(found.amplitudes)
            noise.append(found.noise)
        return PartialFrames(torch.cat(amplitudes, 2), torch.cat(noise, 1))

    def _measure(self, stream: Tensor, frames: Tensor) -> PartialFrames:
        """Sound and frequency and confidence, one frame earlier included."""
        rows, num = frames.shape[0], frames.shape[2] - 1
        is_voiced = frames[:, 1] >= self.voiced
        hertz, slope = frames[:, 0, 1:], frames[:, 0, 1:] - frames[:, 0, :-1]
        is_smooth = (
            is_voiced[:, 1:] & is_voiced[:, :-1] & (slope.abs() < self.largest_slope * hertz)
        )
        slope = torch.where(is_smooth, slope, torch.zeros_like(slope))
        is_voiced = is_voiced[:, 1:].flatten()
        hertz, slope = hertz.flatten(), slope.flatten() / self.hop_length
        # no frequency but those of which the window holds two periods and half a sample rate
        lowest = 2.0 * self.sample_rate / self.window
        hertz = torch.nan_to_num(hertz, lowest).clamp(lowest, 0.45 * self.sample_rate)
        held = (self.window * hertz / self.sample_rate + 1e-6).floor()
        wanted = (self.least_length * hertz / self.sample_rate).ceil()
        periods = torch.minimum(wanted.clamp_min(self.least_periods), held)
        powers, is_tapered = self._spectra(self._doubled(stream), hertz, slope, periods)
        found = self._split(powers, hertz, periods.long(), is_tapered, is_voiced)
        amplitudes = found.amplitudes.unflatten(0, [rows, num]).transpose(1, 2)
        return PartialFrames(amplitudes, found.noise.unflatten(0, [rows, num]))

    def _doubled(self, stream: Tensor) -> Tensor:
        """The samples of each frame, and those between them: `[B * N, 2 * length]`."""
        between = nn.functional.conv1d(stream.unsqueeze(1), self.half_band).squeeze(1)
        samples = stream[:, self.half_taps - 1 :][:, : between.shape[1]]
        both = torch.stack([samples, between], 2).flatten(1)
        return both.unfold(1, 2 * self.length, 2 * self.hop_length).flatten(0, 1)

    def _spectra(
        self, sound: Tensor, hertz: Tensor, slope: Tensor, periods: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Squared magnitudes `[n, window / 2 + 1]`, in which a sine of amplitude a has a^2, and
        whether a frame has a Hann window, `[n, 1]`."""
        cycles = periods.unsqueeze(1) * self.steps  # 0 in the middle
        frequency = hertz.unsqueeze(1) / self.sample_rate
        bend = 2.0 * (slope.unsqueeze(1) / self.sample_rate) * cycles
        # the time at which a phase is reached: f t + s t^2 / 2 = cycles
        root = (frequency.square() + bend).clamp_min(0.0).sqrt()
        times = (2.0 * cycles / (frequency + root)).float()
        times = times.clamp(-0.5 * self.window, 0.5 * self.window)
        places = 2.0 * (times + 0.5 * self.length)
        whole = places.floor()
        x = places - whole
        index = whole.long().clamp(1, 2 * self.length - 3)
        a, b = sound.gather(1, index - 1), sound.gather(1, index)
        c, d = sound.gather(1, index + 1), sound.gather(1, index + 2)
        bent = 2.0 * a - 5.0 * b + 4.0 * c - d + x * (3.0 * (b - c) + d - a)
        values = b + 0.5 * x * (c - a + x * bent)
        is_tapered = (periods >= self.separating).unsqueeze(1)
        tapered = torch.where(is_tapered, values * (2.0 * self.hann), values)
        spectra = torch.fft.rfft(tapered) * (2.0 / self.window)
        return spectra.real.square() + spectra.imag.square(), is_tapered

    def _split(
        self, powers: Tensor, hertz: Tensor, periods: Tensor, is_tapered: Tensor, is_voiced: Tensor
    ) -> PartialFrames:
        """Amplitudes `[n, K]` and power of the noise `[n]`."""
        width = periods.unsqueeze(1)
        bins = torch.arange(powers.shape[1], device=powers.device)
        spacing = (hertz / periods).float().unsqueeze(1)
        frequency = bins * spacing
        phase = bins % width
        distance = torch.minimum(phase, width - phase)
        is_low = bins <= (self.num_partials + 0.5) * width
        is_clean = torch.where(is_tapered, distance >= 2, distance >= 1)
        is_noise = (is_clean | ~is_low) & (frequency < 0.5 * self.sample_rate) & (bins > 0)
        between = powers * is_noise
        # bins around the partials are as noisy as those between them
        left_out = torch.where(is_tapered, width - 3, width - 1).clamp_min(1)
        weights = torch.where(is_low, width / left_out, 1.0) * self.weighting(frequency)
        # a sine of amplitude a has the power a^2 / 2; a Hann window spreads noise over 1.5 bins
        spread = torch.where(is_tapered, 3.0, 2.0)
        noise = ((between * weights).sum(1, keepdim=True) / spread).squeeze(1)
        multiples = torch.arange(1, self.num_partials + 1, device=powers.device)
        places = multiples * width
        last = powers.shape[1] - 1
        is_there = (places <= last) & (multiples * spacing * width < 0.5 * self.sample_rate)
        low, high = (places - self.reach * width).clamp(0, last), places + self.reach * width
        high = high.clamp(0, last)
        sums, counts = between.cumsum(1), is_noise.float().cumsum(1)
        under = (sums.gather(1, high) - sums.gather(1, low)).clamp_min(0.0)
        under = under / (counts.gather(1, high) - counts.gather(1, low)).clamp_min(1.0)
        power = (powers.gather(1, places.clamp(0, last)) - under).clamp_min(0.0)
        there = is_there & is_voiced.unsqueeze(1)
        amplitudes = torch.where(there, power.sqrt(), torch.zeros_like(power))
        return PartialFrames(amplitudes, noise * is_voiced)


def _half_band(reach: int) -> Tensor:
    """Taps `[2 * reach]` that give the sound half a sample after a sample: a sinc under a
    Kaiser window (Kaiser 1974), 60 dB down."""
    places = torch.arange(2 * reach, dtype=torch.float64) - reach + 0.5
    ratio = (places / reach).square()
    window = torch.special.i0(6.0 * (1.0 - ratio).sqrt()) / torch.special.i0(torch.tensor(6.0))
    taps = torch.sinc(places) * window
    return (taps / taps.sum()).float()
