"""The live controls that every family shares: gain, mix, freeze, smoothing and jitter."""

from vschaos.instrument.controls import Attribute, Method
from vschaos.instrument.stream import Stream

SILENT_DB = -100.0  # at this gain the output is 0
LIVE_ATTRIBUTES = [
    Attribute("gain", "float", "of the output", 0.0, SILENT_DB, 24.0, "dB"),
    Attribute("mix", "float", "forward: from 0, the delayed input, to 1, the model", 1.0),
    Attribute("freeze", "int", "1 holds the latents", 0),
    Attribute("smoothing", "float", "time constant of the latents", 0.0, 0.0, 10000.0, "ms"),
    Attribute("jitter", "float", "noise on the latents", 0.0, 0.0, 10.0, "sigma"),
]


class LiveStream(Stream):
    """A stream with `LIVE_ATTRIBUTES`, which its methods apply by the parts of `live`.

    Args:
        methods, attributes, hop_length, delay: see `Stream`; `LIVE_ATTRIBUTES` follow
            after `attributes`.
    """

    gain: float
    mix: float
    freeze: int
    smoothing: float
    jitter: float

    def __init__(
        self, methods: list[Method], attributes: list[Attribute], hop_length: int, delay: int
    ) -> None:
        super().__init__(methods, [*attributes, *LIVE_ATTRIBUTES], hop_length, delay)
        for attribute in self.attributes:
            setattr(self, attribute.name, attribute.default)

    def level(self) -> float:
        """The factor of `gain`."""
        return 10.0 ** (self.gain / 20.0) if self.gain > -100.0 else 0.0

    def is_frozen(self) -> bool:
        return self.freeze == 1
