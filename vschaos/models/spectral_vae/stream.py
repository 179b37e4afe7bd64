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
    keep_phase,
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
    latent_controls,
    methods_of,
)
from vschaos.models.spectral_vae.frames import FramePath

if TYPE_CHECKING:
    from vschaos.models.spectral_vae.coder import SpectralCoder


class SpectralStream(LiveStream):
    """Encode, decode and forward on a stream, each with a state of its own.

    Where phases are found, the networks run on a fixed number of frames: the last digits of a
    matrix product depend on how many frames go into it, PGHI accumulates them, and the block size
    would be audible.

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
    inversion_mode: str
    temperature: float
    dimred: str

    def __init__(
        self, model: "SpectralCoder", transform: STFT, num_latents: int | None = None
    ) -> None:
        completion = model.latent.completion(num_latents)
        num_latents = completion.num_latents
        controls = [label_control(task, entry) for task, entry in model.vocabularies.items()]
        hop_length, sample_rate = transform.hop_length, model.sample_rate
        latents = latent_controls(model.latent, num_latents)
        super().__init__(
            methods_of(latents, hop_length, model.labelling, controls),
            ATTRIBUTES,
            hop_length,
            transform.delay,
        )
        self.num_latents = num_latents
        self.path = FramePath(model.log_magnitude, model.labelling, model.output, model.latent)
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
        self.encode_stft = compiled_once(StreamingSTFT(transform))
        self.decode_stft = compiled_once(StreamingSTFT(transform))
        self.forward_stft = compiled_once(StreamingSTFT(transform))
        self.decode_phase = compiled_once(StreamingPhase(transform.n_fft, hop_length))
        self.forward_phase = compiled_once(StreamingPhase(transform.n_fft, hop_length))
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
        self.dry.reset()

    def reset_networks(self) -> None:
        self.encode_encoder.reset()
        self.decode_decoder.reset()
        self.forward_encoder.reset()
        self.forward_decoder.reset()

    def restart_known_methods(self) -> None:
        self.reset_networks()
        self.decode_phase.restart()
        self.forward_phase.restart()
        self.release()

    def release(self) -> None:
        """Releases frozen latents."""
        self.encode_modulation.reset()
        self.decode_modulation.reset()
        self.forward_modulation.reset()

    def project(self) -> None:
        """Changes to the coordinates that `dimred` names."""
        self.projection.mode = self.dimred

    def encode(self, sound: Tensor) -> Tensor:
        """`[B, 1 + labels, T]` -> latents and predictions, `[B, Z + P, T / hop_length]`."""
        log_magnitude = self.path.log_magnitude(self.encode_stft.analyse(sound[:, 0]).abs())
        labels = self.labels(self._each_hop(sound[:, 1:]), self.path.labelling.to_encoder.tasks)
        latents = self.path.encode_frames(
            self.encode_encoder, log_magnitude, labels, self.temperature
        ).latents[:, : self.num_latents]
        latents = self.encode_modulation(latents, self.is_frozen(), self.smoothing, self.jitter)
        predictions = self.path.labelling.predicted(log_magnitude)
        return torch.cat([self.projection.standardize(latents), predictions], dim=1)

    def decode(self, controls: Tensor) -> Tensor:
        """Latents and labels `[B, Z + labels, N]` -> `[B, 1, N * hop_length]`."""
        given = torch.jit.annotate(list[Tensor], [])
        for part in in_groups(controls[:, : self.num_latents], self.decode_decoder.group()):
            given.append(self.projection.unstandardize(part))
        latents = torch.cat(given, dim=2)[:, :, : controls.shape[2]]
        latents = self.decode_modulation(latents, self.is_frozen(), self.smoothing, self.jitter)
        labels = self.labels(controls[:, self.num_latents :], self.path.labelling.to_decoder.tasks)
        completed = torch.jit.annotate(list[Tensor], [])
        for part in in_groups(latents, self.decode_decoder.group()):
            completed.append(self.completion(part))
        magnitudes = self._decoded(self.decode_decoder, completed, labels) * self.silence(latents)
        return self._sound(self.decode_stft, self.decode_phase, self.decode_level, magnitudes)

    def forward(self, sound: Tensor) -> Tensor:
        """`[B, 1 + labels, T]` -> the sound, `delay` samples later, and predictions for the
        present, `[B, 1 + P, T]`."""
        spectrum = self.forward_stft.analyse(sound[:, 0])
        log_magnitude = self.path.log_magnitude(spectrum.abs())
        labels = self.labels(self._each_hop(sound[:, 1:]), self.path.labelling.conditioning_tasks)
        keeps_phase = self.inversion_mode == "keep_input"
        if not keeps_phase and not self.forward_phase.goes_by(self.inversion_mode):
            self.forward_modulation.round()
            self.forward_encoder.round()
            self.forward_decoder.round()
        group = min(self.forward_encoder.group(), self.forward_decoder.group())
        magnitudes = self._through(
            log_magnitude, labels, log_magnitude.shape[2] if keeps_phase else group
        )
        if keeps_phase:
            self.forward_phase.hear(spectrum)
            spectrum = keep_phase(magnitudes, spectrum)
        else:
            spectrum = self.forward_phase.forward(magnitudes, self.inversion_mode)
        wet = self.forward_stft.synthesise(spectrum)
        dry = self.dry(sound[:, 0], self.get_delay())
        mixed = dry + self.forward_mix(wet, self.mix) * (wet - dry)
        played = self.forward_level(wet, self.level()) * mixed
        predictions = self.path.labelling.predicted(log_magnitude)
        held = predictions.repeat_interleave(self.hop_length, dim=2)
        return torch.cat([played.unsqueeze(1), held], dim=1)

    def get_delay(self) -> int:
        """Latency of `forward` in samples, under the present settings."""
        if self.inversion_mode == "rtisi":
            return self.delay + self.forward_phase.delay("rtisi") * self.hop_length
        return self.delay

    def _through(self, log_magnitude: Tensor, labels: Labels, group: int) -> Tensor:
        """Log-magnitudes `[B, F, N]` -> reconstructed magnitudes `[B, F, N]`, by networks on
        `group` frames at a time."""
        values, known = in_groups(labels.values, group), in_groups(labels.known, group)
        parts = torch.jit.annotate(list[Tensor], [])
        for n, part in enumerate(in_groups(log_magnitude, group)):
            encoding = self.path.encode_frames(
                self.forward_encoder, part, Labels(values[n], known[n]), self.temperature
            )
            count = min(group, log_magnitude.shape[2] - n * group)  # without superfluous frames
            latents = self.forward_modulation(
                encoding.latents[:, :, :count], self.is_frozen(), self.smoothing, self.jitter
            )
            magnitudes = self.path.decode_frames(
                self.forward_decoder,
                in_groups(latents, group)[0],
                encoding.probabilities,
                encoding.known,
            )
            parts.append(magnitudes[:, :, :count] * self.silence(latents))
        return _joined(parts)

    def _decoded(
        self, decoder: StreamingNetworkInterface, groups: list[Tensor], labels: Labels
    ) -> Tensor:
        """All latents, as `in_groups` splits them, and labels `[B, L, N]` -> magnitudes
        `[B, F, N]`."""
        size = groups[0].shape[2]
        values, known = in_groups(labels.values, size), in_groups(labels.known, size)
        parts = torch.jit.annotate(list[Tensor], [])
        for n, part in enumerate(groups):
            probabilities = self.path.labelling.probabilities(Labels(values[n], known[n]))
            parts.append(self.path.decode_frames(decoder, part, probabilities, known[n]))
        return _joined(parts)[:, :, : labels.values.shape[2]]

    def _sound(
        self,
        stft: StreamingSTFTInterface,
        phase: StreamingPhaseInterface,
        ramp: RampInterface,
        magnitudes: Tensor,
    ) -> Tensor:
        """Magnitudes `[B, F, N]` without an input -> `[B, 1, N * hop_length]` at the gain."""
        # there is no input to keep the phase of
        mode = "rtisi" if self.inversion_mode == "keep_input" else self.inversion_mode
        sound = stft.synthesise(phase.forward(magnitudes, mode))
        return (ramp.forward(sound, self.level()) * sound).unsqueeze(1)

    def _each_hop(self, values: Tensor) -> Tensor:
        return values[:, :, self.hop_length - 1 :: self.hop_length]


def _joined(parts: list[Tensor]) -> Tensor:
    """Parts `[B, F, ...]` of frames that follow each other -> `[B, F, N]`."""
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=2)
