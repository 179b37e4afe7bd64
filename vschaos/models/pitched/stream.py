"""A harmonic instrument on a stream: any whole number of hops per call, scriptable."""

import copy
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from vschaos.dsp.noise import StreamingFilteredNoise
from vschaos.dsp.pitch import note_to_hz
from vschaos.dsp.reverb import Room, StreamingRoom
from vschaos.dsp.room_energy import TailSubtraction
from vschaos.instrument.controls import AUDIO, Attribute, Method
from vschaos.instrument.host_rate import rate_attribute
from vschaos.instrument.label_inlets import LabelInlets, label_control
from vschaos.instrument.live import (
    Delay,
    LatentModulation,
    LatentModulationInterface,
    Ramp,
    RampInterface,
    compiled_once,
)
from vschaos.instrument.pitched import PitchedControls, PitchedSettings
from vschaos.instrument.pitched_stream import PitchedStream
from vschaos.labels import Labels
from vschaos.models.pitched.controls import NUM_PLAYED
from vschaos.voices import with_new_rows

if TYPE_CHECKING:
    from vschaos.models.pitched.model import HarmonicInstrument


@torch.jit.interface
class ListenerInterface(nn.Module):
    def forward(self, audio: Tensor) -> Tensor:  # type: ignore[empty-body]
        pass

    def reset(self) -> None:
        pass

    def take_rate(self, sample_rate: int) -> None:
        pass


@torch.jit.interface
class PlayerInterface(nn.Module):
    def forward(  # type: ignore[empty-body]
        self, controls: Tensor, labels: Labels, settings: PitchedSettings, reverb: float
    ) -> Tensor:
        pass

    def reset(self) -> None:
        pass

    def restart(self) -> None:
        pass

    def take_rate(self, sample_rate: int) -> None:
        pass


class Player(nn.Module):
    """Plays frames of controls, as the settings say.

    Args:
        model: trained.
        room: that it plays in; none for a dry instrument.
    """

    resting: Tensor
    memory: Tensor

    def __init__(self, model: "HarmonicInstrument", room: Room | None = None) -> None:
        super().__init__()
        hop_length, sample_rate = model.hop_length, model.sample_rate
        self.trained_rate = sample_rate
        self.pitched = PitchedControls(model.trained_range(), hop_length, sample_rate)
        self.network, self.labelling = model.network, model.labelling
        self.oscillator = model.streaming_oscillator()
        self.noise = StreamingFilteredNoise(model.noise)
        self.room = None if room is None else StreamingRoom(room, hop_length)
        # a room that was learnt is in the loudness that is asked for, another one comes to it
        learnt = model.room
        self.less_tail = None if learnt is None else TailSubtraction(learnt, hop_length)
        # of the network, before the first frame and now
        self.register_buffer("resting", model.initial(1).detach().clone(), persistent=False)
        self.register_buffer("memory", self.resting.clone(), persistent=False)

    @torch.jit.export
    def reset(self) -> None:
        """Clears all state at once."""
        self.restart()
        self.pitched.reset()
        self.oscillator.reset()
        self.noise.reset()
        if self.room is not None:
            self.room.reset()
        if self.less_tail is not None:
            self.less_tail.reset()

    @torch.jit.export
    def restart(self) -> None:
        """Clears what the network remembers; all else forgets in seconds by itself."""
        self.memory = self.resting.clone()

    @torch.jit.export
    def take_rate(self, sample_rate: int) -> None:
        """Plays at another rate, in Hz, what it would at that of the training. Hops and the room
        keep their samples."""
        self.pitched.take_rate(sample_rate)
        self.oscillator.take_rate(sample_rate)
        self.noise.take_rate(sample_rate / self.trained_rate)

    def forward(
        self, controls: Tensor, labels: Labels, settings: PitchedSettings, reverb: float
    ) -> Tensor:
        """`[B, 3 + K, N]` and labels `[B, L, N]` -> `[B, N * hop_length]`; frame n is reached at
        `(n + 1) * hop_length`."""
        played = self.pitched(controls, settings)
        inputs = played.controls
        if labels.known.shape[1] > 0:
            probabilities = self.labelling.probabilities(labels)
            inputs = self.labelling.to_decoder(inputs, probabilities, labels.known)
        memory = with_new_rows(self.memory, self.resting.expand(controls.shape[0], -1))
        partials, noise, self.memory = self.network(inputs, memory)
        f0_hz = note_to_hz(played.controls[:, 0].double())
        partials = partials * played.harmonics.unsqueeze(1)
        noise = noise * played.noise.unsqueeze(1)
        if self.less_tail is not None:
            partials, noise = self.less_tail(f0_hz, partials, noise, reverb)
        sound = self.oscillator(f0_hz, partials) + self.noise(noise)
        if self.room is not None:
            sound = self.room(sound, reverb)
        return sound


class HarmonicStream(PitchedStream):
    """Encode, decode and forward on a stream, each with a state of its own.

    `encode` tells what it hears, whatever the settings of a pitched instrument; these act on what
    `decode` and `forward` play.

    At a rate of the host that is not the model's, hops and windows keep their samples, and all
    frequencies and times are named anew: what is heard and played has the same pitch, loudness and
    timbre. The memory of the network alone runs as much faster or slower.

    Args:
        model: trained.
        max_delay: samples; the longest window that is not later hears the sound.
        room: that it plays in, by an attribute `reverb`; none for a dry instrument.
        reverb: its default.

    Raises:
        ValueError: no window is so quick.
    """

    encode_listener: ListenerInterface
    forward_listener: ListenerInterface
    decode_player: PlayerInterface
    forward_player: PlayerInterface
    encode_modulation: LatentModulationInterface
    decode_modulation: LatentModulationInterface
    forward_modulation: LatentModulationInterface
    decode_level: RampInterface
    forward_level: RampInterface
    forward_mix: RampInterface
    label_tasks: list[int]
    reverb: float
    sample_rate: int

    def __init__(
        self,
        model: "HarmonicInstrument",
        max_delay: int | None = None,
        room: Room | None = None,
        reverb: float = 0.0,
    ) -> None:
        hop, rate = model.hop_length, model.sample_rate
        controls = model.frame_controls()
        labels = [label_control(task, entry) for task, entry in model.vocabularies.items()]
        conditioning = [labels[task] for task in model.labelling.to_decoder.tasks]
        methods = [
            Method("encode", [AUDIO], 1, controls, hop),
            Method("decode", controls + conditioning, hop, [AUDIO], 1),
            Method("forward", [AUDIO, *conditioning], 1, [AUDIO], 1),
        ]
        settings = [] if room is None else [Attribute("reverb", "float", "of the room", reverb)]
        settings.append(rate_attribute(rate))
        listener, player = model.listener_within(max_delay), Player(model, room)
        super().__init__(methods, settings, hop, listener.delay)
        self.present_rate = rate
        self.reverb = reverb
        self.num_played, self.num_controls = NUM_PLAYED, len(controls)
        self.label_tasks = model.labelling.to_decoder.tasks
        self.labels = LabelInlets(labels)
        self.dry = Delay(self.delay, hop)
        self.encode_listener = compiled_once(listener)
        self.forward_listener = compiled_once(_twin(listener))
        self.decode_player = compiled_once(player)
        self.forward_player = compiled_once(_twin(player))
        for method in ("encode", "decode", "forward"):
            modulation = compiled_once(LatentModulation(len(controls), hop, rate))
            setattr(self, f"{method}_modulation", modulation)
        self.decode_level = compiled_once(Ramp(hop, rate))
        self.forward_level = compiled_once(Ramp(hop, rate))
        self.forward_mix = compiled_once(Ramp(hop, rate))

    def reset(self) -> None:
        self.restart()
        self.encode_listener.reset()
        self.forward_listener.reset()
        self.decode_player.reset()
        self.forward_player.reset()
        self.decode_level.reset()
        self.forward_level.reset()
        self.forward_mix.reset()
        self.dry.reset()

    def restart(self) -> None:
        self.decode_player.restart()
        self.forward_player.restart()
        self.encode_modulation.reset()
        self.decode_modulation.reset()
        self.forward_modulation.reset()

    def get_delay(self) -> int:
        return self.delay

    def take_rate(self) -> None:
        """Changes to the rate of the host, without a break."""
        if self.sample_rate == self.present_rate:
            return
        self.present_rate = rate = self.sample_rate
        self.encode_listener.take_rate(rate)
        self.forward_listener.take_rate(rate)
        self.decode_player.take_rate(rate)
        self.forward_player.take_rate(rate)
        for modulation in [self.encode_modulation, self.decode_modulation, self.forward_modulation]:
            modulation.take_rate(self.hop_length, rate)
        for ramp in [self.decode_level, self.forward_level, self.forward_mix]:
            ramp.take_rate(rate)

    def encode(self, sound: Tensor) -> Tensor:
        """`[B, 1, T]` -> controls `[B, 3 + K, T / hop_length]`."""
        self.take_rate()
        return self._moved(self.encode_modulation, self.encode_listener.forward(sound[:, 0]))

    def decode(self, controls: Tensor) -> Tensor:
        """Controls and labels `[B, 3 + K + labels, N]` -> `[B, 1, N * hop_length]`."""
        self.take_rate()
        labels = self.labels(controls[:, self.num_controls :], self.label_tasks)
        moved = self._moved(self.decode_modulation, controls[:, : self.num_controls])
        sound = self.decode_player.forward(moved, labels, self.pitched_settings(), self.reverb)
        return (self.decode_level.forward(sound, self.level()) * sound).unsqueeze(1)

    def forward(self, sound: Tensor) -> Tensor:
        """`[B, 1 + labels, T]` -> `[B, 1, T]`, `delay` samples later; of a label, the last value of
        each hop counts."""
        self.take_rate()
        last = sound[:, 1:, self.hop_length - 1 :: self.hop_length]
        labels = self.labels(last, self.label_tasks)
        controls = self.forward_listener.forward(sound[:, 0])
        moved = self._moved(self.forward_modulation, controls)
        wet = self.forward_player.forward(moved, labels, self.pitched_settings(), self.reverb)
        dry = self.dry(sound[:, 0], self.delay)
        mixed = self.forward_mix.mixed(dry, wet, self.mix)
        return (self.forward_level.forward(wet, self.level()) * mixed).unsqueeze(1)

    def _moved(self, modulation: LatentModulationInterface, controls: Tensor) -> Tensor:
        """All controls are held and smoothed, those of the timbre alone are shaken."""
        held = modulation.forward(controls, self.is_frozen(), self.smoothing, 0.0)
        if self.jitter == 0.0:
            return held
        timbre = held[:, self.num_played :]
        shaken = timbre + self.jitter * torch.randn_like(timbre)
        return torch.cat([held[:, : self.num_played], shaken], dim=1)


def _twin(part: nn.Module) -> nn.Module:
    """A part with a state of its own; tensors are shared, which the file then holds once, until
    one of the two assigns them anew."""
    tensors = [*part.parameters(), *part.buffers()]
    return copy.deepcopy(part, {id(tensor): tensor for tensor in tensors})
