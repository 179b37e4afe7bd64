"""The parameters of a voice: name, unit, range, law, and the value at which each does nothing.

They are declared here and nowhere else: the network, presets, patches and pictures read them.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from vschaos.models.synth.laws import Law, position_of, value_at


class Parameter(NamedTuple):
    """A number that describes a sound.

    Attributes:
        name: in presets, and of the attribute in nn~.
        module: of the voice that it belongs to, or the modules at both ends of a cable as
            `lfo>filter`.
        unit: empty for a share or a position.
        low, high: its range.
        law: by which it is turned.
        default: where a preset says nothing; a part that is off has an amount of 0.
        description: one line for whoever plays.
    """

    name: str
    module: str
    unit: str
    low: float
    high: float
    law: Law
    default: float
    description: str

    def value_at(self, position: Tensor) -> Tensor:
        """Positions from 0 to 1 -> values."""
        return value_at(self.law, self.low, self.high, position)

    def position_of(self, value: Tensor) -> Tensor:
        """Values -> positions from 0 to 1."""
        return position_of(self.law, self.low, self.high, value)

    def check(self, value: object, place: str = "") -> float:
        """The value as a number.

        Args:
            place: where it stands, for the message.

        Raises:
            ValueError: it is no number, or out of range.
        """
        if (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and self.low <= value <= self.high
            and (self.law != "stepped" or value == round(value))
        ):
            return float(value)
        kind = "a whole number" if self.law == "stepped" else "a number"
        unit = f" {self.unit}" if self.unit else ""
        raise ValueError(
            f"{place}{self.name} must be {kind} from {self.low:g} to {self.high:g}{unit}, "
            f"got {value!r}"
        )


_SHAPE = "0 sine, 1 saw, 2 pulse, and between"
_WIDTH = "of the pulse, as a share of the cycle"
_FALL = "time to fall by 60 dB"

PARAMETERS = (
    Parameter("glide", "keyboard", "ms", 0, 2000, "cubic", 0, "time constant to a new pitch"),
    Parameter("shape_1", "osc_1", "", 0, 2, "linear", 1, _SHAPE),
    Parameter("width_1", "osc_1", "", 0.05, 0.95, "linear", 0.5, _WIDTH),
    Parameter("shape_2", "osc_2", "", 0, 2, "linear", 1, _SHAPE),
    Parameter("width_2", "osc_2", "", 0.05, 0.95, "linear", 0.5, _WIDTH),
    Parameter("semitones_2", "osc_2", "st", -24, 24, "stepped", 0, "above the first oscillator"),
    Parameter("cents_2", "osc_2", "cent", -50, 50, "linear", 0, "fine tuning of the second"),
    Parameter("mix", "osc_2>mixer", "", 0, 1, "linear", 0, "0 first oscillator, 1 second"),
    Parameter("noise", "noise>mixer", "", 0, 1, "cubic", 0, "amount of white noise"),
    Parameter("index", "osc_2>osc_1", "rad", 0, 8, "cubic", 0, "phase modulation by the second"),
    Parameter(
        "index_envelope", "envelope>osc_1", "", 0, 1, "linear", 0, "how much of it the envelope has"
    ),
    Parameter("cutoff", "filter", "Hz", 20, 18000, "log", 18000, "of the filter"),
    Parameter("resonance", "filter", "Q", 0.5, 20, "log", 0.7, "of the filter"),
    Parameter("filter_type", "filter", "", 0, 1, "linear", 0, "0 low, 0.5 band, 1 high"),
    Parameter("filter_envelope", "envelope>filter", "st", -60, 60, "cubic", 0, "moves the cutoff"),
    Parameter("key_tracking", "keyboard>filter", "", 0, 1, "linear", 0, "cutoff follows the pitch"),
    Parameter(
        "attack_2", "envelope", "ms", 1, 5000, "log", 1, "of the envelope of cutoff and index"
    ),
    Parameter("decay_2", "envelope", "ms", 5, 10000, "log", 500, _FALL),
    Parameter("sustain_2", "envelope", "", 0, 1, "linear", 0, "level of a held note"),
    Parameter("release_2", "envelope", "ms", 5, 10000, "log", 500, _FALL),
    Parameter("attack", "amplifier", "ms", 1, 5000, "log", 5, "time to the top"),
    Parameter("decay", "amplifier", "ms", 5, 10000, "log", 500, _FALL),
    Parameter("sustain", "amplifier", "", 0, 1, "linear", 1, "level of a held note"),
    Parameter("release", "amplifier", "ms", 5, 10000, "log", 200, _FALL),
    Parameter("lfo_rate", "lfo", "Hz", 0.05, 20, "log", 5, "of the slow oscillator"),
    Parameter("lfo_shape", "lfo", "", 0, 1, "linear", 0.5, "0 falling, 0.5 triangle, 1 rising"),
    Parameter("lfo_pitch", "lfo>keyboard", "st", 0, 12, "cubic", 0, "vibrato"),
    Parameter("lfo_cutoff", "lfo>filter", "st", 0, 48, "cubic", 0, "moves the cutoff"),
    Parameter("lfo_width", "lfo>osc_1", "", 0, 0.45, "linear", 0, "moves the widths of pulses"),
    Parameter("lfo_level", "lfo>amplifier", "", 0, 1, "linear", 0, "tremolo"),
    Parameter("drive", "drive", "dB", 0, 24, "linear", 0, "into a soft clipper"),
    Parameter("level", "amplifier", "dB", -60, 6, "linear", -12, "of the voice"),
)
BY_NAME = {parameter.name: parameter for parameter in PARAMETERS}
