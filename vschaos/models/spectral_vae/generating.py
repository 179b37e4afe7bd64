"""A stream that plays by itself too, as a prior tells what comes after what."""

from typing import Any

import torch
from torch import Tensor

from vschaos.dsp import (
    StreamingPhase,
    StreamingPhaseInterface,
    StreamingSTFT,
    StreamingSTFTInterface,
)
from vschaos.instrument.controls import AUDIO, Attribute, Control, Method
from vschaos.instrument.live import (
    LatentModulation,
    LatentModulationInterface,
    Ramp,
    RampInterface,
    compiled_once,
)
from vschaos.layers import LatentPrior, Network, PriorSampler
from vschaos.layers.streaming import StreamingNetwork, StreamingNetworkInterface
from vschaos.models.spectral_vae.stream import SpectralStream, between

TEMPERATURE = Control("temperature", 0.0, 2.0, "number", default=1.0, movement="held")
SEED = Attribute(
    "seed",
    "int",
    "generate: which of its ways it goes; begins anew",
    0,
    0.0,
    1_000_000.0,
    on_change="begin_sampling",
)


class GeneratingStream(SpectralStream):
    """The same with a method `generate`, from temperature and labels to sound.

    For the same seed it is the same, from the beginning or a reset on. No frame is louder than the
    loudest that the model makes of the training's sounds.

    Args:
        prior: of the model's latents in time.
        decoder: of the model.
        parts: of a `SpectralStream`.
    """

    generate_stft: StreamingSTFTInterface
    generate_phase: StreamingPhaseInterface
    generate_decoder: StreamingNetworkInterface
    generate_modulation: LatentModulationInterface
    generate_level: RampInterface
    seed: int

    def __init__(self, prior: LatentPrior, decoder: Network, *parts: Any) -> None:
        super().__init__(*parts)
        told = [inlet for inlet in self._inlets("forward") if inlet.unknown_below is not None]
        generate = Method("generate", [TEMPERATURE, *told], self.hop_length, [AUDIO], 1)
        self.methods = [*self.methods, generate]
        self.attributes = [*self.attributes, SEED]
        self.walk = PriorSampler(prior)
        self.loudest = float(prior.loudest)
        self.generate_modulation = compiled_once(
            LatentModulation(self.latent.dim, self.hop_length, self.sample_rate)
        )
        self.generate_level = compiled_once(Ramp(self.hop_length, self.sample_rate))
        self.generate_stft = compiled_once(StreamingSTFT(self.transform))
        phase = StreamingPhase(self.transform.n_fft, self.hop_length)
        self.generate_phase = compiled_once(phase)
        self.generate_decoder = compiled_once(StreamingNetwork(decoder))
        self.seed = SEED.default

    @torch.jit.export
    def begin_sampling(self) -> None:
        self.walk.begin(self.seed)

    @torch.jit.unused
    def _inlets(self, name: str) -> list[Control]:
        return next(method.inlets for method in self.methods if method.name == name)

    @torch.jit.export
    def reset(self) -> None:
        self.reset_known_methods()
        self.generate_stft.reset()
        self.generate_decoder.reset()
        self.generate_phase.reset()
        self.generate_modulation.reset()
        self.generate_level.reset()
        self.walk.begin(self.seed)

    @torch.jit.export
    def restart(self) -> None:
        self.restart_known_methods()
        self.generate_decoder.reset()
        self.generate_phase.restart()
        self.generate_modulation.reset()
        self.walk.begin(self.seed)

    @torch.jit.export
    def generate(self, controls: Tensor) -> Tensor:
        """Temperature and labels `[B, 1 + labels, N]` -> `[B, 1, N * hop_length]`."""
        frames = torch.jit.annotate(list[Tensor], [])
        labels = self._labels(controls[:, 1:], self.labelling.conditioning_tasks)
        for n in range(controls.shape[2]):
            now = between(labels, n, n + 1)
            drawn = self.walk(controls[:, 0, n : n + 1].clamp(0.0, 2.0), now)
            latents = self.generate_modulation(drawn, self.is_frozen(), self.smoothing, self.jitter)
            stated = self.labelling.stated(now)
            magnitudes = self._magnitudes(self.generate_decoder, latents, stated, now.known)
            magnitudes = magnitudes * self.silence(latents)
            level = magnitudes.square().sum(dim=1, keepdim=True).sqrt().clamp(min=1e-9)
            frames.append(magnitudes * (self.loudest / level).clamp(max=1.0))
        sound = self._found(torch.cat(frames, dim=2))
        return (self.generate_level(sound, self.level()) * sound).unsqueeze(1)

    def _found(self, magnitudes: Tensor) -> Tensor:
        # there is no input to keep the phase of
        mode = "rtisi" if self.inversion_mode == "keep_input" else self.inversion_mode
        return self.generate_stft.synthesise(self.generate_phase.forward(magnitudes, mode))
