"""What a player turns on a stream: level, mixture, holding, other coordinates of latents."""

import torch

from vschaos.layers.live import Delay, Glide, LatentHand
from vschaos.models.base import Attribute, Method, Stream
from vschaos.models.spectral_vae.views import VIEWS, LatentViews

PLAYED = [
    Attribute("dimred", "str", "coordinates of the latents", "none", choices=VIEWS),
    Attribute("gain", "float", "of the sound that comes out", 0.0, -100.0, 24.0, "dB"),
    Attribute(
        "mix", "float", "forward: 0 what comes in, in time with the model, to 1 the model", 1.0
    ),
    Attribute("freeze", "int", "1 holds the latents as they are", 0),
    Attribute("smoothing", "float", "time in which latents follow", 0.0, 0.0, 10000.0, "ms"),
    Attribute("jitter", "float", "noise on the latents", 0.0, 0.0, 10.0, "deviations"),
]


class PlayedStream(Stream):
    """A stream with the settings `PLAYED`, each of its methods with a past of its own.

    Args:
        methods, attributes, hop_length, delay: of a stream.
        views: of its latents.
        sample_rate: Hz.
    """

    def __init__(
        self,
        methods: list[Method],
        attributes: list[Attribute],
        hop_length: int,
        delay: int,
        views: LatentViews,
        sample_rate: int,
    ) -> None:
        super().__init__(methods, attributes, hop_length, delay)
        self.views = views
        self.encode_hand = LatentHand(views.dim, hop_length, sample_rate)
        self.decode_hand = LatentHand(views.dim, hop_length, sample_rate)
        self.forward_hand = LatentHand(views.dim, hop_length, sample_rate)
        self.decode_level = Glide(1.0, hop_length, sample_rate)
        self.forward_level = Glide(1.0, hop_length, sample_rate)
        self.forward_mix = Glide(1.0, hop_length, sample_rate)
        self.dry = Delay(delay + hop_length)
        self.gain_db = 0.0

    @torch.jit.export
    def reset_played(self) -> None:
        self.encode_hand.reset()
        self.decode_hand.reset()
        self.forward_hand.reset()
        self.decode_level.reset()
        self.forward_level.reset()
        self.forward_mix.reset()
        self.dry.reset()

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
        level = 10.0 ** (gain_db / 20.0) if gain_db > -100.0 else 0.0
        self.decode_level.goal = level
        self.forward_level.goal = level
        return 0

    @torch.jit.export
    def get_gain(self) -> float:
        return self.gain_db

    @torch.jit.export
    def set_mix(self, mix: float) -> int:
        if not 0.0 <= mix <= 1.0:
            return -1
        self.forward_mix.goal = mix
        return 0

    @torch.jit.export
    def get_mix(self) -> float:
        return self.forward_mix.goal

    @torch.jit.export
    def set_freeze(self, freeze: int) -> int:
        if freeze not in [0, 1]:
            return -1
        self.encode_hand.freeze = freeze == 1
        self.decode_hand.freeze = freeze == 1
        self.forward_hand.freeze = freeze == 1
        return 0

    @torch.jit.export
    def get_freeze(self) -> int:
        return 1 if self.forward_hand.freeze else 0

    @torch.jit.export
    def set_smoothing(self, milliseconds: float) -> int:
        if not 0.0 <= milliseconds <= 10000.0:
            return -1
        self.encode_hand.smoothing_ms = milliseconds
        self.decode_hand.smoothing_ms = milliseconds
        self.forward_hand.smoothing_ms = milliseconds
        return 0

    @torch.jit.export
    def get_smoothing(self) -> float:
        return self.forward_hand.smoothing_ms

    @torch.jit.export
    def set_jitter(self, deviations: float) -> int:
        if not 0.0 <= deviations <= 10.0:
            return -1
        self.encode_hand.jitter = deviations
        self.decode_hand.jitter = deviations
        self.forward_hand.jitter = deviations
        return 0

    @torch.jit.export
    def get_jitter(self) -> float:
        return self.forward_hand.jitter
