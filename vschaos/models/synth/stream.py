"""A voice as it is played live: notes and modulations at audio rate, a bank of presets."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from vschaos.instrument.controls import AUDIO, Attribute, Method
from vschaos.instrument.host_rate import rate_attribute
from vschaos.instrument.stream import Stream
from vschaos.models.synth.chains import CHAINS, Chain
from vschaos.models.synth.presets import Preset
from vschaos.models.synth.voice import SAMPLE_RATE, Voice, VoiceState, play_controls
from vschaos.voices import with_rows

HOP_LENGTH = 128  # samples, a multiple of the chunks of all scans
RAMP_SECONDS = 0.008  # time constant of settings that are turned
SETTLED = 1e-6  # of a parameter's range


class ParameterRamps(nn.Module):
    """Numbers that move to where they are set: in each hop by the same share, along a line.

    Args:
        ranges: of the parameters, `[K]`.
        hop_length: samples.
        sample_rate: Hz.
    """

    ranges: Tensor
    values: Tensor
    line: Tensor

    def __init__(self, ranges: Tensor, hop_length: int, sample_rate: int) -> None:
        super().__init__()
        self.hop_length = hop_length
        self.seconds, self.decay = RAMP_SECONDS, 0.0
        self.settled = SETTLED
        self.is_new = True
        self.register_buffer("ranges", ranges, persistent=False)
        self.register_buffer("values", torch.zeros_like(ranges), persistent=False)
        line = torch.arange(1, hop_length + 1) / hop_length
        self.register_buffer("line", line, persistent=False)
        self.take_rate(sample_rate)

    @torch.jit.export
    def take_rate(self, sample_rate: int) -> None:
        """Lasts as long at another rate, in Hz."""
        self.decay = math.exp(-self.hop_length / (self.seconds * sample_rate))

    @torch.jit.export
    def reset(self) -> None:
        self.is_new = True

    def forward(self, goals: Tensor, length: int) -> Tensor:
        """`[K]` -> `[1, K, length]`, or `[1, K, 1]` once they are there."""
        if self.is_new:
            self.is_new = False
            self.values = goals
        away = self.values - goals
        if bool((away.abs() <= self.settled * self.ranges).all()):
            self.values = goals
            return goals.unsqueeze(1).unsqueeze(0)
        hops = torch.arange(length // self.hop_length + 1, device=goals.device)
        points = away.unsqueeze(1) * torch.pow(self.decay, hops) + goals.unsqueeze(1)
        self.values = points[:, -1].clone()
        steps = (points[:, 1:] - points[:, :-1]).unsqueeze(2)
        return (points[:, :-1].unsqueeze(2) + steps * self.line).flatten(1).unsqueeze(0)


class VoiceStream(Stream):
    """`play`: pitch, gate and modulations -> sound, one voice for each row of the batch.

    All parameters of the chain are attributes, in their units; `preset` sets them all.

    Args:
        chain: of the voice.
        bank: presets that the chain can play; the first is there from the beginning.
        sample_rate: Hz, until a host tells its own.

    Raises:
        ValueError: a preset is of a chain that this one does not include, or a name is twice in
            the bank.
    """

    settings: dict[str, float]
    names: list[str]
    presets: dict[str, list[float]]
    goals: Tensor
    phases: Tensor
    modulated: Tensor
    decimator: Tensor
    segments: Tensor
    is_on: Tensor
    age: Tensor
    filtered: Tensor
    driven: Tensor
    position: Tensor

    def __init__(
        self, chain: Chain, bank: Sequence[Preset], sample_rate: int = SAMPLE_RATE
    ) -> None:
        for preset in bank:
            if not chain.includes(CHAINS[preset.chain]):
                raise ValueError(
                    f"the chain {chain.name} cannot play {preset.name}, a preset of {preset.chain}"
                )
        first = bank[0]
        words = tuple(preset.name for preset in bank)
        if len(set(words)) < len(words):
            raise ValueError(f"presets of a bank must differ in name, got {', '.join(words)}")
        chosen = Attribute(
            "preset",
            "str",
            "sets all others",
            words[0],
            choices=words,
            on_change="take_preset",
            sets=tuple(
                (parameter.name, tuple(preset.value(parameter.name) for preset in bank))
                for parameter in chain.parameters
            ),
        )
        transpose = Attribute(
            "transpose", "float", "added to the pitch", 0.0, -24.0, 24.0, "st", on_change="turned"
        )
        turned = [
            Attribute(
                parameter.name,
                "float",
                parameter.description,
                first.value(parameter.name),
                parameter.low,
                parameter.high,
                parameter.unit,
                on_change="turned",
                is_logarithmic=parameter.law == "log",
            )
            for parameter in chain.parameters
        ]
        method = Method("play", play_controls(chain), 1, [AUDIO], 1)
        rate = rate_attribute(sample_rate)._replace(on_change="take_rate")
        super().__init__([method], [chosen, transpose, *turned, rate], HOP_LENGTH, 0)
        self.sample_rate = sample_rate
        self.preset, self.transpose = first.name, 0.0
        self.names = [parameter.name for parameter in chain.parameters]
        self.presets = {preset.name: preset.parameters(chain).tolist() for preset in bank}
        self.settings = dict(zip(self.names, self.presets[first.name], strict=True))
        self.voice = Voice(chain, sample_rate)
        ranges = [parameter.high - parameter.low for parameter in chain.parameters]
        # the transposition moves as they do
        self.ramps = ParameterRamps(torch.tensor([*ranges, 48.0]), HOP_LENGTH, sample_rate)
        self.register_buffer("goals", torch.zeros(len(ranges) + 1), persistent=False)
        state = self.voice.silence(1, torch.float32)
        self.register_buffer("phases", state.phases, persistent=False)
        self.register_buffer("modulated", state.modulated, persistent=False)
        self.register_buffer("decimator", state.decimator, persistent=False)
        self.register_buffer("segments", state.segments, persistent=False)
        self.register_buffer("is_on", state.is_on, persistent=False)
        self.register_buffer("age", state.age, persistent=False)
        self.register_buffer("filtered", state.filter, persistent=False)
        self.register_buffer("driven", state.driven, persistent=False)
        self.register_buffer("position", state.position, persistent=False)
        self.turned()

    def turned(self) -> None:
        """Parameters go to where they are set."""
        self.goals = torch.tensor([self.settings[name] for name in self.names] + [self.transpose])

    def take_preset(self) -> None:
        """Sets all parameters."""
        values = self.presets[self.preset]
        for number, name in enumerate(self.names):
            self.settings[name] = values[number]
        self.turned()

    def take_rate(self) -> None:
        """Plays at the rate of the host."""
        self.voice.take_rate(self.sample_rate)
        self.ramps.take_rate(self.sample_rate)

    def reset(self) -> None:
        self._keep(self.voice.silence(1, torch.float32))
        self.ramps.reset()

    def restart(self) -> None:
        """Ends all notes, which are released: a gate that is still on begins another."""
        self.is_on = torch.zeros_like(self.is_on)

    def get_delay(self) -> int:
        return self.delay

    def play(self, controls: Tensor) -> Tensor:
        """`[B, C, T]`, in the order of the inlets -> `[B, 1, T]`."""
        moved = self.ramps(self.goals, controls.shape[2])
        pitch = controls[:, :1] + moved[:, -1:]
        controls = torch.cat([pitch, controls[:, 1:]], 1)
        state = self._state(controls.shape[0])
        audio, state = self.voice.continued(controls, moved[:, :-1], state)
        self._keep(state)
        return audio.unsqueeze(1)

    def _state(self, rows: int) -> VoiceState:
        new = self.voice.gates.longest_age  # what was never played
        age = self.age
        if age.shape[0] < rows:
            age = torch.cat([age, age.new_full([rows - age.shape[0]], new)])
        return VoiceState(
            with_rows(self.phases, rows),
            with_rows(self.modulated, rows),
            with_rows(self.decimator, rows),
            with_rows(self.segments, rows),
            with_rows(self.is_on, rows),
            age[:rows],
            with_rows(self.filtered, rows),
            with_rows(self.driven, rows),
            self.position,
        )

    def _keep(self, state: VoiceState) -> None:
        self.phases = state.phases
        self.modulated = state.modulated
        self.decimator = state.decimator
        self.segments = state.segments
        self.is_on = state.is_on
        self.age = state.age
        self.filtered = state.filter
        self.driven = state.driven
        self.position = state.position
