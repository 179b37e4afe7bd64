"""What flows into an instrument, out of it, and what can be set on it, each declared once."""

from __future__ import annotations

from typing import Literal, NamedTuple

Movement = Literal["gaussian", "uniform", "held", "gate"]
OVERSHOOT = 16.0  # widths of its range that a normally distributed control may leave it by
HEADROOM = 4.0  # times full scale that sound may reach: 12 dB


class Control(NamedTuple):
    """A value that flows in or out while an instrument is played.

    Attributes:
        name: written on the inlet or outlet.
        low, high: the range it is made for.
        unit: `amplitude`, `sigma` (standard deviations), `class` (its number), `MIDI note`, ...
        classes: names by class number.
        unknown_below: lower values mean that nothing is known; none if something always is.
        importance_db: change of the sound along a latent, see `LatentStatistics.importance`.
        default: what an inlet without a connection stands for; nn~ sends 0 there.
        unseen: numbers of the classes that no sound of the training has.
        movement: how a trajectory moves it: `gaussian` (about the middle, may leave the range),
            `uniform` (anywhere in the range), `held` (stays where it is) or `gate` (on and off).
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

    @property
    def unseen_names(self) -> list[str]:
        return [self.classes[number] for number in self.unseen]

    @property
    def bounds(self) -> tuple[float, float, float]:
        """Lowest and highest value that is let through, and the one in place of NaN."""
        if self.unknown_below is not None:
            unknown = self.unknown_below - 1.0
            return unknown, self.high, unknown
        if self.unit == "amplitude":
            return HEADROOM * self.low, HEADROOM * self.high, 0.0
        margin = OVERSHOOT * (self.high - self.low) if self.movement == "gaussian" else 0.0
        return self.low - margin, self.high + margin, self.default


AUDIO = Control("audio", -1.0, 1.0, "amplitude", movement="held")


class Method(NamedTuple):
    """Something an instrument does to a stream.

    Attributes:
        name: of the stream's method.
        inlets, outlets: controls in the order of the channels.
        in_ratio, out_ratio: samples per value on the inlets and on the outlets (1: audio rate).
    """

    name: str
    inlets: list[Control]
    in_ratio: int
    outlets: list[Control]
    out_ratio: int


class Attribute(NamedTuple):
    """A setting of an instrument. This one declaration makes its setter, which refuses what is out
    of range or no choice, its getter, its widget in patches and its line in the docs.

    The value lies in the stream's own attribute of that name.

    Attributes:
        name: in patches and in `set <name> <value>`.
        type: `bool`, `int`, `float` or `str`.
        description: one line for whoever plays.
        default: its value when the model is loaded.
        low, high: the range of a number.
        unit: of a number.
        choices: the words that are taken.
        aliases: further words, and the choice each stands for.
        is_read_only: it can be read and not set.
        on_change: method of the stream without arguments, called after a new value is set.
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
