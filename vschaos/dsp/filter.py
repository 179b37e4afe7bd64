"""A resonant filter whose cutoff, resonance and type may change with every sample."""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from vschaos.dsp.scan import affine_scan

LOWEST_HZ, HIGHEST_HZ = 20.0, 18000.0  # of the cutoff
HIGHEST_SHARE = 0.45  # of the sample rate


class Responses(NamedTuple):
    """Outputs of a state-variable filter, `[B, T]` each; the band has a gain of 1 at its peak."""

    low: Tensor
    band: Tensor
    high: Tensor


class StateVariableFilter(nn.Module):
    """Two poles, discretised by the trapezoidal rule (Zavalishin, The Art of VA Filter Design,
    2012, section 4.3).

    Its state is the charge of two integrators, which makes it stable under any change of the
    cutoff, also at audio rate. One sample is an affine map of that state, so that a sound is a
    scan, differentiable in all that goes in.

    Args:
        sample_rate: Hz.

    Example:
        >>> lowpass = StateVariableFilter(44100)
        >>> constant = torch.ones(1, 4096)
        >>> responses, state = lowpass(
        ...     constant, torch.full([1, 1], 1000.0), torch.full([1, 1], 0.7), torch.zeros(1, 2)
        ... )
        >>> round(float(responses.low[0, -1]), 3), abs(round(float(responses.high[0, -1]), 3))
        (1.0, 0.0)
    """

    def __init__(self, sample_rate: int) -> None:
        super().__init__()
        self.lowest_hz, self.highest_cutoff_hz = LOWEST_HZ, HIGHEST_HZ
        self.highest_share = HIGHEST_SHARE
        self.angle, self.highest_hz = 0.0, 0.0
        self.take_rate(sample_rate)

    @torch.jit.export
    def take_rate(self, sample_rate: int) -> None:
        """Plays the same at another rate, in Hz."""
        self.angle = math.pi / sample_rate
        self.highest_hz = min(self.highest_cutoff_hz, self.highest_share * sample_rate)

    def forward(
        self,
        audio: Tensor,
        cutoff_hz: Tensor,
        resonance: Tensor,
        state: Tensor,
        is_active: Tensor | None = None,
    ) -> tuple[Responses, Tensor]:
        """Filters a sound.

        Args:
            audio: `[B, T]`, T a multiple of `vschaos.dsp.scan.CHUNK`.
            cutoff_hz: `[B or 1, T or 1]`, clipped to 20..18,000 Hz.
            resonance: Q, from 0.5 on, `[B or 1, T or 1]`; the low output has a gain of Q at the
                cutoff.
            state: of the two integrators, `[B, 2]`; 0 before a sound.
            is_active: 1, or 0 where the state is cleared, `[B, T]`.

        Returns:
            the outputs, and the state after them.
        """
        cutoff = cutoff_hz.clamp(self.lowest_hz, self.highest_hz)
        gain = torch.tan(cutoff * self.angle)
        damping = 1.0 / resonance
        gain_damping = gain + damping
        first = 1.0 / (1.0 + gain * gain_damping)  # a1, a2 and a3 of Simper (2013)
        second = gain * first
        third = gain * second
        twice = second + second
        down = 1.0 - 2.0 * third
        matrix = torch.stack([2.0 * first - 1.0, -twice, twice, down], 2)
        matrices = matrix.unflatten(2, [2, 2]).expand(audio.shape[0], audio.shape[1], 2, 2)
        offsets = torch.stack([twice, 1.0 - down], 2) * audio.unsqueeze(2)
        if is_active is not None:
            matrices = matrices * is_active.unsqueeze(2).unsqueeze(3)
            offsets = offsets * is_active.unsqueeze(2)
        states = affine_scan(matrices, offsets, state)
        before = torch.cat([state.unsqueeze(1), states[:, :-1]], 1)
        # the outputs are half-way between the states, as the rule is
        band = (states[:, :, 0] + before[:, :, 0]) * 0.5
        low = (states[:, :, 1] + before[:, :, 1]) * 0.5
        band = damping * band
        return Responses(low, band, audio - band - low), states[:, -1]

    @torch.jit.export
    def morphed(self, responses: Responses, position: Tensor) -> Tensor:
        """Low (0), band (0.5), high (1) and all between: `position` is `[B or 1, T or 1]`."""
        place = 2.0 * position - 1.0
        low = (-place).clamp_min(0.0)
        high = place.clamp_min(0.0)
        outer = low * responses.low + high * responses.high
        return outer + (1.0 - low - high) * responses.band
