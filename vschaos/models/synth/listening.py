"""A voice that follows a sound: what is heard sets it, and it plays along."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from vschaos.instrument.controls import AUDIO, Attribute, Control, Method
from vschaos.models.matching.listening import RESTING_NOTE, Listening
from vschaos.models.synth.chains import Chain
from vschaos.models.synth.parameters import Parameter
from vschaos.models.synth.presets import Preset
from vschaos.models.synth.stream import VoiceStream
from vschaos.voices import with_new_rows, with_rows

if TYPE_CHECKING:
    from vschaos.models.synth.model import Synth

FULL_RMS = 0.1  # of a note that is played at full velocity: -20 dB of full scale
RELEASE = 0.004  # of the power of a note: 24 dB below its loudest it is released
SOFTEST = 1e-6  # mean square below which nothing is played: -60 dB
GAP = 32  # samples of a closed gate before a note that follows another
LAWS = ("linear", "stepped", "log", "cubic")
FOLLOW = Attribute(
    "follow",
    "str",
    "encode and forward: follow what is heard, or hold what was found",
    "follow",
    choices=("follow", "hold"),
)
SMOOTHING = Attribute(
    "smoothing", "float", "time constant of what is found", 30.0, 0.0, 10000.0, "ms"
)


class Laws(nn.Module):
    """Positions of parameters -> their values, all of them at once.

    Args:
        parameters: P of them.

    Example:
        >>> from vschaos.models.synth.parameters import BY_NAME
        >>> laws = Laws([BY_NAME["mix"], BY_NAME["semitones_2"]])
        >>> laws(torch.tensor([[0.25, 0.76]])).tolist()
        [[0.25, 12.0]]
    """

    low: Tensor
    high: Tensor
    kind: Tensor

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        super().__init__()
        kinds = [LAWS.index(parameter.law) for parameter in parameters]
        ends = torch.tensor([[p.low, p.high] for p in parameters], dtype=torch.float64)
        is_log = torch.tensor(kinds).unsqueeze(1) == LAWS.index("log")
        is_cubic = torch.tensor(kinds).unsqueeze(1) == LAWS.index("cubic")
        # each law is linear between some function of the ends
        roots = ends.sign() * ends.abs() ** (1 / 3)
        ends = torch.where(is_cubic, roots, torch.where(is_log, ends.clamp_min(1e-9).log(), ends))
        self.register_buffer("low", ends[:, 0].float(), persistent=False)
        self.register_buffer("high", ends[:, 1].float(), persistent=False)
        self.register_buffer("kind", torch.tensor(kinds), persistent=False)

    def forward(self, positions: Tensor) -> Tensor:
        """`[..., P]` -> `[..., P]`."""
        values = torch.lerp(self.low, self.high, positions)
        values = torch.where(self.kind == 1, values.round(), values)
        values = torch.where(self.kind == 2, values.exp(), values)
        return torch.where(self.kind == 3, values * values * values, values)


class SynthStream(VoiceStream):
    """`play` as the voice alone; `encode`: sound -> parameters, pitch and confidence; `forward`:
    sound -> the voice, set by what is heard and played with its notes.

    `play` and `forward` are one voice, and `encode` and `forward` listen with one ear: an object of
    nn~ has one method. Glide, level and transposition are those of the settings. A note is played
    once its pitch is known, which is the delay.

    Args:
        model: trained.
        chain, bank: of the voice, see `VoiceStream`.
    """

    follow: str
    smoothing: float
    order: Tensor
    set_places: Tensor
    base: Tensor
    smoothed: Tensor
    before: Tensor
    strongest: Tensor
    is_open: Tensor

    def __init__(self, model: "Synth", chain: Chain, bank: Sequence[Preset]) -> None:
        super().__init__(chain, bank, model.sample_rate)
        hop = model.hop_length
        self.hop_length = hop
        self.listening = Listening(model.front, model.heads, model.network, model.sample_rate, hop)
        names = [knob.name for knob in model.knobs]
        found = [parameter for parameter in chain.parameters if parameter.name in names]
        self.laws = Laws(found)
        self.num_knobs = len(found)
        # the parameters that are found, then those that are set, in the order of the chain
        every = [parameter.name for parameter in chain.parameters]
        others = [name for name in every if name not in names]
        order = [(names + others).index(name) for name in every]
        self.register_buffer("order", torch.tensor(order), persistent=False)
        places = torch.tensor([every.index(name) for name in others], dtype=torch.int64)
        self.register_buffer("set_places", places, persistent=False)
        self.delay = self.listening.before_pitch * hop
        self.methods = [
            *self.methods,
            Method("encode", [AUDIO], 1, found_controls(found), hop),
            Method("forward", [AUDIO], 1, [AUDIO], 1),
        ]
        self.attributes = [*self.attributes, FOLLOW, SMOOTHING]
        self.follow, self.smoothing = "follow", 30.0
        self.full, self.release, self.softest, self.gap = FULL_RMS, RELEASE, SOFTEST, GAP
        values = [torch.tensor(bank[0].value(p.name)) for p in found]
        base = [p.position_of(value) for p, value in zip(found, values, strict=True)]
        self.register_buffer("base", torch.stack(base)[None], persistent=False)
        self.register_buffer("smoothed", self.base.clone(), persistent=False)
        self.register_buffer("before", torch.zeros(1, len(every)), persistent=False)
        self.register_buffer("strongest", torch.zeros(1), persistent=False)
        self.register_buffer("is_open", torch.zeros(1), persistent=False)

    def take_rate(self) -> None:
        """Plays and listens at the rate of the host."""
        self.voice.take_rate(self.sample_rate)
        self.ramps.take_rate(self.sample_rate)
        self.listening.take_rate(self.sample_rate)

    def reset(self) -> None:
        self._keep(self.voice.silence(1, torch.float32))
        self.ramps.reset()
        self.listening.reset()
        self.smoothed = self.base.clone()
        self.before = torch.zeros_like(self.before)
        self.strongest = torch.zeros_like(self.strongest)
        self.is_open = torch.zeros_like(self.is_open)

    def encode(self, sound: Tensor) -> Tensor:
        """`[B, 1, T]` -> values, MIDI note and confidence `[B, P + 2, N]`."""
        heard = self.listening.notes(sound[:, 0], self.follow == "hold")
        values = self._values(heard)
        return torch.cat([values, heard[:, self.num_knobs : self.num_knobs + 2]], 1)

    def forward(self, sound: Tensor) -> Tensor:
        """`[B, 1, T]` -> `[B, 1, T]`."""
        heard = self.listening.notes(sound[:, 0], self.follow == "hold")
        rows, frames = heard.shape[0], heard.shape[2]
        fixed = self.goals[:-1].index_select(0, self.set_places)
        fixed = fixed.view(1, -1, 1).expand(rows, -1, frames)
        values = torch.cat([self._values(heard), fixed], 1).index_select(1, self.order)
        before = with_rows(self.before, rows)
        # whoever has not sounded yet begins where it is set
        is_new = (before == 0.0).all(1, keepdim=True)
        before = torch.where(is_new, values[:, :, 0], before)
        points = torch.cat([before.unsqueeze(2), values], 2)
        self.before = values[:, :, -1].clone()
        line = torch.arange(1, self.hop_length + 1, device=sound.device) / self.hop_length
        steps = (points[:, :, 1:] - points[:, :, :-1]).unsqueeze(3)
        parameters = (points[:, :, :-1].unsqueeze(3) + steps * line).flatten(2)
        pitch = heard[:, self.num_knobs] + self.transpose
        pitch = pitch.repeat_interleave(self.hop_length, 1)
        controls = torch.zeros(
            [rows, len(self.voice.inlets), pitch.shape[1]], dtype=sound.dtype, device=sound.device
        )
        controls[:, 0], controls[:, 1] = pitch, self._gate(heard)
        audio, state = self.voice.continued(controls, parameters, self._state(rows))
        self._keep(state)
        return audio.unsqueeze(1)

    def _values(self, heard: Tensor) -> Tensor:
        """Positions as they are found, smoothed -> values `[B, P, N]`."""
        found = heard[:, : self.num_knobs]
        seconds = 0.001 * self.smoothing
        decay = math.exp(-self.hop_length / (max(seconds, 1e-6) * self.sample_rate))
        smoothed = with_new_rows(self.smoothed, self.base.expand(found.shape[0], -1))
        # before the first note nothing is found
        is_there = (found != 0.0).any(1, keepdim=True)
        found = torch.where(is_there, found, self.base.unsqueeze(2))
        frames: list[Tensor] = []
        for goal in found.unbind(2):
            smoothed = goal + decay * (smoothed - goal)
            frames.append(smoothed)
        self.smoothed = smoothed.clone()
        return self.laws(torch.stack(frames, 1)).transpose(1, 2)

    def _gate(self, heard: Tensor) -> Tensor:
        """Opens for each note once its pitch is known, as high as the note is loud, and closes
        where it has become soft: `[B, N * hop_length]`."""
        rows = heard.shape[0]
        ages, powers = heard[:, self.num_knobs + 2], heard[:, self.num_knobs + 3]
        strongest, is_open = with_rows(self.strongest, rows), with_rows(self.is_open, rows) > 0.0
        heights: list[Tensor] = []
        for number in range(heard.shape[2]):
            age, power = ages[:, number], powers[:, number]
            strongest = torch.where(age == 1.0, power, torch.maximum(strongest, power))
            begins = age == self.listening.before_pitch
            is_loud = power > torch.clamp_min(self.release * strongest, self.softest)
            is_open = (is_open | begins) & is_loud
            velocity = (strongest.sqrt() / self.full).clamp(0.05, 1.0) * is_open
            block = velocity.unsqueeze(1).repeat(1, self.hop_length)
            block[:, : self.gap] *= (~begins).unsqueeze(1)
            heights.append(block)
        self.strongest, self.is_open = strongest.clone(), is_open.to(heard.dtype)
        return torch.cat(heights, 1)


def found_controls(parameters: Sequence[Parameter]) -> list[Control]:
    """What `encode` finds, in units, as outlets."""
    controls = [
        Control(p.name, p.low, p.high, p.unit, default=p.default, movement="uniform")
        for p in parameters
    ]
    pitch = Control("pitch", 0.0, 127.0, "MIDI note", default=RESTING_NOTE, movement="uniform")
    return [*controls, pitch, Control("confidence", 0.0, 1.0, "", movement="uniform")]
