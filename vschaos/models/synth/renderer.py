"""Sounds of drawn parameters: what a network learns from, and datasets of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import count

import numpy as np
import torch
from torch import Tensor

from vschaos.models.synth.amplitude import SHAPED, opened, shaped
from vschaos.models.synth.chains import chain_named
from vschaos.models.synth.parameters import BY_NAME, Parameter
from vschaos.models.synth.presets import SIGNIFICANT_DIGITS, Preset
from vschaos.models.synth.rendering import render
from vschaos.models.synth.voice import Voice

PITCH = Parameter("pitch", "keyboard", "MIDI note", 36, 84, "linear", 60, "of the note")
VELOCITY = Parameter("velocity", "keyboard", "", 0.3, 1, "linear", 0.8, "of the note")
HELD = 0.7  # share of a sound until the note is released
BATCH = 16  # that is rendered at once
SILENT = 1e-3  # RMS: -60 dB
OFF_SHARE = 0.5  # of the draws in which an amount is 0
# amounts by which a part can be left out
SWITCHED = (
    *("noise", "index", "drive", "filter_envelope"),
    *("lfo_pitch", "lfo_cutoff", "lfo_width", "lfo_level"),
)
# what is heard within a second or two; others are drawn from their whole range
RANGES = {
    "cutoff": (80.0, 18000.0),
    "attack": (1.0, 500.0),
    "decay": (20.0, 4000.0),
    "release": (20.0, 2000.0),
    "attack_2": (1.0, 1000.0),
    "decay_2": (20.0, 4000.0),
    "release_2": (20.0, 2000.0),
    "lfo_rate": (0.5, 20.0),
    "glide": (0.0, 0.0),
    "level": (-12.0, -12.0),
}


class VoiceRenderer:
    """Draws parameters of a chain, and renders a note by them: a `Renderer` of rendered examples.

    Positions are drawn evenly within the range of what is heard, by the law of each parameter;
    each amount of `SWITCHED` is off in half of the draws.

    Args:
        chain: by its name.

    Raises:
        ValueError: there is no such chain.

    Example:
        >>> renderer = VoiceRenderer("mono")
        >>> drawn = renderer.draw(np.random.default_rng(0), 4)
        >>> sorted(drawn)[:3], drawn["cutoff"].shape
        (['attack', 'attack_2', 'cutoff'], torch.Size([4]))
        >>> renderer.render(drawn, 44100, 1000).shape
        torch.Size([4, 1000])
    """

    def __init__(self, chain: str = "two_osc") -> None:
        self.chain = chain_named(chain)
        self.voices: dict[int, Voice] = {}  # by sample rate

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What is drawn: those of the chain, then pitch and velocity."""
        return (*self.chain.parameters, PITCH, VELOCITY)

    def draw(self, random: np.random.Generator, count: int) -> dict[str, Tensor]:
        """Parameters in their units by name, `[count]` each."""
        drawn = {}
        for parameter in self.parameters:
            low, high = RANGES.get(parameter.name, (parameter.low, parameter.high))
            ends = parameter.position_of(torch.tensor([low, high], dtype=torch.float64))
            share = torch.from_numpy(random.random(count))
            values = parameter.value_at(ends[0] + share * (ends[1] - ends[0]))
            is_off = torch.from_numpy(random.random(count) < OFF_SHARE)
            if parameter.name in SWITCHED:
                values = torch.where(is_off, 0.0, values)
            # the float32 nearest to a bound may lie beyond it
            drawn[parameter.name] = values.float().clamp(parameter.low, parameter.high)
        return drawn

    def open(self, parameters: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Those to render sounds by that `vary` takes: see `amplitude`."""
        return opened(parameters)

    def vary(
        self, parameters: Mapping[str, Tensor], random: np.random.Generator
    ) -> dict[str, Tensor]:
        """Parameters `[B]` with another envelope and tremolo each, as `draw` draws them."""
        drawn = self.draw(random, len(parameters[PITCH.name]))
        return {name: drawn[name] if name in SHAPED else p for name, p in parameters.items()}

    def shape(self, audio: Tensor, parameters: Mapping[str, Tensor], sample_rate: int) -> Tensor:
        """Sounds `[B, T]` of `open` parameters as they are with these."""
        return shaped(audio, parameters, math.ceil(HELD * audio.shape[1]), sample_rate)

    def preset(self, name: str, values: Mapping[str, float]) -> Preset:
        """One of the drawn sounds, its pitch and velocity apart."""
        names = {parameter.name for parameter in self.chain.parameters}
        return Preset(name, self.chain.name, {k: v for k, v in values.items() if k in names})

    def render(self, parameters: Mapping[str, Tensor], sample_rate: int, length: int) -> Tensor:
        """Sounds `[B, length]` of parameters `[B]` in their units; those that are missing are at
        their defaults. Differentiable."""
        number = len(next(iter(parameters.values())))
        columns = [
            parameters.get(p.name, torch.full([number], float(BY_NAME[p.name].default)))
            for p in self.chain.parameters
        ]
        voice = self.voices.setdefault(sample_rate, Voice(self.chain, sample_rate))
        pitch, velocity = (
            parameters.get(p.name, torch.full([number], float(p.default)))
            for p in (PITCH, VELOCITY)
        )
        gate = (torch.arange(length) < HELD * length) * velocity.unsqueeze(1)
        values = torch.stack(columns, 1)
        return render(voice, values, pitch.unsqueeze(1).expand(number, length), gate)


def audible_sounds(
    renderer: VoiceRenderer, seed: int, sample_rate: int, length: int
) -> Iterator[tuple[Tensor, dict[str, float]]]:
    """Sounds `[length]` and their parameters without end, the same for a seed; those that nobody
    would hear are left out."""
    for number in count():
        drawn = renderer.draw(np.random.default_rng([seed, number]), BATCH)
        with torch.inference_mode():
            sounds = renderer.render(drawn, sample_rate, length)
        for row, sound in enumerate(sounds):
            if sound.square().mean().sqrt() > SILENT:
                values = {
                    name: float(f"{rows[row]:.{SIGNIFICANT_DIGITS}g}")
                    for name, rows in drawn.items()
                }
                yield sound, values
