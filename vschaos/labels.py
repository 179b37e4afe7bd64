"""What a label is: the values it can take, and what is known of it frame by frame."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from torch import Tensor

NUMBERS_IN_SWEEP = 8
UNSEEN = "not in the training"


class Labels(NamedTuple):
    """Labels of frames, for L tasks in an order that their giver and their taker agree on.

    Attributes:
        values: `[B, L, N]`, class numbers or plain numbers; anything where nothing is known.
        known: `[B, L, N]`, booleans.
    """

    values: Tensor
    known: Tensor


@dataclass(frozen=True)
class Vocabulary:
    """The values that a label can take: one of some classes, or a number in a range.

    Attributes:
        classes: names by class number; none for a label that is a number.
        low, high: the range of the numbers in the dataset.
        mean, deviation: of these numbers.
        unseen: numbers of the classes that no sound has which a model learns from.
    """

    classes: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 1.0
    mean: float = 0.0
    deviation: float = 1.0
    unseen: tuple[int, ...] = ()

    @property
    def is_class(self) -> bool:
        return bool(self.classes)

    @property
    def unseen_names(self) -> list[str]:
        return [self.classes[number] for number in self.unseen]

    def title(self, name: str) -> str:
        """What a class is called where it is chosen: those that are unseen say so."""
        return f"{name} - {UNSEEN}" if name in self.unseen_names else name

    def value(self, given: str | float) -> float:
        """The class number or the number that is meant by a name or a number.

        Raises:
            ValueError: no such class, or no number.
        """
        # what reads as a number is a class number, also where a class is called by another one
        if isinstance(given, str) and given in self.classes and not given.isdecimal():
            return float(self.classes.index(given))
        try:
            value = float(given)
        except ValueError:
            value = math.nan
        if not self.is_class:
            if not math.isfinite(value):
                raise ValueError(f"expected a number, got {given!r}")
            return value
        if value not in range(len(self.classes)):
            raise ValueError(
                f"expected a class number from 0 to {len(self.classes) - 1} or one of "
                f"{', '.join(self.classes)}, got {given!r}"
            )
        return value

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, entries: Mapping[str, Any]) -> Vocabulary:
        """
        Raises:
            ValueError: not what `to_json` gives.
        """
        try:
            numbers = {key: float(entries[key]) for key in ("low", "high", "mean", "deviation")}
            classes = tuple(str(name) for name in entries["classes"])
            unseen = tuple(int(number) for number in entries.get("unseen", ()))
            if not all(map(math.isfinite, numbers.values())) or not "".join(classes).isprintable():
                raise ValueError
            if not set(unseen) <= set(range(len(classes))):
                raise ValueError
            return cls(classes=classes, unseen=unseen, **numbers)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"no vocabulary of a label: {entries!r}") from error


def sweep_values(vocabulary: Vocabulary) -> dict[str, float]:
    """The values to go through, by what they are called: all classes, or some numbers from the
    lowest to the highest."""
    if vocabulary.is_class:
        return {name: float(number) for number, name in enumerate(vocabulary.classes)}
    step = (vocabulary.high - vocabulary.low) / (NUMBERS_IN_SWEEP - 1)
    digits = max(0, 1 - math.floor(math.log10(step or 1.0)))  # so that no two are called the same
    numbers = [vocabulary.low + step * index for index in range(NUMBERS_IN_SWEEP)]
    return {f"{number:.{digits}f}": number for number in numbers}
