"""The attributes that every pitched instrument shares, beside those of all."""

from vschaos.instrument.controls import Attribute, Method
from vschaos.instrument.live_stream import LiveStream
from vschaos.instrument.pitched import LOWEST_GAIN_DB, PitchedSettings

UNVOICED = ("noise", "hold", "silence")
PITCHED_ATTRIBUTES = [
    Attribute("transpose", "float", "semitones added to the pitch", 0.0, -24.0, 24.0, "st"),
    Attribute("octave", "int", "octaves added to the pitch", 0, -3.0, 3.0),
    Attribute("glide", "float", "time constant towards a new pitch", 0.0, 0.0, 2000.0, "ms"),
    Attribute("quantise", "float", "moves the pitch to the nearest semitone", 0.0),
    Attribute("gate_threshold", "float", "softer sound is silent", -90.0, -90.0, 0.0, "dB"),
    Attribute("confidence_gate", "float", "sound less sure of its pitch is unvoiced", 0.0),
    Attribute(
        "unvoiced",
        "str",
        "unvoiced sound plays noise alone, holds the last pitch, or is silent",
        UNVOICED[0],
        choices=UNVOICED,
    ),
    Attribute("harmonics", "float", "level of the tone", 0.0, LOWEST_GAIN_DB, 12.0, "dB"),
    Attribute("noise", "float", "level of the noise", 0.0, LOWEST_GAIN_DB, 12.0, "dB"),
    Attribute("fit", "float", "moves your loudness and register to the training's", 0.0),
]


class PitchedStream(LiveStream):
    """A stream with `PITCHED_ATTRIBUTES`, which its methods apply by `pitched.PitchedControls`.

    Args:
        methods, attributes, hop_length, delay: see `Stream`; `PITCHED_ATTRIBUTES` come before
            `attributes`, `LIVE_ATTRIBUTES` after.
    """

    transpose: float
    octave: int
    glide: float
    quantise: float
    gate_threshold: float
    confidence_gate: float
    unvoiced: str
    harmonics: float
    noise: float
    fit: float

    def __init__(
        self, methods: list[Method], attributes: list[Attribute], hop_length: int, delay: int
    ) -> None:
        super().__init__(methods, [*PITCHED_ATTRIBUTES, *attributes], hop_length, delay)

    def pitched_settings(self) -> PitchedSettings:
        """The values of `PITCHED_ATTRIBUTES`."""
        return PitchedSettings(
            self.transpose,
            self.octave,
            self.glide,
            self.quantise,
            self.gate_threshold,
            self.confidence_gate,
            self.unvoiced,
            self.harmonics,
            self.noise,
            self.fit,
        )
