"""Instruments of other kinds than a variational auto-encoder: by parameters and by notes."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from tests.patches.tones import HOP, RATE
from vschaos.instrument.controls import AUDIO, Attribute, Control, Method
from vschaos.instrument.stream import Stream

PITCH = Control("pitch", 24.0, 96.0, "MIDI note", default=60.0)
LOUDNESS = Control("loudness", -80.0, 0.0, "dB", default=-20.0, movement="uniform")
GATE = Control("gate", 0.0, 1.0, "", movement="gate")
CUTOFF = Control("cutoff", 20.0, 20000.0, "Hz", default=10000.0, movement="uniform")
WAVE = Control("wave", 0.0, 2.0, "class", ("sine", "saw", "pulse"), default=1.0, movement="held")
PATCHES = ("soft", "a pad that is long", "wind")
PRESET = Control("preset", 0.0, 2.0, "class", PATCHES, default=2.0, movement="held")
ENCODED = {"pitch": 57.0, "loudness": -20.0, "gate": 1.0, "preset": 1.0}  # of any sound


class Family(Stream):
    """Sines whose controls can be heard; what is encoded is always the same.

    Args:
        methods: of the stream, the controls of each by `PITCH` and so on.
        attributes: none by default.
    """

    def __init__(self, methods: list[Method], attributes: list[Attribute] | None = None) -> None:
        super().__init__(methods, attributes or [], HOP, 0)
        self.hop, self.rate = HOP, RATE
        self.turn = 0.0
        encoded = next((m.outlets for m in methods if m.name == "encode"), [])
        self.encoded = torch.tensor([ENCODED[control.name] for control in encoded])[:, None]

    @torch.jit.export
    def reset(self) -> None:
        self.turn = 0.0

    @torch.jit.export
    def get_delay(self) -> int:
        return 0

    def sine(self, pitch: Tensor, level: Tensor) -> Tensor:
        """MIDI notes and factors `[B, T] -> [B, 1, T]`."""
        hertz = 440.0 * torch.exp2((pitch.double() - 69.0) / 12.0)
        turns = self.turn + torch.cumsum(hertz / self.rate, dim=1)
        self.turn = float(turns[0, -1]) % 1.0
        return (0.3 * level * torch.sin(2 * math.pi * turns)).float().unsqueeze(1)


class Parameters(Family):
    """`encode` gives pitch and loudness, `decode` plays them, `forward` is the sound itself.

    Args:
        loudness: its control.
    """

    def __init__(self, loudness: Control = LOUDNESS) -> None:
        controls = [PITCH, loudness]
        super().__init__(
            [
                Method("encode", [AUDIO], 1, controls, HOP),
                Method("decode", controls, HOP, [AUDIO], 1),
                Method("forward", [AUDIO], 1, [AUDIO], 1),
            ]
        )

    @torch.jit.export
    def encode(self, sound: Tensor) -> Tensor:
        return self.encoded.expand(sound.shape[0], -1, sound.shape[2] // self.hop)

    @torch.jit.export
    def decode(self, controls: Tensor) -> Tensor:
        pitch, loudness = controls.repeat_interleave(self.hop, dim=2).unbind(1)
        return self.sine(pitch, 10.0 ** ((loudness + 20.0) / 20.0))

    def forward(self, sound: Tensor) -> Tensor:
        return sound


class Notes(Family):
    """`play` alone, by controls at audio rate; the cutoff is the level, half at its default."""

    def __init__(self) -> None:
        super().__init__([Method("play", [PITCH, GATE, CUTOFF], 1, [AUDIO], 1)])

    @torch.jit.export
    def play(self, controls: Tensor) -> Tensor:
        pitch, gate, cutoff = controls.unbind(1)
        return self.sine(pitch, gate * cutoff / 20000.0)


class Mixed(Family):
    """Methods of any names, with several sounds in and out, classes that are always known, a gate
    that is encoded, and names that patches have themselves."""

    def __init__(self) -> None:
        controls = [GATE, PITCH, PRESET]
        side = AUDIO._replace(name="side chain")
        level = Control("level", 0.0, 1.0, "", default=0.5, movement="held")
        super().__init__(
            [
                Method("record", [AUDIO, side, level, WAVE], 1, [AUDIO, side, level], 1),
                Method("encode", [AUDIO], 1, controls, HOP),
                Method("decode", [*controls, level], HOP, [AUDIO, side], 1),
            ],
            [
                Attribute("volume", "float", "of nothing", 1.0),
                Attribute("title", "str", "of nothing", "any words"),
            ],
        )
        self.volume, self.title = 1.0, "any words"

    @torch.jit.export
    def record(self, controls: Tensor) -> Tensor:
        return controls[:, :3]

    @torch.jit.export
    def encode(self, sound: Tensor) -> Tensor:
        return self.encoded.expand(sound.shape[0], -1, sound.shape[2] // self.hop)

    @torch.jit.export
    def decode(self, controls: Tensor) -> Tensor:
        gate, pitch, preset, level = controls.repeat_interleave(self.hop, dim=2).unbind(1)
        return self.sine(pitch + 12.0 * preset, gate * level).expand(-1, 2, -1)
