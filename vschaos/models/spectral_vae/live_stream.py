"""What a player turns on a stream: level, mixture, holding, other coordinates of latents."""

import inspect

import torch

from vschaos.instrument.live import (
    Delay,
    LatentModulation,
    LatentModulationInterface,
    Ramp,
    RampInterface,
    compiled_once,
)
from vschaos.latents.projection import PROJECTIONS, LatentProjection
from vschaos.models.base import Attribute, Method, Stream

LIVE_ATTRIBUTES = [
    Attribute("dimred", "str", "coordinates of the latents", "none", choices=PROJECTIONS),
    Attribute("gain", "float", "of the sound that comes out", 0.0, -100.0, 24.0, "dB"),
    Attribute(
        "mix", "float", "forward: 0 what comes in, in time with the model, to 1 the model", 1.0
    ),
    Attribute("freeze", "int", "1 holds the latents as they are", 0),
    Attribute("smoothing", "float", "time in which latents follow", 0.0, 0.0, 10000.0, "ms"),
    Attribute("jitter", "float", "noise on the latents", 0.0, 0.0, 10.0, "deviations"),
]


class LiveStream(Stream):
    """A stream with the settings `PLAYED`, each of its methods with a past of its own.

    Args:
        methods, attributes, hop_length, delay: of a stream.
        views: of the latents that go out and in.
        latent_dim: Z, all that `forward` has.
        sample_rate: Hz.
    """

    encode_modulation: LatentModulationInterface
    decode_modulation: LatentModulationInterface
    forward_modulation: LatentModulationInterface
    decode_level: RampInterface
    forward_level: RampInterface
    forward_mix: RampInterface

    def __init_subclass__(cls) -> None:
        # TorchScript looks for interfaces in the annotations of the very class alone
        inherited = cls.__mro__[1].__annotations__
        cls.__annotations__ = {**inherited, **inspect.get_annotations(cls)}

    def __init__(
        self,
        methods: list[Method],
        attributes: list[Attribute],
        hop_length: int,
        delay: int,
        views: LatentProjection,
        latent_dim: int,
        sample_rate: int,
    ) -> None:
        super().__init__(methods, attributes, hop_length, delay)
        self.views = views
        self.encode_modulation = compiled_once(LatentModulation(views.dim, hop_length, sample_rate))
        self.decode_modulation = compiled_once(LatentModulation(views.dim, hop_length, sample_rate))
        self.forward_modulation = compiled_once(
            LatentModulation(latent_dim, hop_length, sample_rate)
        )
        self.decode_level = compiled_once(Ramp(hop_length, sample_rate))
        self.forward_level = compiled_once(Ramp(hop_length, sample_rate))
        self.forward_mix = compiled_once(Ramp(hop_length, sample_rate))
        self.dry = Delay(delay + hop_length, hop_length)
        self.gain_db = 0.0
        self.level = 1.0
        self.mix = 1.0
        self.is_frozen = False
        self.smoothing_ms = 0.0
        self.jitter = 0.0

    @torch.jit.export
    def reset_live(self) -> None:
        self.release()
        self.decode_level.reset()
        self.forward_level.reset()
        self.forward_mix.reset()
        self.dry.reset()

    @torch.jit.export
    def release(self) -> None:
        """Lets the latents go that are held."""
        self.encode_modulation.reset()
        self.decode_modulation.reset()
        self.forward_modulation.reset()

    @torch.jit.export
    def set_dimred(self, view: str) -> int:
        if view not in ["none", "pca", "ica", "spherical"]:
            return -1
        self.views.view = view
        return 0

    @torch.jit.export
    def get_dimred(self) -> str:
        return self.views.view

    @torch.jit.export
    def set_gain(self, gain_db: float) -> int:
        if not -100.0 <= gain_db <= 24.0:
            return -1
        self.gain_db = gain_db
        self.level = 10.0 ** (gain_db / 20.0) if gain_db > -100.0 else 0.0
        return 0

    @torch.jit.export
    def get_gain(self) -> float:
        return self.gain_db

    @torch.jit.export
    def set_mix(self, mix: float) -> int:
        if not 0.0 <= mix <= 1.0:
            return -1
        self.mix = mix
        return 0

    @torch.jit.export
    def get_mix(self) -> float:
        return self.mix

    @torch.jit.export
    def set_freeze(self, freeze: int) -> int:
        if freeze not in [0, 1]:
            return -1
        self.is_frozen = freeze == 1
        return 0

    @torch.jit.export
    def get_freeze(self) -> int:
        return 1 if self.is_frozen else 0

    @torch.jit.export
    def set_smoothing(self, milliseconds: float) -> int:
        if not 0.0 <= milliseconds <= 10000.0:
            return -1
        self.smoothing_ms = milliseconds
        return 0

    @torch.jit.export
    def get_smoothing(self) -> float:
        return self.smoothing_ms

    @torch.jit.export
    def set_jitter(self, deviations: float) -> int:
        if not 0.0 <= deviations <= 10.0:
            return -1
        self.jitter = deviations
        return 0

    @torch.jit.export
    def get_jitter(self) -> float:
        return self.jitter
