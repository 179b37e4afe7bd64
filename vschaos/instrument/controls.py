"""Controls, methods and attributes of an instrument, each declared once."""

from __future__ import annotations

from typing import Literal, NamedTuple

Movement = Literal["gaussian", "uniform", "held", "gate"]
OVERSHOOT = 16.0  # times its range that a gaussian control may exceed it by
SIGMAS_PER_RANGE = 4.0  # of a normally distributed control in other units than sigma
HEADROOM = 4.0  # times full scale, the limit of sound: 12 dB


class Control(NamedTuple):
    """An input or output of a method: sound, a latent, a label, a parameter.

    Attributes:
        name: written on the inlet or outlet.
        low, high: the usual range.
        unit: `amplitude`, `sigma` (standard deviations), `class` (its number), `MIDI note`, ...
        classes: names by class number.
        unknown_below: lower values mean "unknown"; none if it is always known.
        importance_db: change of the sound along a latent, see `LatentStatistics.importance`.
        default: in place of NaN; nn~ sends 0 to an inlet without a connection.
        unseen: numbers of the classes that no sound of the training has.
        movement: of a trajectory: `gaussian` (about the middle, may exceed the range), `uniform`
            (anywhere in the range), `held` (constant) or `gate` (on and off).
        limits: lowest and highest value that enters, where the usual range does not tell them.
    """

    name: str
    low: float
    high: float
    unit: str
    classes: tuple[str, ...] = ()
    unknown_below: float | None = None
    importance_db: float | None = None
    default: float = 0.0
    movement: Movement = "gaussian"
    unseen: tuple[int, ...] = ()
    limits: tuple[float, float] | None = None

    @property
    def unseen_names(self) -> list[str]:
        return [self.classes[number] for number in self.unseen]

    @property
    def statistics(self) -> tuple[float, float]:
        """Mean and standard deviation of usual values: of a latent 0 and 1, of others by their
        range."""
        if self.unit == "sigma":
            return 0.0, 1.0
        return (self.low + self.high) / 2, (self.high - self.low) / SIGMAS_PER_RANGE

    @property
    def bounds(self) -> tuple[float, float, float]:
        """Lower and upper limit, and the value in place of NaN."""
        if self.limits is not None:
            return *self.limits, self.default
        if self.unknown_below is not None:
            unknown = self.unknown_below - 1.0
            return unknown, self.high, unknown
        if self.unit == "amplitude":
            return HEADROOM * self.low, HEADROOM * self.high, 0.0
        margin = OVERSHOOT * (self.high - self.low) if self.movement == "gaussian" else 0.0
        return self.low - margin, self.high + margin, self.default


AUDIO = Control("audio", -1.0, 1.0, "amplitude", movement="held")


class Method(NamedTuple):
    """A method of an instrument, from inlets to outlets.

    Attributes:
        name: of the stream's method, any word.
        inlets, outlets: controls in the order of the channels.
        in_ratio, out_ratio: samples per value on the inlets and on the outlets (1: audio rate).
    """

    name: str
    inlets: list[Control]
    in_ratio: int
    outlets: list[Control]
    out_ratio: int


class Attribute(NamedTuple):
    """A setting of an instrument. This declaration makes its setter, which refuses values out of
    range and unknown choices, its getter, its widget in patches and its documentation.

    The stream holds the value in an attribute of that name.

    Attributes:
        name: in patches and in `set <name> <value>`.
        type: `bool`, `int`, `float` or `str`.
        description: one line for whoever plays.
        default: its value when the model is loaded.
        low, high: the range of a number.
        unit: of a number.
        choices: allowed words.
        aliases: other words, and the choice of each.
        is_read_only: whether it has no setter.
        on_change: method of the stream without arguments, called after a new value is set.
        is_logarithmic: whether its fader moves in equal ratios.
        sets: names of other attributes that it sets, numbers, and their values for each choice.
    """

    name: str
    type: str
    description: str
    default: bool | int | float | str
    low: float = 0.0
    high: float = 1.0
    unit: str = ""
    choices: tuple[str, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    is_read_only: bool = False
    on_change: str = ""
    is_logarithmic: bool = False
    sets: tuple[tuple[str, tuple[float, ...]], ...] = ()
