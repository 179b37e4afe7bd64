"""Models that need no training: their controls can be heard at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from vschaos.export import script_stream
from vschaos.export.script import describe
from vschaos.instrument.controls import AUDIO, Attribute, Control, Method
from vschaos.instrument.instrument import CARD, Instrument
from vschaos.instrument.stream import Stream

RATE, HOP = 44100, 256
LOWEST_HZ, LEVEL = 220.0, 0.3
PITCHES = ("A", "A#", "B", "C", "C#", "D", "D#", "E", "F", "F#", "G", "G#")
PITCH = Control("pitch", 0.0, 11.0, "class", PITCHES, unknown_below=0.0)
BRIGHTNESS = Control("brightness", 0.0, 1.0, "number", unknown_below=0.0)
TEMPERATURE = Control("temperature", 0.0, 2.0, "number", default=1.0, movement="held")
MODES = ("plain", "double", "half")
ATTRIBUTES = [
    Attribute("mode", "str", "of the tone", "plain", choices=MODES),
    Attribute("gain", "float", "of the sound", 0.0, -100.0, 24.0, "dB"),
    Attribute("mix", "float", "forward: 0 nothing, 1 all", 1.0),
    Attribute("jitter", "float", "without effect", 0.0, 0.0, 10.0, "sigma"),
    Attribute("voices", "int", "without effect", 1, 1.0, 8.0),
]


class Tones(Stream):
    """`decode` is a sine whose pitch follows the label `pitch` (the first), and the first latent in
    octaves; `encode` gives the level of each hop as the first latent, and predicts the labels that
    it takes, or else `predicted`; `forward` is the sound itself; `generate` is `decode` at latents
    of 0, an octave higher for each unit of temperature.

    Args:
        num_latents: Z.
        labels: that condition it, and that it predicts.
        methods: which of them it has.
        predicted: a label's value.
    """

    def __init__(
        self,
        num_latents: int = 4,
        labels: Sequence[Control] = (PITCH,),
        methods: Sequence[str] = ("encode", "decode", "forward"),
        predicted: float = -1.0,
    ) -> None:
        latents = [Control(f"latent {k + 1}", -2.5, 3.0, "sigma") for k in range(num_latents)]
        inlets, sound = list(labels), [AUDIO]
        all_methods = [
            Method("encode", sound + inlets, 1, latents + inlets, HOP),
            Method("decode", latents + inlets, HOP, sound, 1),
            Method("forward", sound + inlets, 1, sound + inlets, 1),
            Method("generate", [TEMPERATURE, *inlets], HOP, sound, 1),
        ]
        chosen = [method for method in all_methods if method.name in methods]
        super().__init__(chosen, ATTRIBUTES, HOP, 0)
        self.hop = HOP
        self.rate, self.lowest_hz, self.level = RATE, LOWEST_HZ, LEVEL
        self.num_latents = num_latents
        self.predicted = predicted
        self.has_labels = bool(labels)
        self.turn = 0.0
        self.mode = "plain"
        self.gain = 0.0
        self.mix = 1.0
        self.jitter = 0.0
        self.voices = 1

    @torch.jit.export
    def reset(self) -> None:
        self.turn = 0.0

    @torch.jit.export
    def get_delay(self) -> int:
        return 0

    @torch.jit.export
    def encode(self, sound: Tensor) -> Tensor:
        """`[B, 1 + L, T] -> [B, Z + L, T / HOP]`"""
        hops = sound.unflatten(2, [-1, self.hop])
        level = hops[:, :1].square().mean(dim=3).sqrt()
        rest = torch.zeros(sound.shape[0], self.num_latents - 1, level.shape[2])
        labels = hops[:, 1:, :, self.hop - 1]
        predicted = torch.where(labels < 0.0, self.predicted, labels)
        return torch.cat([level, rest, predicted], dim=1)

    @torch.jit.export
    def decode(self, controls: Tensor) -> Tensor:
        """`[B, Z + L, N] -> [B, 1, N * HOP]`"""
        return self._sine(controls[:, 0], controls[:, self.num_latents :])

    @torch.jit.export
    def generate(self, controls: Tensor) -> Tensor:
        """`[B, 1 + L, N] -> [B, 1, N * HOP]`"""
        return self._sine(controls[:, 0], controls[:, 1:])

    def _sine(self, octaves: Tensor, labels: Tensor) -> Tensor:
        if self.has_labels:
            octaves = octaves + labels[:, 0].clamp(min=0.0) / 12
        hertz = self.lowest_hz * torch.exp2(octaves).repeat_interleave(self.hop, dim=1)
        turns = self.turn + torch.cumsum(hertz.double() / self.rate, dim=1)
        self.turn = float(turns[0, -1]) % 1.0
        level = self.level * 10.0 ** (self.gain / 20.0)
        return (level * torch.sin(2 * math.pi * turns)).float().unsqueeze(1)

    def forward(self, sound: Tensor) -> Tensor:
        """`[B, 1 + L, T] -> [B, 1 + L, T]`"""
        return torch.cat([self.mix * sound[:, :1], sound[:, 1:]], dim=1)


def write_model(stream: Stream, path: Path) -> Instrument:
    """A `.ts` with its card."""
    instrument = describe(path.stem, stream, RATE)
    files = {CARD: instrument.to_json()}
    torch.jit.save(script_stream(stream.eval(), RATE), str(path), _extra_files=files)
    return instrument
