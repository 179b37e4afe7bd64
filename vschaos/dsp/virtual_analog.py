"""Sine, saw and pulse without aliasing, at audio-rate pitch, width and phase modulation."""

import math

import torch
from torch import Tensor, nn

OVERSAMPLING = 2
NUM_TAPS = 63  # of the decimator
KAISER_BETA = 8.0  # its stop band: -80 dB
HIGHEST_STEP = 0.25  # cycles per oversampled sample, where the corrections of two steps meet
LOWEST_STEP = 1e-6


def saw(place: Tensor, step: Tensor) -> Tensor:
    """A falling step at every whole number of cycles, band-limited, and a line between: -1..1.

    The step is that of an integrated cubic B-spline, four samples wide, the residual of which is
    the four-point polyBLEP (Valimaki, Pekonen & Nam 2012). Its spectrum falls as sinc to the 4th:
    0.7 dB at 10 kHz where 44.1 kHz are oversampled twice.

    Args:
        place: distance from the nearest whole cycle, -0.5..0.5.
        step: cycles from sample to sample, above 0 and at most 0.25.
    """
    distance = place.abs() / step
    outer = (2.0 - distance).clamp_min(0.0).square().square()
    inner = (1.0 - distance).clamp_min(0.0).square().square()
    # the truncated powers of the B-spline
    residual = torch.sub(outer, inner, alpha=4.0) / 12.0 - 1.0
    return torch.addcmul(2.0 * place, torch.sign(place), residual)


class Oscillator(nn.Module):
    """Waves of the phases that they are given, at twice the sample rate.

    Example:
        >>> oscillator = Oscillator()
        >>> phase = torch.arange(800, dtype=torch.float64)[None] / 400
        >>> full = lambda value: torch.full([1, 1], value)
        >>> square = oscillator(phase, torch.zeros(1), full(2.0), full(0.5))
        >>> [round(float(square[0, n]), 3) for n in (100, 300)]
        [-1.0, 1.0]
    """

    def __init__(self) -> None:
        super().__init__()
        self.lowest_step, self.highest_step = LOWEST_STEP, HIGHEST_STEP
        self.cycle = 2.0 * math.pi

    def forward(self, phase: Tensor, before: Tensor, shape: Tensor, width: Tensor) -> Tensor:
        """Waves from phases.

        Args:
            phase: cycles, float64 `[..., T]`; may run in any direction.
            before: the phase before the first sample, `[...]`.
            shape: 0 sine, 1 saw, 2 pulse, and all between; broadcasts against `phase`.
            width: of the pulse, the share of a cycle that it is low, as `shape`.

        Returns:
            `[..., T]` in the precision of `shape`.
        """
        steps = phase - torch.cat([before.unsqueeze(-1), phase[..., :-1]], -1)
        steps = steps.abs().clamp(self.lowest_step, self.highest_step).to(shape.dtype)
        place = (phase - phase.round()).to(shape.dtype)
        places = torch.stack([place, place + width])
        first, second = saw(places - places.round(), steps).unbind(0)
        sine = torch.sin(place * -self.cycle)  # as the fundamental of the saw
        toward_pulse = (shape - 1.0).clamp_min(0.0)
        return torch.lerp(sine, first, shape - toward_pulse) - toward_pulse * second

    @torch.jit.export
    def sine(self, phase: Tensor) -> Tensor:
        """Of phases in cycles, float64."""
        return torch.sin((phase - phase.round()) * self.cycle)


class Decimator(nn.Module):
    """Every second sample of a sound, below half of the lower rate: a half-band FIR of 63 taps.

    It is flat up to 0.4 of the lower rate, attenuates by 80 dB from 0.6 on, and delays by 15.5
    samples of the lower rate.
    """

    taps: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.num_before = NUM_TAPS - 1
        time = torch.arange(NUM_TAPS, dtype=torch.float64) - NUM_TAPS // 2
        window = torch.kaiser_window(NUM_TAPS, False, KAISER_BETA, dtype=torch.float64)
        taps = torch.special.sinc(time / OVERSAMPLING) * window
        self.register_buffer("taps", (taps / taps.sum())[None, None], persistent=False)

    def forward(self, audio: Tensor, before: Tensor) -> tuple[Tensor, Tensor]:
        """`[B, 2 T]` and the last 62 samples before, `[B, 62]` -> `[B, T]`, and the last 62."""
        joined = torch.cat([before, audio], 1)
        taps = self.taps.to(audio.dtype)
        output = nn.functional.conv1d(joined.unsqueeze(1), taps, stride=2).squeeze(1)
        return output[:, : audio.shape[1] // 2], joined[:, -self.num_before :]
