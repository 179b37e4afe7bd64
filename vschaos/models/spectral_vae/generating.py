"""A stream that also plays by itself, from a prior of its latents in time."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from vschaos.dsp import (
    STFT,
    StreamingPhase,
    StreamingPhaseInterface,
    StreamingSTFT,
    StreamingSTFTInterface,
)
from vschaos.instrument.controls import AUDIO, Attribute, Control, Method
from vschaos.instrument.host_rate import HopQueueInterface, continued, queues, repeated
from vschaos.instrument.live import (
    LatentModulation,
    LatentModulationInterface,
    Ramp,
    RampInterface,
    compiled_once,
)
from vschaos.latents.prior import LatentPrior
from vschaos.latents.prior_sampler import PriorSampler
from vschaos.layers.streaming import (
    StreamingNetwork,
    StreamingNetworkInterface,
    in_groups,
)
from vschaos.models.spectral_vae.stream import SpectralStream
from vschaos.models.spectral_vae.texture import Texture, TextureInterface

if TYPE_CHECKING:
    from vschaos.models.spectral_vae.coder import SpectralCoder

TEMPERATURE = Control("temperature", 0.0, 2.0, "number", default=1.0, movement="held")
SEED = Attribute(
    "seed",
    "int",
    "generate: number of the sequence; starts it anew",
    0,
    0.0,
    1_000_000.0,
    on_change="begin_sampling",
)


class GeneratingStream(SpectralStream):
    """A `SpectralStream` with a method `generate`, from temperature and labels to sound.

    A seed always gives the same sequence from the start or a reset on. No frame is louder than the
    loudest that the model makes of the training's sounds.

    Args:
        prior: of the model's latents in time.
        model, transform, num_latents: see `SpectralStream`.
    """

    generate_stft: StreamingSTFTInterface
    generate_phase: StreamingPhaseInterface
    generate_decoder: StreamingNetworkInterface
    generate_modulation: LatentModulationInterface
    generate_level: RampInterface
    generate_texture: TextureInterface
    generate_inlets: HopQueueInterface
    generate_outlets: HopQueueInterface
    seed: int

    def __init__(
        self,
        prior: LatentPrior,
        model: "SpectralCoder",
        transform: STFT,
        num_latents: int | None = None,
    ) -> None:
        super().__init__(model, transform, num_latents)
        forward = next(method for method in self.methods if method.name == "forward")
        labels = [inlet for inlet in forward.inlets if inlet.unknown_below is not None]
        generate = Method("generate", [TEMPERATURE, *labels], self.hop_length, [AUDIO], 1)
        self.methods = [*self.methods, generate]
        self.attributes = [*self.attributes, SEED]
        self.sampler = PriorSampler(prior)
        self.loudest = float(prior.loudest)
        self.generate_modulation = compiled_once(
            LatentModulation(model.latent.dim, self.hop_length, model.sample_rate)
        )
        self.generate_level = compiled_once(Ramp(self.hop_length, model.sample_rate))
        self.generate_texture = compiled_once(
            Texture(transform, model.num_bands, float(model.log_magnitude.floor), seed=2)
        )
        self.generate_stft = compiled_once(StreamingSTFT(transform))
        self.generate_phase = compiled_once(StreamingPhase(transform.n_fft, self.hop_length))
        self.generate_decoder = compiled_once(StreamingNetwork(model.decoder))
        self.generate_inlets, self.generate_outlets = queues(generate)
        self.seed = 0

    def begin_sampling(self) -> None:
        self.sampler.begin(self.seed)

    def reset(self) -> None:
        self.reset_known_methods()
        self.generate_stft.reset()
        self.generate_decoder.reset()
        self.generate_phase.reset()
        self.generate_modulation.reset()
        self.generate_level.reset()
        self.generate_texture.reset()
        self.reset_generate_queues()
        self.sampler.begin(self.seed)

    def restart(self) -> None:
        self.restart_known_methods()
        self.generate_decoder.reset()
        self.generate_phase.restart()
        self.generate_modulation.reset()
        self.sampler.begin(self.seed)

    def take_rate(self) -> None:
        self.take_rate_in_known_methods()
        sizes = self.sizes
        self.generate_stft.resize(
            sizes.n_fft, sizes.hop_length, sizes.synthesis_length, sizes.num_bins
        )
        self.generate_texture.resize(
            sizes.n_fft, sizes.hop_length, sizes.synthesis_length, sizes.num_bins
        )
        self.generate_phase.resize(sizes.n_fft, sizes.hop_length, sizes.num_bins)
        self.generate_modulation.take_rate(sizes.hop_length, self.sample_rate)
        self.generate_level.take_rate(self.sample_rate)
        self.generate_decoder.reset()
        self.reset_generate_queues()

    def reset_generate_queues(self) -> None:
        self.generate_inlets.begin(0)
        self.generate_outlets.begin((self.sizes.hops_per_frame - 1) * self.hop_length)

    def generate(self, controls: Tensor) -> Tensor:
        """Temperature and labels `[B, 1 + labels, N]` -> `[B, 1, N * hop_length]`."""
        outputs = torch.jit.annotate(list[Tensor], [])
        for is_last in self._passes():
            if is_last and self.sample_rate != self.present_rate:
                self.take_rate()
            outputs.append(self._generate_at_rate(controls))
        return outputs[0] if len(outputs) == 1 else continued(outputs[0], outputs[1])

    def _generate_at_rate(self, controls: Tensor) -> Tensor:
        self.is_fresh = False
        size = self.sizes.hops_per_frame
        frames = self._whole_frames(self.generate_inlets, controls, size)
        if frames.shape[2] > 0:
            last = frames[:, :, size - 1 :: size]
            output = self._generate(repeated(last, self.sizes.frames_per_hop))
            if size == 1:
                return output
            self.generate_outlets.enter(output)
        return self.generate_outlets.take(controls.shape[2] * self.hop_length, controls.shape[0])

    def _generate(self, controls: Tensor) -> Tensor:
        """Temperature and labels `[B, 1 + labels, N]` -> the sound of N frames, `[B, 1, T]`."""
        labels = self.labels(controls[:, 1:], self.path.labelling.conditioning_tasks)
        sampled = self.sampler(controls[:, 0].clamp(0.0, 2.0), labels)
        latents = self.generate_modulation(sampled, self.is_frozen(), self.smoothing, self.jitter)
        groups = in_groups(latents, self.generate_decoder.group())
        decoded = self._decoded(self.generate_decoder, groups, labels)
        magnitudes = decoded.magnitudes * self.silence(latents)
        # along contiguous bins, whose sum is independent of the number of frames
        squares = magnitudes.transpose(1, 2).contiguous().square().sum(dim=2).unsqueeze(1)
        level = squares.sqrt().clamp(min=1e-9)
        magnitudes = magnitudes * (self.loudest / level).clamp(max=1.0)
        magnitudes = self.generate_texture.forward(
            self._in_band(magnitudes), decoded.noisiness, self.texture
        )
        return self._sound(self.generate_stft, self.generate_phase, self.generate_level, magnitudes)
