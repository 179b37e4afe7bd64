"""The spectral VAE as it is played live: any whole number of hops a call, scriptable."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from vschaos.dsp import (
    STFT,
    LogMagnitude,
    StreamingPhase,
    StreamingPhaseInterface,
    StreamingSTFT,
    StreamingSTFTInterface,
    keep_phase,
)
from vschaos.instrument.live import (
    Delay,
    LatentModulation,
    LatentModulationInterface,
    Ramp,
    RampInterface,
    compiled_once,
)
from vschaos.instrument.live_stream import LiveStream
from vschaos.labels import Labels, Vocabulary
from vschaos.latents.gaussian import GaussianLatent
from vschaos.layers import Labelling, Network, sample
from vschaos.layers.streaming import StreamingNetwork, StreamingNetworkInterface
from vschaos.models.spectral_vae.controls import (
    ATTRIBUTES,
    label_control,
    latent_controls,
    methods_of,
)
from vschaos.models.spectral_vae.outputs import Output
from vschaos.models.spectral_vae.silence import Silence


class SpectralStream(LiveStream):
    """Encode, decode and forward on a stream, with a past of its own for each of the three.

    Where phases are found, the network runs frame by frame: the last digits of a matrix product
    depend on how many frames go into it, a scan never forgets them, and blocks would be heard.

    Labels come in beside the sound or the latents, and what is heard of them goes out the same
    way; at the rate of sound, the last value of each hop counts.

    Args:
        vocabularies: of the labels.
        transform, contrast, labelling, encoder, decoder, output, latent, silence, sample_rate: of
            the trained model.
        num_latents: that come out of `encode` and go into `decode`, the most important ones; all if
            not given. `forward` has them all in any case.
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
    unknown_below: Tensor

    def __init__(
        self,
        vocabularies: Mapping[str, Vocabulary],
        transform: STFT,
        log_magnitude: LogMagnitude,
        labelling: Labelling,
        encoder: Network,
        decoder: Network,
        output: Output,
        latent: GaussianLatent,
        silence: Silence,
        sample_rate: int,
        num_latents: int | None = None,
    ) -> None:
        kept = latent.kept(num_latents)
        controls = [label_control(task, entry) for task, entry in vocabularies.items()]
        super().__init__(
            methods_of(
                latent_controls(latent, kept.num_kept), transform.hop_length, labelling, controls
            ),
            ATTRIBUTES,
            transform.hop_length,
            transform.delay,
        )
        hop_length = transform.hop_length
        self.views = latent.views(kept.num_kept)
        self.encode_modulation = compiled_once(
            LatentModulation(kept.num_kept, hop_length, sample_rate)
        )
        self.decode_modulation = compiled_once(
            LatentModulation(kept.num_kept, hop_length, sample_rate)
        )
        self.forward_modulation = compiled_once(
            LatentModulation(latent.dim, hop_length, sample_rate)
        )
        self.decode_level = compiled_once(Ramp(hop_length, sample_rate))
        self.forward_level = compiled_once(Ramp(hop_length, sample_rate))
        self.forward_mix = compiled_once(Ramp(hop_length, sample_rate))
        self.dry = Delay(transform.delay + hop_length, hop_length)
        self.kept = kept
        self.transform = transform
        self.sample_rate = sample_rate
        self.log_magnitude = log_magnitude
        self.labelling = labelling
        self.latent = latent
        self.output = output
        self.silence = silence
        self.encode_encoder = compiled_once(StreamingNetwork(encoder))
        self.decode_decoder = compiled_once(StreamingNetwork(decoder))
        self.forward_encoder = compiled_once(StreamingNetwork(encoder))
        self.forward_decoder = compiled_once(StreamingNetwork(decoder))
        self.encode_stft = compiled_once(StreamingSTFT(transform))
        self.decode_stft = compiled_once(StreamingSTFT(transform))
        self.forward_stft = compiled_once(StreamingSTFT(transform))
        self.decode_phase = compiled_once(StreamingPhase(transform.n_fft, transform.hop_length))
        self.forward_phase = compiled_once(StreamingPhase(transform.n_fft, transform.hop_length))
        bounds = [float(control.unknown_below or 0.0) for control in controls]
        self.register_buffer("unknown_below", torch.tensor(bounds).float().unsqueeze(1))
        self.num_kept = kept.num_kept

    @torch.jit.export
    def reset(self) -> None:
        self.reset_known_methods()

    @torch.jit.export
    def restart(self) -> None:
        self.restart_known_methods()

    @torch.jit.export
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

    @torch.jit.export
    def reset_networks(self) -> None:
        self.encode_encoder.reset()
        self.decode_decoder.reset()
        self.forward_encoder.reset()
        self.forward_decoder.reset()

    @torch.jit.export
    def restart_known_methods(self) -> None:
        self.reset_networks()
        self.decode_phase.restart()
        self.forward_phase.restart()
        self.release()

    @torch.jit.export
    def release(self) -> None:
        """Releases latents that are frozen."""
        self.encode_modulation.reset()
        self.decode_modulation.reset()
        self.forward_modulation.reset()

    @torch.jit.export
    def project(self) -> None:
        """Takes up the coordinates that `dimred` names."""
        self.views.view = self.dimred

    @torch.jit.export
    def encode(self, sound: Tensor) -> Tensor:
        """`[B, 1 + labels, T]` -> latents and what is heard, `[B, Z + P, T / hop_length]`."""
        log_magnitude = self.log_magnitude(self.encode_stft.analyse(sound[:, 0]).abs())
        labels = self._labels(self._each_hop(sound[:, 1:]), self.labelling.to_encoder.tasks)
        probabilities, known = self.labelling.infer_labels(log_magnitude, labels)
        latents = self._latents(self.encode_encoder, log_magnitude, probabilities, known)[
            :, : self.num_kept
        ]
        latents = self.encode_modulation(latents, self.is_frozen(), self.smoothing, self.jitter)
        return torch.cat(
            [self.views.standardize(latents), self.labelling.predicted(log_magnitude)], dim=1
        )

    @torch.jit.export
    def decode(self, controls: Tensor) -> Tensor:
        """Latents and labels `[B, Z + labels, N]` -> `[B, 1, N * hop_length]`."""
        frames = torch.jit.annotate(list[Tensor], [])
        labels = self._labels(controls[:, self.num_kept :], self.labelling.to_decoder.tasks)
        for n in range(controls.shape[2]):
            now = between(labels, n, n + 1)
            stated = self.views.unstandardize(controls[:, : self.num_kept, n : n + 1])
            latents = self.decode_modulation(stated, self.is_frozen(), self.smoothing, self.jitter)
            frames.append(self._filled_in(latents, now))
        # there is no input to keep the phase of
        mode = "rtisi" if self.inversion_mode == "keep_input" else self.inversion_mode
        spectrum = self.decode_phase.forward(torch.cat(frames, dim=2), mode)
        sound = self.decode_stft.synthesise(spectrum)
        return (self.decode_level(sound, self.level()) * sound).unsqueeze(1)

    def forward(self, sound: Tensor) -> Tensor:
        """`[B, 1 + labels, T]` -> the sound, `delay` samples later, and what is heard now,
        `[B, 1 + P, T]`."""
        spectrum = self.forward_stft.analyse(sound[:, 0])
        log_magnitude = self.log_magnitude(spectrum.abs())
        labels = self._labels(self._each_hop(sound[:, 1:]), self.labelling.conditioning_tasks)
        keeps_phase = self.inversion_mode == "keep_input"
        if not keeps_phase and not self.forward_phase.goes_by(self.inversion_mode):
            self.forward_modulation.round()
            self.forward_encoder.round()
            self.forward_decoder.round()
        frames = torch.jit.annotate(list[Tensor], [])
        for part in [log_magnitude] if keeps_phase else list(log_magnitude.split(1, dim=2)):
            now = between(labels, len(frames), len(frames) + part.shape[2])
            frames.append(self._through(part, now))
        magnitudes = torch.cat(frames, dim=2)
        if keeps_phase:
            self.forward_phase.hear(spectrum)
            spectrum = keep_phase(magnitudes, spectrum)
        else:
            spectrum = self.forward_phase.forward(magnitudes, self.inversion_mode)
        wet = self.forward_stft.synthesise(spectrum)
        dry = self.dry(sound[:, 0], self.get_delay())
        mixed = dry + self.forward_mix(wet, self.mix) * (wet - dry)
        played = self.forward_level(wet, self.level()) * mixed
        heard = self.labelling.predicted(log_magnitude).repeat_interleave(self.hop_length, dim=2)
        return torch.cat([played.unsqueeze(1), heard], dim=1)

    @torch.jit.export
    def get_delay(self) -> int:
        """Samples by which `forward` lags behind its input, as it is set now."""
        if self.inversion_mode == "rtisi":
            return self.delay + self.forward_phase.delay("rtisi") * self.hop_length
        return self.delay

    def _through(self, log_magnitude: Tensor, labels: Labels) -> Tensor:
        probabilities, known = self.labelling.infer_labels(log_magnitude, labels)
        latents = self._latents(self.forward_encoder, log_magnitude, probabilities, known)
        latents = self.forward_modulation(latents, self.is_frozen(), self.smoothing, self.jitter)
        magnitudes = self._magnitudes(self.forward_decoder, latents, probabilities, known)
        return magnitudes * self.silence(latents)

    def _latents(
        self,
        encoder: StreamingNetworkInterface,
        log_magnitude: Tensor,
        probabilities: list[Tensor],
        known: Tensor,
    ) -> Tensor:
        posterior = self.latent(
            encoder.forward(self.labelling.to_encoder(log_magnitude, probabilities, known))
        )
        return self.latent.standardize(sample(posterior, self.temperature))

    def _filled_in(self, latents: Tensor, labels: Labels) -> Tensor:
        """The latents that are kept -> magnitudes; where those are silent, all are."""
        probabilities = self.labelling.stated(labels)
        magnitudes = self._magnitudes(
            self.decode_decoder, self.kept(latents), probabilities, labels.known
        )
        return magnitudes * self.silence(latents)

    def _magnitudes(
        self,
        decoder: StreamingNetworkInterface,
        latents: Tensor,
        probabilities: list[Tensor],
        known: Tensor,
    ) -> Tensor:
        inner = self.latent.unstandardize(latents)
        parameters = decoder.forward(self.labelling.to_decoder(inner, probabilities, known))
        return self.log_magnitude.inverse(self.output(parameters))

    def _each_hop(self, values: Tensor) -> Tensor:
        return values[:, :, self.hop_length - 1 :: self.hop_length]

    def _labels(self, stated: Tensor, tasks: list[int]) -> Labels:
        """Rows `[B, R, N]` for those tasks -> labels `[B, L, N]`, the others unknown."""
        shape = (stated.shape[0], self.unknown_below.shape[0], stated.shape[2])
        values = torch.full(shape, -math.inf, device=stated.device)
        for row, task in enumerate(tasks):
            values[:, task] = stated[:, row]
        return Labels(values, values >= self.unknown_below)


def between(labels: Labels, first: int, end: int) -> Labels:
    return Labels(labels.values[:, :, first:end], labels.known[:, :, first:end])
