"""Loudness of a stream: the A-weighted level (IEC 61672-1) of a window at each hop."""

import math

import torch
from torch import Tensor, nn

from vschaos.voices import with_rows

LOWEST_DB, HIGHEST_DB = -80.0, 0.0
# poles of the A-weighting in Hz, and its level at 1 kHz in dB (IEC 61672-1, Annex E)
POLES_HZ = (20.598997, 107.65265, 737.86223, 12194.217)
LEVEL_AT_1_KHZ_DB = -2.0
LOUDEST = 64.0  # of full scale: louder samples are clipped, so that nothing overflows
REACH_SECONDS = 0.35e-3  # of the low-pass to each side: .05 dB from the curve up to 16 kHz
AT_A_TIME = 1024  # frames of all voices together


class LoudnessMeter(nn.Module):
    """A-weighted level of each hop of a sound or stream, dB(A) re full scale, -80 to 0.

    0 dB is a mean square of 1, so a sine of amplitude 1 at 1 kHz has -3.01 dB. The sound is
    weighted by a filter, for in the spectrum of a short window frequencies below 100 Hz are too
    near each other; then squares are averaged by the square of a Hann window. The four zeros and
    poles of the standard's high-pass are a recursive filter, its poles at 12 kHz, which no bilinear
    transform keeps, a short symmetric one.

    Frame n describes the `window` samples before sample `(n + 1) * hop_length`. A frame does not
    depend on how the sound is cut into calls: all is computed in float64.

    Args:
        sample_rate: Hz.
        hop_length: samples from frame to frame.
        window: samples of a frame, at least `hop_length`: those of the pitch tracker beside it.

    Attributes:
        delay: samples from the centre of a frame to the end of its hop.

    Raises:
        ValueError: the window is shorter than a hop, or the hop than 1.

    Example:
        >>> meter = LoudnessMeter(44100, 256, 2048)
        >>> seconds = torch.arange(172 * 256) / 44100
        >>> levels = meter(0.1 * torch.sin(2 * math.pi * 1000 * seconds)[None])
        >>> levels.shape, round(levels[0, 0, -1].item(), 1)
        (torch.Size([1, 1, 172]), -23.0)
    """

    low_pass: Tensor
    high_pass: Tensor
    of_state: Tensor
    taper: Tensor
    past: Tensor
    state: Tensor
    powers: Tensor

    def __init__(self, sample_rate: int = 44100, hop_length: int = 256, window: int = 2048) -> None:
        super().__init__()
        if not 1 <= hop_length <= window:
            raise ValueError(
                f"window of the loudness must be at least hop_length, which must be at least 1; "
                f"got {window} and {hop_length}"
            )
        self.hop_length = hop_length
        self.window = window
        self.lowest_db, self.highest_db, self.loudest = LOWEST_DB, HIGHEST_DB, LOUDEST
        self.at_a_time = AT_A_TIME
        reach = max(round(REACH_SECONDS * sample_rate), 2)
        self.delay = window // 2 + reach
        low_pass = _low_pass(sample_rate, reach)
        self.register_buffer("low_pass", low_pass[None, None], persistent=False)
        self.high_pass_poles_hz = [POLES_HZ[k] for k in (0, 0, 1, 2)]
        self.register_buffer("high_pass", torch.zeros(0), persistent=False)
        self.register_buffer("of_state", torch.zeros(0), persistent=False)
        self.take_rate(sample_rate)
        taper = torch.hann_window(window + 1, dtype=torch.float64)[1:].square()
        self.register_buffer("taper", taper / taper.sum(), persistent=False)
        nothing = torch.zeros(1, 2 * reach, dtype=torch.float64)
        self.register_buffer("past", nothing, persistent=False)
        self.register_buffer("state", nothing.new_zeros(1, 4), persistent=False)
        self.register_buffer("powers", nothing.new_zeros(1, window - hop_length), persistent=False)

    @torch.jit.export
    def take_rate(self, sample_rate: int) -> None:
        """Weights sound of another rate, in Hz; the window keeps its samples. The poles at 12 kHz
        alone move with the rate: trained at 44.1 kHz, 8 kHz counts 0.4 dB too much at 48 kHz and
        2.4 dB at 96 kHz, 1 kHz 0.05 dB at most."""
        response = self._high_pass_of_a_hop(sample_rate)
        self.high_pass, self.of_state = response[: self.hop_length], response[self.hop_length :]

    @torch.jit.export
    def reset(self) -> None:
        """Clears all state."""
        self.past = torch.zeros_like(self.past)
        self.state = torch.zeros_like(self.state)
        self.powers = torch.zeros_like(self.powers)

    def forward(self, audio: Tensor) -> Tensor:
        """`[B, N * hop_length]` -> `[B, 1, N]`, float32; goes on from the call before."""
        step = max(self.at_a_time // max(audio.shape[0], 1), 1) * self.hop_length
        parts = [
            self._levels(audio[:, first : first + step]) for first in range(0, audio.shape[1], step)
        ]
        return torch.cat(parts, dim=2)

    def _levels(self, audio: Tensor) -> Tensor:
        power = torch.cat(
            [with_rows(self.powers, audio.shape[0]), self.weighted(audio).square()], dim=1
        )
        self.powers = power[:, audio.shape[1] :].clone()
        mean = torch.matmul(power.unfold(1, self.window, self.hop_length), self.taper)
        levels = 10.0 * torch.log10(mean.clamp_min(1e-30))
        return levels.clamp(self.lowest_db, self.highest_db)[:, None].float()

    def weighted(self, audio: Tensor) -> Tensor:
        """The sound through the A-weighting, `[B, T]` -> `[B, T]`, float64, `delay` less half a
        window late; goes on from the call before."""
        rows, hop = audio.shape[0], self.hop_length
        # float64 first: what is infinite must not have become so by rounding
        sound = torch.nan_to_num(audio.double(), 0.0, 0.0, 0.0).clamp(-self.loudest, self.loudest)
        stream = torch.cat([with_rows(self.past, rows), sound], dim=1)
        self.past = stream[:, sound.shape[1] :].clone()
        smooth = nn.functional.conv1d(stream[:, None], self.low_pass)
        hops = torch.matmul(smooth.reshape(rows, -1, hop), self.high_pass)  # [B, N, hop + 4]
        state = with_rows(self.state, rows)
        parts = []
        for hop_and_state in hops.unbind(1):
            whole = torch.addmm(hop_and_state, state, self.of_state)
            state = whole[:, hop:]
            parts.append(whole[:, :hop])
        self.state = state.clone()
        return torch.cat(parts, dim=1)

    def _high_pass_of_a_hop(self, sample_rate: int) -> Tensor:
        """The recursive filter of a hop as a matrix `[hop_length + 4, hop_length + 4]`: rows are
        the samples of a hop and the state before it, columns the output and the state after it.

        Four sections, each with a zero at 0 Hz and a pole of the standard's, by the bilinear
        transform: y = gain (x - x before) + pole (y before), with gain 1 at the Nyquist frequency.
        All columns of the identity go through them at once.
        """
        hop = self.hop_length
        unit = torch.eye(hop + 4, dtype=torch.float64)
        states = list(unit[:, hop:].unbind(1))
        outputs: list[Tensor] = []
        for sample in unit[:, :hop].unbind(1):
            passed = sample
            for number, pole_hz in enumerate(self.high_pass_poles_hz):
                tangent = math.tan(math.pi * pole_hz / sample_rate)
                gain, pole = 1.0 / (1.0 + tangent), (1.0 - tangent) / (1.0 + tangent)
                entered, passed = passed, gain * passed + states[number]
                states[number] = pole * passed - gain * entered
            outputs.append(passed)
        return torch.stack(outputs + states, dim=1)


def a_weighting(frequencies_hz: Tensor) -> Tensor:
    """Gains of the A-weighting for powers, `[F] -> [F]`: 1 at 1 kHz (IEC 61672-1, Annex E).

    Example:
        >>> gains = a_weighting(torch.tensor([100.0, 1000.0, 10000.0]).double())
        >>> [round(gain, 1) for gain in (10 * torch.log10(gains)).tolist()]
        [-19.1, 0.0, -2.5]
    """
    gains: Tensor = AWeighting()(frequencies_hz)
    return gains


class AWeighting(nn.Module):
    """`a_weighting` as a part of scripted modules."""

    def __init__(self) -> None:
        super().__init__()
        self.squared_poles = [pole**2 for pole in POLES_HZ]
        self.gain = 10 ** (-LEVEL_AT_1_KHZ_DB / 10)

    def forward(self, frequencies_hz: Tensor) -> Tensor:
        """Hz -> gains for powers, of the same shape."""
        f1, f2, f3, f4 = self.squared_poles
        squared = frequencies_hz.square()
        outer = squared * (squared / ((squared + f1) * (squared + f4)))
        return outer.square() * (f4 * f4 * self.gain) / ((squared + f2) * (squared + f3))


def _low_pass(sample_rate: int, reach: int) -> Tensor:
    """Taps `[2 * reach + 1]`, symmetric, of the two poles at 12 kHz and the level at 1 kHz: least
    squares of the relative error up to 95 % of the Nyquist frequency."""
    frequency = torch.linspace(0, 0.475, 512, dtype=torch.float64)  # cycles per sample
    wanted = 1 / (1 + (frequency * sample_rate / POLES_HZ[3]).square())
    cosines = torch.cos(2 * math.pi * frequency[:, None] * torch.arange(reach + 1))
    cosines[:, 1:] *= 2
    half = torch.linalg.lstsq(cosines / wanted[:, None], torch.ones(512, 1).double()).solution[:, 0]
    taps = torch.cat([half.flip(0), half[1:]])
    return taps * 10 ** (-LEVEL_AT_1_KHZ_DB / 20)
