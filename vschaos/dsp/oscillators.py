"""Harmonic oscillators: frames of fundamental frequency and partial amplitudes -> sound."""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from vschaos.voices import with_rows

LOWEST_HZ = 8.0  # below MIDI note 0; what is no frequency becomes this
FADE_START = 0.9  # of the Nyquist frequency, from where partials fade out up to it


class HarmonicState(NamedTuple):
    """What the next hop continues.

    Attributes:
        phase: of the fundamental, cycles, -0.5..0.5, float64 `[B]`.
        f0_hz: of the last frame, float64 `[B]`; 0 before the first.
        amplitudes: of the last frame, faded below the Nyquist frequency, `[B, K]`.
    """

    phase: Tensor
    f0_hz: Tensor
    amplitudes: Tensor


class HarmonicOscillator(nn.Module):
    """Sines at the multiples of a fundamental frequency, added up by `HarmonicBank` or read from
    tables by `WavetableOscillator` (`vschaos.dsp.wavetable`).

    The controls of frame n are reached at sample `(n + 1) * hop_length`, by linear ramps from those
    of frame n - 1; the first hop of a sound rises from silence at the frequency of frame 0. The
    fundamental has one phase, in float64, the integral of its ramp in closed form; partial k has k
    times it, and begins at 0. Partials fade out linearly from 0.9 of the Nyquist frequency, where
    the frames are; one that jumps past it within a hop aliases while it fades, for a hop.

    The amplitudes are no signals of their own: the spectra of two neighbouring frames are rendered
    along the same phase and cross-faded.

    Args:
        sample_rate: Hz.
        hop_length: samples from frame to frame.
        num_partials: K.
    """

    powers: Tensor
    ramp: Tensor

    def __init__(self, sample_rate: int, hop_length: int = 256, num_partials: int = 100) -> None:
        super().__init__()
        if num_partials < 1:
            raise ValueError(f"num_partials must be 1 or more, got {num_partials}")
        self.hop_length = hop_length
        self.num_partials = num_partials
        self.lowest_hz = LOWEST_HZ
        self.fade_start = FADE_START
        self.sample_rate, self.nyquist_hz = sample_rate, sample_rate / 2
        time = torch.arange(hop_length, dtype=torch.float64)
        # cycles after j samples of a ramp from f to f + d over H samples: f j + d j^2 / (2 H)
        powers = torch.stack([torch.ones_like(time), time, time.square() / (2 * hop_length)])
        self.register_buffer("powers", powers, persistent=False)
        self.register_buffer("ramp", (time / hop_length).float(), persistent=False)

    def forward(self, f0_hz: Tensor, amplitudes: Tensor) -> Tensor:
        """A sound from silence.

        Args:
            f0_hz: `[B, N]`, clipped to 8 Hz..Nyquist; in float64 if a hundredth of a cent matters.
            amplitudes: peak amplitudes of the partials `[B, K, N]`; not finite ones are 0.

        Returns:
            `[B, N * hop_length]`, in the precision of the amplitudes.
        """
        return self.continued(f0_hz, amplitudes, self.silence(amplitudes))[0]

    @torch.jit.export
    def take_rate(self, sample_rate: int) -> None:
        """Plays the same frequencies at another rate, in Hz; hops keep their samples."""
        self.sample_rate, self.nyquist_hz = sample_rate, 0.5 * sample_rate

    @torch.jit.export
    def silence(self, amplitudes: Tensor) -> HarmonicState:
        """The state before the first frame of `amplitudes`, `[B, K, N]`."""
        zeros = torch.zeros(amplitudes.shape[0], device=amplitudes.device, dtype=torch.float64)
        return HarmonicState(zeros, zeros, torch.zeros_like(amplitudes[:, :, 0]))

    @torch.jit.export
    def continued(
        self, f0_hz: Tensor, amplitudes: Tensor, state: HarmonicState
    ) -> tuple[Tensor, HarmonicState]:
        """As `forward`, after what the state has played; and the state after it."""
        f0_hz = torch.nan_to_num(f0_hz.double(), self.lowest_hz)
        f0_hz = f0_hz.clamp(self.lowest_hz, self.nyquist_hz)
        amplitudes = torch.nan_to_num(amplitudes, 0.0, 0.0, 0.0).transpose(1, 2)
        amplitudes = amplitudes * self._audible(f0_hz).to(amplitudes.dtype)
        before = torch.where(state.f0_hz > 0.0, state.f0_hz, f0_hz[:, 0])
        frames = torch.cat([before.unsqueeze(1), f0_hz], 1)
        amplitudes = torch.cat([state.amplitudes.unsqueeze(1), amplitudes], 1)
        first, phase = self.advance(frames, state.phase)
        frames = frames / self.sample_rate
        ramps = torch.stack([first, frames[:, :-1], frames[:, 1:] - frames[:, :-1]], 2)
        audio = self._sum(ramps @ self.powers.double(), amplitudes)
        return audio.flatten(1), HarmonicState(phase, f0_hz[:, -1], amplitudes[:, -1])

    def _audible(self, f0_hz: Tensor) -> Tensor:
        """`[B, N]` -> gain of each partial below the Nyquist frequency, `[B, N, K]`."""
        partials = torch.arange(1, self.num_partials + 1, device=f0_hz.device)
        steepness = 1.0 / (1.0 - self.fade_start)
        fall = f0_hz.unsqueeze(2) * (partials.to(f0_hz.dtype) * (steepness / self.nyquist_hz))
        return (steepness - fall).clamp(0.0, 1.0)

    @torch.jit.export
    def advance(self, f0_hz: Tensor, phase: Tensor) -> tuple[Tensor, Tensor]:
        """Where the phase of the fundamental is at each frame.

        Args:
            f0_hz: of frames one hop apart, float64 `[B, N + 1]`.
            phase: at the first of them, cycles, float64 `[B]`.

        Returns:
            at the first N frames, `[B, N]`, and at the last, `[B]`; -0.5..0.5 cycles.
        """
        cycles = (f0_hz[:, :-1] + f0_hz[:, 1:]) * (0.5 * self.hop_length / self.sample_rate)
        after = torch.cumsum(cycles, 1) + phase.unsqueeze(1)
        first, last = after - cycles, after[:, -1]
        return first - first.round(), last - last.round()

    def _sum(self, phases: Tensor, amplitudes: Tensor) -> Tensor:
        """Phases of the fundamental in cycles `[B, N, H]` and frames of amplitudes `[B, N + 1, K]`
        -> `[B, N, H]`."""
        raise NotImplementedError


class HarmonicBank(HarmonicOscillator):
    """A sum of sines (Serra & Smith 1990).

    With `k = C * row + column`, `sin(k x)` is a sum of two products of the sines and cosines of
    `C * row * x` and `column * x`, so that `2 * sqrt(K)` sines a sample and one batched matrix
    product are enough for K partials.

    Example:
        >>> bank = HarmonicBank(44100, num_partials=3)
        >>> bank(torch.full([2, 10], 440.0), torch.ones(2, 3, 10)).shape
        torch.Size([2, 2560])
    """

    multiples: Tensor

    def __init__(self, sample_rate: int, hop_length: int = 256, num_partials: int = 100) -> None:
        super().__init__(sample_rate, hop_length, num_partials)
        self.num_columns = math.ceil(math.sqrt(num_partials))
        self.num_rows = math.ceil(num_partials / self.num_columns)
        columns = torch.arange(1, self.num_columns + 1)
        rows = torch.arange(self.num_rows) * self.num_columns
        multiples = torch.cat([columns, rows]).double().unsqueeze(1)
        self.register_buffer("multiples", multiples, persistent=False)

    def _sum(self, phases: Tensor, amplitudes: Tensor) -> Tensor:
        # wrapped in float64, a sine in float32 is exact to -130 dB
        cycles = phases.unsqueeze(2) * self.multiples
        angles = (cycles - cycles.round()).to(amplitudes.dtype) * (2.0 * math.pi)
        sines, cosines = torch.sin(angles), torch.cos(angles)  # [B, N, columns + rows, H]
        num = self.num_columns
        columns = torch.stack([cosines[:, :, :num], sines[:, :, :num]], 3).flatten(3)
        rows = torch.stack([sines[:, :, num:], cosines[:, :, num:]], 3)  # [B, N, rows, 2, H]
        lacking = self.num_rows * num - self.num_partials
        if lacking > 0:
            amplitudes = nn.functional.pad(amplitudes, [0, lacking])
        both = torch.stack([amplitudes[:, :-1], amplitudes[:, 1:]], 2)
        both = both.reshape(both.shape[0], both.shape[1], 2 * self.num_rows, num)
        inner = (both @ columns).unflatten(3, [2, self.hop_length]).unflatten(2, [2, self.num_rows])
        spectra = (inner * rows.unsqueeze(2)).sum([3, 4])  # [B, N, 2, H]
        return torch.lerp(spectra[:, :, 0], spectra[:, :, 1], self.ramp.to(spectra.dtype))


class StreamingHarmonicBank(nn.Module):
    """An oscillator on a stream, with the phase and the last frame of each voice of the batch."""

    phase: Tensor
    f0_hz: Tensor
    amplitudes: Tensor

    def __init__(self, bank: HarmonicOscillator) -> None:
        super().__init__()
        self.bank = bank
        zeros = torch.zeros(1, dtype=torch.float64)
        self.register_buffer("phase", zeros, persistent=False)
        self.register_buffer("f0_hz", zeros.clone(), persistent=False)
        amplitudes = torch.zeros(1, bank.num_partials)
        self.register_buffer("amplitudes", amplitudes, persistent=False)

    @torch.jit.export
    def take_rate(self, sample_rate: int) -> None:
        """As the oscillator; nothing breaks off."""
        self.bank.take_rate(sample_rate)

    @torch.jit.export
    def reset(self) -> None:
        """Clears all state: the next hop rises from silence."""
        self.phase = torch.zeros_like(self.phase)
        self.f0_hz = torch.zeros_like(self.f0_hz)
        self.amplitudes = torch.zeros_like(self.amplitudes)

    def forward(self, f0_hz: Tensor, amplitudes: Tensor) -> Tensor:
        """`[B, N]` and `[B, K, N]` -> `[B, N * hop_length]`, as the oscillator."""
        rows = f0_hz.shape[0]
        state = HarmonicState(
            with_rows(self.phase, rows),
            with_rows(self.f0_hz, rows),
            with_rows(self.amplitudes, rows),
        )
        audio, state = self.bank.continued(f0_hz, amplitudes, state)
        self.phase = state.phase
        self.f0_hz = state.f0_hz
        self.amplitudes = state.amplitudes
        return audio
