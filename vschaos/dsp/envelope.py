"""Envelopes of exponential segments, at the rate of the sound, for a gate at that rate."""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

GATE_THRESHOLD = 0.004  # half of MIDI's softest velocity
CURVE = 3.0  # time constants in an attack
DECADES = math.log(1000.0)  # time constants until -60 dB
LONGEST_AGE = 1 << 30  # samples; what never began is so old


class GateState(NamedTuple):
    """What the next block continues.

    Attributes:
        is_on: at the last sample, bool `[B]`.
        age: samples since the last onset, int64 `[B]`; `LONGEST_AGE` if there was none.
    """

    is_on: Tensor
    age: Tensor


class Gates(NamedTuple):
    """A gate, read.

    Attributes:
        is_on: bool `[B, T]`.
        age: samples since the last onset, int64 `[B, T]`; 0 at an onset.
        was_played: whether there was an onset before, bool `[B, T]`.
    """

    is_on: Tensor
    age: Tensor
    was_played: Tensor


class Segments(NamedTuple):
    """An envelope as a recurrence `s[n] = factor[n] s[n - 1] + offset[n]`, `[B, T]` each."""

    factor: Tensor
    offset: Tensor


class GateReader(nn.Module):
    """Finds the onsets of a gate: where it rises above `GATE_THRESHOLD`."""

    def __init__(self) -> None:
        super().__init__()
        self.threshold, self.longest_age = GATE_THRESHOLD, LONGEST_AGE

    def forward(self, gate: Tensor, state: GateState) -> tuple[Gates, GateState]:
        """`[B, T]` and the state before -> what is to know about each sample, and the state."""
        length = gate.shape[1]
        is_on = gate > self.threshold
        was_on = torch.cat([state.is_on.unsqueeze(1), is_on[:, :-1]], 1)
        places = torch.arange(length, device=gate.device)
        none = -state.age.unsqueeze(1) - 1  # where the last onset of earlier blocks was
        marks = torch.where(is_on & ~was_on, places, none)
        last = torch.cummax(marks, 1)[0]
        age = (places - last).clamp_max(self.longest_age)
        was_played = torch.cat([none, last[:, :-1]], 1) > -self.longest_age
        return Gates(is_on, age, was_played), GateState(is_on[:, -1], age[:, -1])

    @torch.jit.export
    def silence(self, batch: int) -> GateState:
        """The state before a sound."""
        return GateState(
            torch.zeros([batch], dtype=torch.bool),
            torch.full([batch], self.longest_age, dtype=torch.int64),
        )


class ADSR(nn.Module):
    """Attack, decay, sustain and release.

    From an onset on the envelope rises for the time of the attack, to 1 if it was silent: along an
    exponential that aims higher. Then it decays to the level of `sustain`, and when the gate ends
    to 0: by 60 dB of its way in the given time. A new onset goes on from where it is, and ends
    5 % above 1 at most.

    An attack ends between two samples: that sample is part attack and part decay, so the envelope
    is a continuous function of all times, and its gradient that of the curve.

    Args:
        sample_rate: Hz.
    """

    def __init__(self, sample_rate: int) -> None:
        super().__init__()
        self.sample_rate = float(sample_rate)
        self.curve, self.decades = CURVE, DECADES
        self.peak = 1.0 / (1.0 - math.exp(-CURVE))

    @torch.jit.export
    def take_rate(self, sample_rate: int) -> None:
        """Plays the same at another rate, in Hz."""
        self.sample_rate = float(sample_rate)

    def forward(
        self, gates: Gates, attack: Tensor, decay: Tensor, sustain: Tensor, release: Tensor
    ) -> Segments:
        """The recurrence of an envelope, to be run by `vschaos.dsp.scan.decay_scan`.

        Args:
            gates: `[B, T]`.
            attack, decay, release: seconds, above 0, `[B or 1, T or 1]`.
            sustain: 0..1, as those.
        """
        rise_length = attack * self.sample_rate
        # the share of each sample that belongs to an attack
        rising = (rise_length - gates.age).clamp(0.0, 1.0) * gates.is_on
        falling = self.decades / torch.where(gates.is_on, decay, release)
        level = sustain * gates.is_on
        risen = torch.exp(rising * (-self.curve / rise_length))
        fallen = torch.exp((rising - 1.0) * (falling / self.sample_rate))
        offset = (self.peak - self.peak * risen) * fallen + (level - level * fallen)
        return Segments(risen * fallen, offset)
