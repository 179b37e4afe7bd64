"""The amplifier of a note in closed form: a sound that was rendered once gets other envelopes.

The amplifier is the last module of a voice. What comes into it takes nearly all of the time, and is
the same whatever the envelope of the level and the tremolo are.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from vschaos.dsp.envelope import CURVE, DECADES
from vschaos.dsp.low_frequency import LowFrequencyOscillator

SHAPED = ("attack", "decay", "sustain", "release", "lfo_level")  # what the amplifier makes
# an open amplifier: the shortest attack, no decay, the longest release, no tremolo
OPEN = {"attack": 1.0, "decay": 500.0, "sustain": 1.0, "release": 10000.0, "lfo_level": 0.0}

AT_A_TIME = 4  # sounds


def opened(parameters: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same parameters `[B]` with an open amplifier, for sounds that `shaped` takes."""
    return {
        name: torch.full_like(values, OPEN[name]) if name in OPEN else values
        for name, values in parameters.items()
    }


def shaped(audio: Tensor, parameters: Mapping[str, Tensor], held: int, sample_rate: int) -> Tensor:
    """Sounds `[B, T]` of an open amplifier as they are with its parameters `[B]`.

    Args:
        held: samples until the note is released.
        sample_rate: Hz.
    """
    if len(audio) > AT_A_TIME:  # which stay in the processor's cache
        sounds = audio.split(AT_A_TIME)
        rows = zip(*(values.split(AT_A_TIME) for values in parameters.values()), strict=True)
        named = (dict(zip(parameters, some, strict=True)) for some in rows)
        parts = [shaped(*two, held, sample_rate) for two in zip(sounds, named, strict=True)]
        return torch.cat(parts)
    length = audio.shape[1]
    wanted = {name: parameters[name].unsqueeze(1) for name in SHAPED}
    open_ones = {name: torch.full([1, 1], value) for name, value in OPEN.items()}
    gain = envelope(wanted, length, held, sample_rate)
    gain = gain / envelope(open_ones, length, held, sample_rate)
    rate, shape = (parameters[name].unsqueeze(1) for name in ("lfo_rate", "lfo_shape"))
    phase = torch.zeros(len(audio), dtype=torch.float64)
    lfo, _ = LowFrequencyOscillator(sample_rate)(rate, shape, length, phase)
    return audio * gain * (1.0 - wanted["lfo_level"] * (0.5 - 0.5 * lfo))


def envelope(values: Mapping[str, Tensor], length: int, held: int, sample_rate: int) -> Tensor:
    """The envelope of `vschaos.dsp.envelope.ADSR` for one note from silence, `[B, length]`.

    Args:
        values: `attack`, `decay` and `release` in ms, `sustain`, `[B, 1]` each.
        held: samples until the note is released.
        sample_rate: Hz.
    """
    time = torch.arange(1, length + 1)
    attack, decay, release = (
        0.001 * sample_rate * values[part] for part in ("attack", "decay", "release")
    )
    open_time = time.clamp_max(held)
    rise = torch.expm1(-CURVE * torch.minimum(open_time / attack, torch.ones(1)))
    rise = rise / torch.expm1(torch.tensor(-CURVE))
    fall = torch.exp(-DECADES * (open_time - attack).clamp_min(0.0) / decay)
    sustain = values["sustain"]
    level = rise * (sustain + (1.0 - sustain) * fall)
    return level * torch.exp(-DECADES * (time - held).clamp_min(0) / release)
