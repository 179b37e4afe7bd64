"""The voice as a synthesiser to match sounds with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from vschaos.dsp.noise import WhiteNoise
from vschaos.instrument.synthesiser import CONTINUOUS, STEPPED, Knob
from vschaos.models.synth.chains import Chain, chain_named
from vschaos.models.synth.parameters import BY_NAME, Parameter
from vschaos.models.synth.presets import Preset, preset_of, read_preset, write_preset
from vschaos.models.synth.renderer import BATCH, VELOCITY, VoiceRenderer
from vschaos.models.synth.rendering import render
from vschaos.models.synth.voice import SAMPLE_RATE, Voice

UNHEARD = ("glide", "level")  # in a single note: the first is of two, the other a fader


class VoiceSynthesiser:
    """The voice of a chain: a `Synthesiser` and `Differentiable`.

    Args:
        chain: by its name.
        names: of the parameters that are knobs; all but glide and level if not given.
        base: the preset that says where the others are; at their defaults if not given.

    Raises:
        ValueError: no such chain or parameter.

    Example:
        >>> voice = VoiceSynthesiser("mono")
        >>> sound = voice.render(voice.base()[None], np.array([60.0]), np.array([0.8]), 0.1, 0.05)
        >>> sound.shape, voice.parameters[3].text(0.5)
        ((1, 4410), '600 Hz')
    """

    suffix = ".json"
    velocity = VELOCITY.default

    def __init__(
        self, chain: str, names: Sequence[str] | None = None, base: Preset | None = None
    ) -> None:
        self.chain: Chain = chain_named(chain)
        self.name = f"voice {chain}"
        self.sample_rate = SAMPLE_RATE
        known = [parameter.name for parameter in self.chain.parameters]
        self.names = [name for name in known if name not in UNHEARD] if names is None else names
        unknown = [name for name in self.names if name not in known]
        if unknown:
            raise ValueError(
                f"a parameter of {chain} must be one of {', '.join(known)}; got {unknown[0]!r}"
            )
        self._found = [BY_NAME[name] for name in self.names]
        self.parameters = tuple(map(_knob, self._found))
        self._columns = [known.index(name) for name in self.names]
        self._preset = base or Preset("base", chain, {})
        self._voice = Voice(self.chain, SAMPLE_RATE)
        self._voice.noise = _NoiseOfOne()
        self._renderer = VoiceRenderer(chain)

    def base(self) -> np.ndarray:
        return self._positions_of(self._preset)

    def draw(self, random: np.random.Generator, count: int) -> np.ndarray:
        drawn = self._renderer.draw(random, count)
        rows = [p.position_of(drawn[p.name].double()).clamp(0.0, 1.0) for p in self._found]
        return torch.stack(rows, 1).numpy()

    def render(
        self,
        positions: np.ndarray,
        pitch: np.ndarray,
        velocity: np.ndarray,
        seconds: float,
        held_seconds: float,
    ) -> np.ndarray:
        tensors = [torch.from_numpy(np.array(a, np.float32)) for a in (positions, pitch, velocity)]
        with torch.inference_mode():
            sounds = [
                self.render_tensor(some, notes, velocities, seconds, held_seconds)
                for some, notes, velocities in zip(
                    *(tensor.split(BATCH) for tensor in tensors), strict=True
                )
            ]
            return torch.nan_to_num(torch.cat(sounds)).numpy()

    def render_tensor(
        self,
        positions: Tensor,
        pitch: Tensor,
        velocity: Tensor,
        seconds: float,
        held_seconds: float,
    ) -> Tensor:
        length = round(seconds * self.sample_rate)
        held = torch.arange(length, device=pitch.device) < round(held_seconds * self.sample_rate)
        gate = held * velocity.unsqueeze(1)
        notes = pitch.clamp(0.0, 127.0).unsqueeze(1).expand(-1, length)
        return render(self._voice, self._values_at(positions), notes, gate)

    def write(self, positions: np.ndarray, path: Path, name: str, gain_db: float = 0.0) -> None:
        row = torch.from_numpy(np.array(positions, np.float32))[None]
        preset = preset_of(_word(name), self.chain, self._values_at(row)[0])
        fader = BY_NAME["level"]
        level = float(np.clip(preset.value("level") + gain_db, fader.low, fader.high))
        write_preset(Preset(preset.name, preset.chain, {**preset.values, "level": level}), path)

    def read(self, path: Path) -> np.ndarray:
        preset = read_preset(path)
        if not self.chain.includes(chain_named(preset.chain)):
            raise ValueError(
                f"{path}: expected a preset that the chain {self.chain.name} can play, got one of "
                f"the chain {preset.chain}"
            )
        return self._positions_of(preset)

    def play_file(
        self, path: Path, pitch: float, velocity: float, seconds: float, held_seconds: float
    ) -> np.ndarray:
        preset = read_preset(path)
        alone = VoiceSynthesiser(preset.chain, base=preset)
        note = np.array([pitch]), np.array([velocity])
        return alone.render(alone.base()[None], *note, seconds, held_seconds)[0]

    def close(self) -> None:
        pass

    def _positions_of(self, preset: Preset) -> np.ndarray:
        values = [p.position_of(torch.tensor(preset.value(p.name)).double()) for p in self._found]
        return torch.stack(values).clamp(0.0, 1.0).numpy()

    def _values_at(self, positions: Tensor) -> Tensor:
        """Positions `[B, P]` -> values of all parameters of the chain `[B, K]`."""
        fixed = self._preset.parameters(self.chain).to(positions)
        columns = list(fixed.expand(len(positions), -1).unbind(1))
        rows = zip(self._columns, self._found, positions.unbind(1), strict=True)
        for column, parameter, position in rows:
            value = parameter.value_at(position.clamp(0.0, 1.0))
            # the float32 nearest to a bound may lie beyond it
            columns[column] = value.clamp(parameter.low, parameter.high)
        return torch.stack(columns, 1)


class _NoiseOfOne(WhiteNoise):
    """The noise of the first voice for each row, as whoever loads one preset hears it."""

    def forward(self, position: Tensor, num_voices: int, length: int) -> Tensor:
        return super().forward(position, 1, length).expand(num_voices, -1)


def _knob(parameter: Parameter) -> Knob:
    """A parameter of the voice, as matching sees it."""

    def value_at(position: float) -> float:
        return float(parameter.value_at(torch.tensor(position, dtype=torch.float64)))

    def position_of(value: float) -> float:
        return float(parameter.position_of(torch.tensor(value, dtype=torch.float64)))

    steps = range(round(parameter.low), round(parameter.high) + 1)
    is_stepped = parameter.law == "stepped"
    return Knob(
        parameter.name,
        parameter.unit,
        STEPPED if is_stepped else CONTINUOUS,
        tuple(f"{step:+d} {parameter.unit}".rstrip() for step in steps) if is_stepped else (),
        value_at,
        position_of,
    )


def _word(name: str) -> str:
    """A name as presets may have it: one word that can be printed."""
    word = "".join("_" if one in " ,;\\$" or not one.isprintable() else one for one in name)
    return word or "sound"
