"""The voice: pitch, gate and modulations at audio rate -> sound, by what a chain connects."""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from vschaos.dsp.drive import Drive
from vschaos.dsp.envelope import ADSR, GateReader, GateState
from vschaos.dsp.filter import StateVariableFilter
from vschaos.dsp.low_frequency import LowFrequencyOscillator
from vschaos.dsp.noise import WhiteNoise
from vschaos.dsp.scan import CHUNK, decay_scan
from vschaos.dsp.virtual_analog import OVERSAMPLING, Decimator, Oscillator
from vschaos.instrument.controls import Control
from vschaos.models.synth.chains import Chain

SAMPLE_RATE = 44100  # Hz
VELOCITY_SECONDS = 0.001  # time constant towards a new height of the gate
REFERENCE_NOTE = 60.0  # at which key tracking leaves the cutoff
HIGHEST_SHARE = 0.47  # of the sample rate, of an oscillator
INAUDIBLE = 1e-9  # of an envelope
NOISE_LEVEL = 0.5  # RMS of the noise at an amount of 1
# the inlets after pitch and gate, and the module that each needs
MODULATIONS = {
    "cutoff_mod": ("filter", Control("cutoff_mod", -60.0, 60.0, "st", movement="uniform")),
    "width_mod": ("osc_1", Control("width_mod", -0.9, 0.9, "", movement="uniform")),
    "index_mod": ("osc_2>osc_1", Control("index_mod", -8.0, 8.0, "rad", movement="uniform")),
    "mix_mod": ("osc_2>mixer", Control("mix_mod", -1.0, 1.0, "", movement="uniform")),
    "level_mod": ("amplifier", Control("level_mod", -60.0, 12.0, "dB", movement="uniform")),
}


def play_controls(chain: Chain) -> list[Control]:
    """The inlets of a voice. Each is harmless at 0: no note sounds, and modulations leave the
    preset as it is."""
    note = Control(
        "pitch", 24.0, 96.0, "MIDI note", default=60.0, movement="uniform", limits=(0.0, 127.0)
    )
    gate = Control("gate", 0.0, 1.0, "velocity", movement="gate")
    return [note, gate, *(c for part, c in MODULATIONS.values() if chain.has(part))]


class VoiceState(NamedTuple):
    """What the next block of a voice continues.

    Attributes:
        phases: of both oscillators and the LFO, cycles, float64 `[B, 3]`.
        modulated: phases of both oscillators as they were heard last, float64 `[B, 2]`.
        decimator: the last oversampled samples, `[B, 62]`.
        segments: amplitude, envelope, velocity and pitch, float64 `[B, 4]`.
        is_on, age: see `GateState`.
        filter: `[B, 2]`.
        driven: float64 `[B]`.
        position: of the noise, int64 `[1]`, shared by all voices.
    """

    phases: Tensor
    modulated: Tensor
    decimator: Tensor
    segments: Tensor
    is_on: Tensor
    age: Tensor
    filter: Tensor
    driven: Tensor
    position: Tensor


class Voice(nn.Module):
    """A differentiable synthesiser of one note at a time.

        pitch, glide, vibrato -> oscillators (osc_2 may modulate the phase of osc_1) -> mixer with
        noise -> filter -> drive -> amplifier

    with an ADSR for the amplifier, another for cutoff and index, and an LFO. Modules and cables
    that the chain lacks are not computed. Rows of a batch are voices, each with its own noise.

    Args:
        chain: what is connected.
        sample_rate: Hz.
        seed: of the noise.
    """

    def __init__(self, chain: Chain, sample_rate: int = SAMPLE_RATE, seed: int = 0) -> None:
        super().__init__()
        self.names = [parameter.name for parameter in chain.parameters]
        self.inlets = [control.name for control in play_controls(chain)]
        self.has_second = chain.has("osc_2")
        self.has_modulation = chain.has("osc_2>osc_1")
        self.has_noise = chain.has("noise")
        self.has_filter = chain.has("filter")
        self.has_envelope = chain.has("envelope")
        self.reference_note, self.highest_share = REFERENCE_NOTE, HIGHEST_SHARE
        self.noise_level, self.inaudible = NOISE_LEVEL, INAUDIBLE
        self.oversampling, self.rest_length = OVERSAMPLING, CHUNK
        self.radian = 0.5 / math.pi  # in cycles
        self.octaves_per_db = math.log2(10.0) / 20.0
        self.velocity_seconds = VELOCITY_SECONDS
        self.gates, self.adsr = GateReader(), ADSR(sample_rate)
        self.lfo = LowFrequencyOscillator(sample_rate)
        self.oscillator, self.decimator = Oscillator(), Decimator()
        self.noise = WhiteNoise(seed)
        self.filter, self.drive = StateVariableFilter(sample_rate), Drive()
        self.octave = math.log(2.0)
        self.sample_rate, self.velocity_factor, self.highest_note = 0, 0.0, 0.0
        self.take_rate(sample_rate)

    @torch.jit.export
    def take_rate(self, sample_rate: int) -> None:
        """Plays the same at another rate, in Hz; what sounds goes on."""
        self.sample_rate = sample_rate
        self.velocity_factor = math.exp(-1.0 / (self.velocity_seconds * sample_rate))
        self.highest_note = (
            69.0 + 12.0 * math.log(self.highest_share * sample_rate / 440.0) / self.octave
        )
        self.adsr.take_rate(sample_rate)
        self.lfo.take_rate(sample_rate)
        self.filter.take_rate(sample_rate)

    @torch.jit.export
    def silence(self, batch: int, dtype: torch.dtype) -> VoiceState:
        """The state before a sound; `dtype` is that of the sound."""
        gate = self.gates.silence(batch)
        double = torch.float64
        return VoiceState(
            torch.zeros([batch, 3], dtype=double),
            torch.zeros([batch, 2], dtype=double),
            torch.zeros([batch, self.decimator.num_before], dtype=dtype),
            torch.zeros([batch, 4], dtype=double),
            gate.is_on,
            gate.age,
            torch.zeros([batch, 2], dtype=dtype),
            torch.zeros([batch], dtype=double),
            torch.zeros([1], dtype=torch.int64),
        )

    def forward(self, controls: Tensor, parameters: Tensor) -> Tensor:
        """A sound from silence, see `continued`."""
        state = self.silence(controls.shape[0], parameters.dtype)
        return self.continued(controls, parameters, state)[0]

    @torch.jit.export
    def continued(
        self, controls: Tensor, parameters: Tensor, state: VoiceState
    ) -> tuple[Tensor, VoiceState]:
        """Plays.

        Args:
            controls: `[B, C, T]`, in the order of `play_controls`; T a multiple of 32. What is not
                finite is 0.
            parameters: in the order of the chain's and in their units, `[B or 1, K, T or 1]`.
            state: before.

        Returns:
            `[B, T]` in the precision of `parameters`, and the state after.
        """
        dtype, length = parameters.dtype, controls.shape[2]
        controls = torch.nan_to_num(controls, 0.0, 0.0, 0.0)
        inputs: dict[str, Tensor] = {}
        for name, row in zip(self.inlets, controls.unbind(1)):  # noqa: B905  TorchScript has none
            inputs[name] = row
        values: dict[str, Tensor] = {}
        for name, row in zip(self.names, parameters.unbind(1)):  # noqa: B905
            values[name] = row

        segments, gate = self._segments(inputs, values, state)
        active = self._active(inputs["gate"], segments[0], state.segments[:, 0])
        after = self._resting(segments, gate, length, state)
        if not bool(active.any()):
            return torch.zeros_like(inputs["gate"]).to(dtype), after
        mask: Tensor | None = None
        if not bool(active.all()):
            mask = active.repeat_interleave(self.rest_length, 1).to(dtype)
        amplitude, envelope, velocity, note = segments.to(dtype).unbind(0)
        rate = values["lfo_rate"] if mask is None else values["lfo_rate"] * mask
        lfo, lfo_phase = self.lfo(rate, values["lfo_shape"], length, state.phases[:, 2])
        pitch = segments[3] + (values["lfo_pitch"] * lfo).double()
        sound, phases, modulated, decimator = self._oscillators(
            inputs, values, pitch, lfo, envelope, mask, state
        )
        if self.has_noise:
            noise = self.noise(state.position, controls.shape[0], length).to(dtype)
            noise = (self.noise_level * values["noise"]) * noise
            sound = sound + (noise if mask is None else noise * mask)
        filtered = state.filter
        if self.has_filter:
            sound, filtered = self._filtered(
                sound, inputs, values, note, lfo, envelope, mask, filtered
            )
        sound, driven = self.drive(sound, values["drive"], state.driven)
        decibels = values["level"] + inputs["level_mod"]
        tremolo = 1.0 - values["lfo_level"] * (0.5 - 0.5 * lfo)
        gain = torch.exp2(decibels * self.octaves_per_db) * tremolo
        audio = sound * (amplitude * velocity) * gain
        after = VoiceState(
            torch.cat([phases, lfo_phase.unsqueeze(1)], 1),
            modulated,
            decimator,
            after.segments,
            after.is_on,
            after.age,
            filtered,
            driven,
            after.position,
        )
        return audio.to(dtype), after

    def _active(self, gate: Tensor, amplitude: Tensor, before: Tensor) -> Tensor:
        """Which stretches of `rest_length` samples are heard, of each voice: bool `[B, N]`.

        In the others oscillators and LFO stand still, and filter and decimator are cleared. That
        depends on where they lie, and not on how a sound is cut into blocks.
        """
        is_on = (gate > self.gates.threshold).unflatten(1, [-1, self.rest_length]).any(2)
        ends = amplitude[:, self.rest_length - 1 :: self.rest_length]
        beginnings = torch.cat([before.unsqueeze(1), ends[:, :-1]], 1)
        return is_on | (beginnings >= self.inaudible)

    def _resting(
        self, segments: Tensor, gate: GateState, length: int, state: VoiceState
    ) -> VoiceState:
        """The state after a block in which no voice is heard."""
        return VoiceState(
            state.phases,
            state.phases[:, :2],
            torch.zeros_like(state.decimator),
            self._audible(segments[:, :, -1].T),
            gate.is_on,
            gate.age,
            torch.zeros_like(state.filter),
            torch.zeros_like(state.driven),
            (state.position + length) & 0xFFFFFFFF,
        )

    def _audible(self, levels: Tensor) -> Tensor:
        """What has decayed below -180 dB is 0: processors are slow with the smallest numbers."""
        return torch.where(levels.abs() < self.inaudible, 0.0, levels)

    def _segments(
        self, inputs: dict[str, Tensor], values: dict[str, Tensor], state: VoiceState
    ) -> tuple[Tensor, GateState]:
        """Amplitude, envelope, velocity and pitch with glide: float64 `[4, B, T]`."""
        gate = inputs["gate"].double()
        batch, length = gate.shape
        gates, after = self.gates(gate, GateState(state.is_on, state.age))
        rows: list[Tensor] = []  # of both envelopes, by name
        for part in ("attack", "decay", "sustain", "release"):
            rows.append(values[part])
            rows.append(values[part + "_2"] if self.has_envelope else values[part])
        attack, decay, sustain, release = torch.stack(rows).double().unflatten(0, [4, 2]).unbind(0)
        factors, offsets = self.adsr(gates, 0.001 * attack, 0.001 * decay, sustain, 0.001 * release)
        # the velocity of a note is kept while it is released
        share = (1.0 - self.velocity_factor) * gates.is_on
        glide = values["glide"].double() * (0.001 * self.sample_rate)
        slide = torch.exp(-1.0 / glide.clamp_min(1e-3)) * gates.was_played
        pitch = inputs["pitch"].double()
        factors = torch.cat([factors, torch.stack([1.0 - share, slide])])
        offsets = torch.cat([offsets, torch.stack([share * gate, pitch - slide * pitch])])
        flat = decay_scan(factors.flatten(0, 1), offsets.flatten(0, 1), state.segments.T.flatten())
        return flat.reshape(4, batch, length), after

    def _oscillators(
        self,
        inputs: dict[str, Tensor],
        values: dict[str, Tensor],
        pitch: Tensor,
        lfo: Tensor,
        envelope: Tensor,
        mask: Tensor | None,
        state: VoiceState,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The mixed sound `[B, T]`, and of its state `phases`, `modulated` and `decimator`."""
        shift = values["lfo_width"] * lfo + inputs["width_mod"]
        pitches, shapes = [pitch], [values["shape_1"]]
        widths = [values["width_1"] + shift]
        if self.has_second:
            interval = values["semitones_2"] + 0.01 * values["cents_2"]
            pitches.append(pitch + interval)
            shapes.append(values["shape_2"])
            widths.append(values["width_2"] + shift)
        notes = torch.stack(pitches, 1).clamp_max(self.highest_note)  # [B, 1 or 2, T]
        steps = torch.exp2((notes - 69.0) * (1.0 / 12.0)) * (440.0 / self.sample_rate)
        if mask is not None:
            steps = steps * mask.unsqueeze(1)
        count = len(pitches)
        ends = torch.cumsum(steps, 2) + state.phases[:, :count].unsqueeze(2)
        phases = torch.stack([ends - 0.5 * steps, ends], 3).flatten(2)
        shape = self._oversampled(torch.stack(shapes, 1))
        width = self._oversampled(torch.stack(widths, 1).clamp(0.05, 0.95))
        if self.has_modulation:
            amount = values["index_envelope"]
            index = values["index"] * (1.0 - amount + amount * envelope) + inputs["index_mod"]
            if mask is not None:
                index = index * mask
            modulator = self.oscillator.sine(phases[:, 1])
            bent = phases[:, 0] + modulator * self._oversampled(index) * self.radian
            phases = torch.stack([bent, phases[:, 1]], 1)
        waves = self.oscillator(phases, state.modulated[:, :count], shape, width)
        if self.has_second:
            mix = (values["mix"] + inputs["mix_mod"]).clamp(0.0, 1.0)
            first, second = waves.unbind(1)
            sound = torch.lerp(first, second, self._oversampled(mix).expand_as(first))
        else:
            sound = waves[:, 0]
        if mask is not None:
            sound = sound * self._oversampled(mask)
        sound, decimator = self.decimator(sound, state.decimator)
        last = ends[:, :, -1]
        cycles = last.floor()
        zeros = torch.zeros_like(state.phases[:, count:2])
        return (
            sound,
            torch.cat([last - cycles, zeros], 1),
            torch.cat([phases[:, :, -1] - cycles, zeros], 1),
            decimator,
        )

    def _oversampled(self, values: Tensor) -> Tensor:
        """`[..., T]` -> `[..., 2 T]`; what is constant stays so."""
        if values.shape[-1] == 1:
            return values
        return values.repeat_interleave(self.oversampling, -1)

    def _filtered(
        self,
        sound: Tensor,
        inputs: dict[str, Tensor],
        values: dict[str, Tensor],
        pitch: Tensor,
        lfo: Tensor,
        envelope: Tensor,
        mask: Tensor | None,
        state: Tensor,
    ) -> tuple[Tensor, Tensor]:
        semitones = (
            values["filter_envelope"] * envelope
            + values["key_tracking"] * (pitch - self.reference_note)
            + values["lfo_cutoff"] * lfo
            + inputs["cutoff_mod"]
        )
        cutoff = values["cutoff"] * torch.exp2(semitones * (1.0 / 12.0))
        responses, after = self.filter(sound, cutoff, values["resonance"], state, mask)
        return self.filter.morphed(responses, values["filter_type"]), after
