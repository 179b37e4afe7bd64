"""A spectral VAE on a stream: any whole number of hops per call, scriptable."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from vschaos.dsp import (
    STFT,
    StreamingPhase,
    StreamingPhaseInterface,
    StreamingSTFT,
    StreamingSTFTInterface,
    TransformSizes,
    keep_phase,
    magnitudes_of,
    sizes_at_rate,
)
from vschaos.instrument.host_rate import (
    HopQueueInterface,
    continued,
    faded_in,
    queues,
    rate_attribute,
    repeated,
)
from vschaos.instrument.label_inlets import LabelInlets, label_control
from vschaos.instrument.live import (
    Delay,
    LatentModulation,
    LatentModulationInterface,
    Ramp,
    RampInterface,
    compiled_once,
)
from vschaos.instrument.live_stream import LiveStream
from vschaos.labels import Labels
from vschaos.layers.streaming import (
    StreamingNetwork,
    StreamingNetworkInterface,
    in_groups,
)
from vschaos.models.spectral_vae.controls import (
    ATTRIBUTES,
    TEXTURE_ATTRIBUTE,
    latent_controls,
    methods_of,
)
from vschaos.models.spectral_vae.frames import Decoded, FramePath
from vschaos.models.spectral_vae.level_match import LevelMatch
from vschaos.models.spectral_vae.texture import Texture, TextureInterface

if TYPE_CHECKING:
    from vschaos.models.spectral_vae.coder import SpectralCoder


class SpectralStream(LiveStream):
    """Encode, decode and forward on a stream, each with a state of its own.

    Where phases are found, the networks run on a fixed number of frames: the last digits of a
    matrix product depend on how many frames go into it, PGHI accumulates them, and the block size
    would be audible.

    At a rate of the host that is not the model's, windows last as long as in training: their bins
    lie at the trained frequencies, those above the trained band are 0, and the networks notice
    nothing. A new rate takes effect in the next call, which fades from the old one to the new.

    Labels enter beside the sound or the latents, and predicted ones leave the same way; at audio
    rate, the last value of each hop counts.

    Args:
        model: trained.
        transform: of the model, or one of less delay.
        num_latents: that `encode` and `decode` show, the most important ones; all if not given.
            `forward` always uses all.
    """

    encode_stft: StreamingSTFTInterface
    decode_stft: StreamingSTFTInterface
    forward_stft: StreamingSTFTInterface
    decode_phase: StreamingPhaseInterface
    forward_phase: StreamingPhaseInterface
    encode_encoder: StreamingNetworkInterface
    decode_decoder: StreamingNetworkInterface
    forward_encoder: StreamingNetworkInterface
    forward_decoder: StreamingNetworkInterface
    encode_modulation: LatentModulationInterface
    decode_modulation: LatentModulationInterface
    forward_modulation: LatentModulationInterface
    decode_level: RampInterface
    forward_level: RampInterface
    forward_mix: RampInterface
    decode_texture: TextureInterface
    forward_texture: TextureInterface
    encode_inlets: HopQueueInterface
    decode_inlets: HopQueueInterface
    forward_inlets: HopQueueInterface
    encode_outlets: HopQueueInterface
    decode_outlets: HopQueueInterface
    forward_outlets: HopQueueInterface
    sizes: TransformSizes
    sample_rate: int
    inversion_mode: str
    temperature: float
    dimred: str
    texture: float
    match: float

    def __init__(
        self, model: "SpectralCoder", transform: STFT, num_latents: int | None = None
    ) -> None:
        completion = model.latent.completion(num_latents)
        num_latents = completion.num_latents
        controls = [label_control(task, entry) for task, entry in model.vocabularies.items()]
        hop_length, sample_rate = transform.hop_length, model.sample_rate
        latents = latent_controls(model.latent, num_latents)
        textures = [TEXTURE_ATTRIBUTE] if model.has_texture else []
        super().__init__(
            methods_of(latents, hop_length, model.labelling, controls),
            [*ATTRIBUTES, *textures, rate_attribute(sample_rate)],
            hop_length,
            transform.delay,
        )
        if not textures:
            self.texture = 0.0
        self.trained_rate = sample_rate
        self.trained_sizes = (transform.n_fft, hop_length, transform.synthesis_length)
        self.present_rate = sample_rate
        self.is_fresh = True  # nothing has sounded since the last reset
        self.sizes = self._sizes_at(sample_rate)
        self.num_latents = num_latents
        self.path = FramePath(
            model.log_magnitude,
            model.labelling,
            model.output,
            model.latent.played(),
            model.num_bands,
        )
        self.completion = completion
        self.projection = model.latent.projection(num_latents)
        self.silence = model.silence()
        self.dry = Delay(transform.delay + hop_length, hop_length)
        self.encode_encoder = compiled_once(StreamingNetwork(model.encoder))
        self.forward_encoder = compiled_once(StreamingNetwork(model.encoder))
        self.decode_decoder = compiled_once(StreamingNetwork(model.decoder))
        self.forward_decoder = compiled_once(StreamingNetwork(model.decoder))
        self.encode_modulation = compiled_once(
            LatentModulation(num_latents, hop_length, sample_rate)
        )
        self.decode_modulation = compiled_once(
            LatentModulation(num_latents, hop_length, sample_rate)
        )
        self.forward_modulation = compiled_once(
            LatentModulation(model.latent.dim, hop_length, sample_rate)
        )
        self.decode_level = compiled_once(Ramp(hop_length, sample_rate))
        self.forward_level = compiled_once(Ramp(hop_length, sample_rate))
        self.forward_mix = compiled_once(Ramp(hop_length, sample_rate))
        floor = float(model.log_magnitude.floor)
        self.forward_match = LevelMatch(hop_length, sample_rate, floor)
        self.forward_texture = compiled_once(Texture(transform, model.num_bands, floor, seed=0))
        self.decode_texture = compiled_once(Texture(transform, model.num_bands, floor, seed=1))
        self.encode_stft = compiled_once(StreamingSTFT(transform))
        self.decode_stft = compiled_once(StreamingSTFT(transform))
        self.forward_stft = compiled_once(StreamingSTFT(transform))
        self.decode_phase = compiled_once(StreamingPhase(transform.n_fft, hop_length))
        self.forward_phase = compiled_once(StreamingPhase(transform.n_fft, hop_length))
        self.encode_inlets, self.encode_outlets = queues(self.methods[0])
        self.decode_inlets, self.decode_outlets = queues(self.methods[1])
        self.forward_inlets, self.forward_outlets = queues(self.methods[2])
        self.labels = LabelInlets(controls)

    def reset(self) -> None:
        self.reset_known_methods()

    def restart(self) -> None:
        self.restart_known_methods()

    def reset_known_methods(self) -> None:
        self.encode_stft.reset()
        self.decode_stft.reset()
        self.forward_stft.reset()
        self.reset_networks()
        self.decode_phase.reset()
        self.forward_phase.reset()
        self.release()
        self.decode_level.reset()
        self.forward_level.reset()
        self.forward_mix.reset()
        self.forward_match.reset()
        self.decode_texture.reset()
        self.forward_texture.reset()
        self.dry.reset()
        self.reset_queues()
        self.is_fresh = True

    def reset_queues(self) -> None:
        self.encode_inlets.begin(0)
        self.decode_inlets.begin(0)
        self.forward_inlets.begin(0)
        late = self.sizes.hops_per_frame - 1  # hops that a frame may wait for
        self.encode_outlets.begin(late)
        self.decode_outlets.begin(late * self.hop_length)
        self.forward_outlets.begin(late * self.hop_length)

    def reset_networks(self) -> None:
        self.encode_encoder.reset()
        self.decode_decoder.reset()
        self.forward_encoder.reset()
        self.forward_decoder.reset()

    def restart_known_methods(self) -> None:
        self.reset_networks()
        self.decode_phase.restart()
        self.forward_phase.restart()
        self.forward_match.reset()
        self.release()

    def release(self) -> None:
        """Releases frozen latents."""
        self.encode_modulation.reset()
        self.decode_modulation.reset()
        self.forward_modulation.reset()

    def project(self) -> None:
        """Changes to the coordinates that `dimred` names."""
        self.projection.mode = self.dimred

    def take_rate(self) -> None:
        """Changes to the rate of the host, and clears all state."""
        self.take_rate_in_known_methods()

    def take_rate_in_known_methods(self) -> None:
        self.present_rate = self.sample_rate
        self.sizes = sizes = self._sizes_at(self.sample_rate)
        for stft in [self.encode_stft, self.decode_stft, self.forward_stft]:
            stft.resize(sizes.n_fft, sizes.hop_length, sizes.synthesis_length, sizes.num_bins)
        for texture in [self.decode_texture, self.forward_texture]:
            texture.resize(sizes.n_fft, sizes.hop_length, sizes.synthesis_length, sizes.num_bins)
        for phase in [self.decode_phase, self.forward_phase]:
            phase.resize(sizes.n_fft, sizes.hop_length, sizes.num_bins)
        for modulation in [self.encode_modulation, self.decode_modulation, self.forward_modulation]:
            modulation.take_rate(sizes.hop_length, self.sample_rate)
        self.forward_match.take_rate(sizes.hop_length, self.sample_rate)
        for ramp in [self.decode_level, self.forward_level, self.forward_mix]:
            ramp.take_rate(self.sample_rate)
        self.dry.resize(sizes.delay + sizes.hop_length)
        self.reset_networks()
        self.reset_queues()

    def encode(self, sound: Tensor) -> Tensor:
        """`[B, 1 + labels, T]` -> latents and predictions, `[B, Z + P, T / hop_length]`."""
        if self.sample_rate != self.present_rate:
            self.take_rate()
        repeats, step = self.sizes.hops_per_frame, self.sizes.frames_per_hop
        frames = self._whole_frames(self.encode_inlets, sound, self.sizes.hop_length)
        if frames.shape[2] > 0:
            output = self._encode(frames)
            if repeats == 1:
                return output[:, :, step - 1 :: step]
            self.encode_outlets.enter(output.repeat_interleave(repeats, dim=2))
        return self.encode_outlets.take(sound.shape[2] // self.hop_length, sound.shape[0])

    def decode(self, controls: Tensor) -> Tensor:
        """Latents and labels `[B, Z + labels, N]` -> `[B, 1, N * hop_length]`."""
        outputs = torch.jit.annotate(list[Tensor], [])
        for is_last in self._passes():
            if is_last and self.sample_rate != self.present_rate:
                self.take_rate()
            outputs.append(self._decode_at_rate(controls))
        return outputs[0] if len(outputs) == 1 else continued(outputs[0], outputs[1])

    def forward(self, sound: Tensor) -> Tensor:
        """`[B, 1 + labels, T]` -> the sound, `delay` samples later, and predictions for the
        present, `[B, 1 + P, T]`."""
        passes = self._passes()
        outputs = torch.jit.annotate(list[Tensor], [])
        for is_last in passes:
            if is_last and self.sample_rate != self.present_rate:
                self.take_rate()
            begins = is_last and len(passes) == 2
            outputs.append(self._forward_at_rate(faded_in(sound) if begins else sound))
        return outputs[0] if len(outputs) == 1 else continued(outputs[0], outputs[1])

    def _passes(self) -> list[bool]:
        """Whether each pass of a call is its last. Where the rate changes under a sound there are
        two: TorchScript makes a copy of a method's code for each place that calls it."""
        if self.is_fresh or self.sample_rate == self.present_rate:
            return [True]
        return [False, True]

    def _decode_at_rate(self, controls: Tensor) -> Tensor:
        self.is_fresh = False
        size = self.sizes.hops_per_frame
        frames = self._whole_frames(self.decode_inlets, controls, size)
        if frames.shape[2] > 0:
            last = frames[:, :, size - 1 :: size]
            output = self._decode(repeated(last, self.sizes.frames_per_hop))
            if size == 1:
                return output
            self.decode_outlets.enter(output)
        return self.decode_outlets.take(controls.shape[2] * self.hop_length, controls.shape[0])

    def _forward_at_rate(self, sound: Tensor) -> Tensor:
        self.is_fresh = False
        frames = self._whole_frames(self.forward_inlets, sound, self.sizes.hop_length)
        if frames.shape[2] > 0:
            output = self._forward(frames)
            if self.sizes.hops_per_frame == 1:
                return output
            self.forward_outlets.enter(output)
        return self.forward_outlets.take(sound.shape[2], sound.shape[0])

    def _whole_frames(self, queue: HopQueueInterface, values: Tensor, size: int) -> Tensor:
        """As many of the waiting and the new values `[B, C, N]` as make frames of `size` each."""
        if self.sizes.hops_per_frame == 1:
            return values
        queue.enter(values)
        return queue.take(queue.waiting() // size * size, values.shape[0])

    def _encode(self, sound: Tensor) -> Tensor:
        """`[B, 1 + labels, N frames]` -> latents and predictions, `[B, Z + P, N]`."""
        log_magnitude = self._log_magnitude(magnitudes_of(self.encode_stft.analyse(sound[:, 0])))
        labels = self.labels(self._each_hop(sound[:, 1:]), self.path.labelling.to_encoder.tasks)
        latents = self.path.encode_frames(
            self.encode_encoder, log_magnitude, labels, self.temperature
        ).latents[:, : self.num_latents]
        latents = self.encode_modulation(latents, self.is_frozen(), self.smoothing, self.jitter)
        predictions = self.path.labelling.predicted(log_magnitude)
        return torch.cat([self.projection.standardize(latents), predictions], dim=1)

    def _decode(self, controls: Tensor) -> Tensor:
        """Latents and labels `[B, Z + labels, N]` -> the sound of N frames, `[B, 1, T]`."""
        given = torch.jit.annotate(list[Tensor], [])
        for part in in_groups(controls[:, : self.num_latents], self.decode_decoder.group()):
            given.append(self.projection.unstandardize(part))
        latents = torch.cat(given, dim=2)[:, :, : controls.shape[2]]
        latents = self.decode_modulation(latents, self.is_frozen(), self.smoothing, self.jitter)
        labels = self.labels(controls[:, self.num_latents :], self.path.labelling.to_decoder.tasks)
        completed = torch.jit.annotate(list[Tensor], [])
        for part in in_groups(latents, self.decode_decoder.group()):
            completed.append(self.completion(part))
        decoded = self._decoded(self.decode_decoder, completed, labels)
        magnitudes = self.decode_texture.forward(
            self._in_band(decoded.magnitudes * self.silence(latents)),
            decoded.noisiness,
            self.texture,
        )
        return self._sound(self.decode_stft, self.decode_phase, self.decode_level, magnitudes)

    def _forward(self, sound: Tensor) -> Tensor:
        """`[B, 1 + labels, T]`, whole frames -> sound and predictions, `[B, 1 + P, T]`."""
        spectrum = self.forward_stft.analyse(sound[:, 0])
        heard = magnitudes_of(spectrum)
        log_magnitude = self._log_magnitude(heard)
        labels = self.labels(self._each_hop(sound[:, 1:]), self.path.labelling.conditioning_tasks)
        keeps_phase = self.inversion_mode == "keep_input"
        if not keeps_phase and not self.forward_phase.goes_by(self.inversion_mode):
            self.forward_modulation.round()
            self.forward_encoder.round()
            self.forward_decoder.round()
        group = min(self.forward_encoder.group(), self.forward_decoder.group())
        decoded = self._through(
            log_magnitude, labels, log_magnitude.shape[2] if keeps_phase else group
        )
        magnitudes, heard = self._in_band(decoded.magnitudes), self._in_band(heard)
        if keeps_phase:
            magnitudes = self.forward_texture.follow(
                magnitudes, decoded.noisiness, self.texture, heard
            )
        else:
            magnitudes = self.forward_texture.forward(magnitudes, decoded.noisiness, self.texture)
        magnitudes = magnitudes * self.forward_match(
            heard, magnitudes, self.match, self.is_frozen()
        )
        if keeps_phase:
            self.forward_phase.hear(spectrum)
            spectrum = keep_phase(magnitudes, spectrum, heard)
        else:
            spectrum = self.forward_phase.forward(magnitudes, self.inversion_mode)
        wet = self.forward_stft.synthesise(spectrum)
        dry = self.dry(sound[:, 0], self._frame_delay(self.sizes))
        mixed = self.forward_mix.mixed(dry, wet, self.mix)
        played = self.forward_level(wet, self.level()) * mixed
        predictions = self.path.labelling.predicted(log_magnitude)
        if predictions.shape[1] == 0:
            return played.unsqueeze(1)
        held = predictions.repeat_interleave(self.sizes.hop_length, dim=2)
        return torch.cat([played.unsqueeze(1), held], dim=1)

    def get_delay(self) -> int:
        """Latency of `forward` in samples of the host, under the present settings."""
        sizes = self._sizes_at(self.sample_rate)
        return self._frame_delay(sizes) + (sizes.hops_per_frame - 1) * self.hop_length

    def _frame_delay(self, sizes: TransformSizes) -> int:
        """Latency in samples where whole frames come in."""
        if self.inversion_mode == "rtisi":
            return sizes.delay + self.forward_phase.delay("rtisi") * sizes.hop_length
        return sizes.delay

    def _sizes_at(self, sample_rate: int) -> TransformSizes:
        window, hop, kept = self.trained_sizes
        return sizes_at_rate(window, hop, kept, self.trained_rate, sample_rate)

    def _log_magnitude(self, magnitudes: Tensor) -> Tensor:
        """`[B, F of the host, N]` -> log-magnitudes at the trained bins, `[B, F, N]`."""
        missing = self.trained_sizes[0] // 2 + 1 - magnitudes.shape[1]
        if missing > 0:
            magnitudes = torch.nn.functional.pad(magnitudes, (0, 0, 0, missing))
        return self.path.log_magnitude(magnitudes)

    def _in_band(self, magnitudes: Tensor) -> Tensor:
        """Magnitudes `[B, F, N]` -> those below half of the host's rate."""
        if self.sizes.num_bins < magnitudes.shape[1]:
            return magnitudes[:, : self.sizes.num_bins]
        return magnitudes

    def _through(self, log_magnitude: Tensor, labels: Labels, group: int) -> Decoded:
        """Log-magnitudes `[B, F, N]` -> reconstructed frames, by networks on `group` of them at a
        time."""
        values, known = in_groups(labels.values, group), in_groups(labels.known, group)
        magnitudes = torch.jit.annotate(list[Tensor], [])
        noisiness = torch.jit.annotate(list[Tensor], [])
        for n, part in enumerate(in_groups(log_magnitude, group)):
            encoding = self.path.encode_frames(
                self.forward_encoder, part, Labels(values[n], known[n]), self.temperature
            )
            count = min(group, log_magnitude.shape[2] - n * group)  # without superfluous frames
            latents = self.forward_modulation(
                encoding.latents.narrow(2, 0, count), self.is_frozen(), self.smoothing, self.jitter
            )
            decoded = self.path.decode_frames(
                self.forward_decoder,
                in_groups(latents, group)[0],
                encoding.probabilities,
                encoding.known,
            )
            magnitudes.append(decoded.magnitudes.narrow(2, 0, count) * self.silence(latents))
            noisiness.append(decoded.noisiness.narrow(2, 0, count))
        return Decoded(_joined(magnitudes), _joined(noisiness))

    def _decoded(
        self, decoder: StreamingNetworkInterface, groups: list[Tensor], labels: Labels
    ) -> Decoded:
        """All latents, as `in_groups` splits them, and labels `[B, L, N]` -> frames."""
        size = groups[0].shape[2]
        values, known = in_groups(labels.values, size), in_groups(labels.known, size)
        magnitudes = torch.jit.annotate(list[Tensor], [])
        noisiness = torch.jit.annotate(list[Tensor], [])
        for n, part in enumerate(groups):
            probabilities = self.path.labelling.probabilities(Labels(values[n], known[n]))
            decoded = self.path.decode_frames(decoder, part, probabilities, known[n])
            magnitudes.append(decoded.magnitudes)
            noisiness.append(decoded.noisiness)
        count = labels.values.shape[2]
        return Decoded(_joined(magnitudes)[:, :, :count], _joined(noisiness)[:, :, :count])

    def _sound(
        self,
        stft: StreamingSTFTInterface,
        phase: StreamingPhaseInterface,
        ramp: RampInterface,
        magnitudes: Tensor,
    ) -> Tensor:
        """Magnitudes `[B, F, N]` in the band of the host, without an input -> the sound
        `[B, 1, T]` at the gain."""
        # there is no input to keep the phase of
        mode = "rtisi" if self.inversion_mode == "keep_input" else self.inversion_mode
        sound = stft.synthesise(phase.forward(magnitudes, mode))
        return (ramp.forward(sound, self.level()) * sound).unsqueeze(1)

    def _each_hop(self, values: Tensor) -> Tensor:
        return values[:, :, self.sizes.hop_length - 1 :: self.sizes.hop_length]


def _joined(parts: list[Tensor]) -> Tensor:
    """Parts `[B, F, ...]` of frames that follow each other -> `[B, F, N]`."""
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=2)
