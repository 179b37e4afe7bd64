"""The live controls that every family shares: level, mixture, and modulation of what is encoded."""

import inspect

import torch

from vschaos.instrument.controls import Attribute, Method
from vschaos.instrument.stream import Stream

SILENT_DB = -100.0  # a gain at which nothing is left
LIVE_ATTRIBUTES = [
    Attribute("gain", "float", "of the sound that comes out", 0.0, SILENT_DB, 24.0, "dB"),
    Attribute(
        "mix", "float", "forward: 0 what comes in, in time with the model, to 1 the model", 1.0
    ),
    Attribute("freeze", "int", "1 holds the latents as they are", 0),
    Attribute("smoothing", "float", "time in which latents follow", 0.0, 0.0, 10000.0, "ms"),
    Attribute("jitter", "float", "noise on the latents", 0.0, 0.0, 10.0, "sigma"),
]


class LiveStream(Stream):
    """A stream with the attributes `LIVE_ATTRIBUTES`; its methods apply them by the parts of `live`.

    Args:
        methods, attributes, hop_length, delay: of a stream; `attributes` are those beside
            `LIVE_ATTRIBUTES`, which come last.
    """

    gain: float
    mix: float
    freeze: int
    smoothing: float
    jitter: float

    def __init_subclass__(cls) -> None:
        # TorchScript looks for interfaces in the annotations of the very class alone
        inherited = cls.__mro__[1].__annotations__
        cls.__annotations__ = {**inherited, **inspect.get_annotations(cls)}

    def __init__(
        self, methods: list[Method], attributes: list[Attribute], hop_length: int, delay: int
    ) -> None:
        super().__init__(methods, [*attributes, *LIVE_ATTRIBUTES], hop_length, delay)
        for attribute in self.attributes:
            setattr(self, attribute.name, attribute.default)

    @torch.jit.export
    def level(self) -> float:
        """The factor that `gain` stands for."""
        return 10.0 ** (self.gain / 20.0) if self.gain > -100.0 else 0.0

    @torch.jit.export
    def is_frozen(self) -> bool:
        return self.freeze == 1
