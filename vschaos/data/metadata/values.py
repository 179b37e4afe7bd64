"""Lines of a dataset's text files and their values: class numbers, names or plain numbers."""

from __future__ import annotations

import codecs
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vschaos.labels import Vocabulary

MAX_CLASSES = 10_000
WHOLE_NUMBER = re.compile(r"[+-]?[0-9]+")
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
LARGEST = float(np.finfo(np.float32).max)  # labels are float32 later
NAMELESS = "none"
SHOWN_LENGTH = 60  # characters of a faulty entry; some files turn out to be no text at all


class Problem(NamedTuple):
    """What is wrong with a line.

    Attributes:
        file: relative to the dataset, with `/`.
        line: counted from 1.
        message: what was expected, and what was found.
        is_warning: the line counts nonetheless.
    """

    file: str
    line: int
    message: str
    is_warning: bool = False

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


def read_lines(root: Path, file: str, problems: list[Problem]) -> Iterator[tuple[int, str]]:
    """The lines of `root/file` that are not blank, with their numbers from 1 on.

    What is no UTF-8 text is left out and goes to `problems`.
    """
    content = (root / file).read_bytes()
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        problems.append(Problem(file, 1, "expected UTF-8 text, got UTF-16: save it as UTF-8"))
        return
    for number, line in enumerate(content.removeprefix(codecs.BOM_UTF8).splitlines(), start=1):
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            byte = line[error.start]
            problems.append(Problem(file, number, f"expected UTF-8 text, got byte 0x{byte:02x}"))
            continue
        if text.strip():
            yield number, text


def split_entry(text: str, expected: str) -> tuple[str, str]:
    """What stands before the first TAB, as it is, and what stands after it, stripped.

    Raises:
        ValueError: there is no TAB, or nothing before or after it.
    """
    first, _, second = text.partition("\t")
    if not first.strip() or not second.strip():
        missing = "" if "\t" in text else " without a TAB"
        raise ValueError(f"expected {expected}, got {quoted(text)}{missing}")
    return first, second.strip()


def quoted(text: str) -> str:
    """The text as messages show it, on one line and not too long."""
    return repr(text if len(text) <= SHOWN_LENGTH else f"{text[: SHOWN_LENGTH - 3]}...")


class ClassValues:
    """Numbers and names of classes.

    Args:
        task: its name, for messages.
        names: by class number as classes.txt gives them; None without such a file.
    """

    def __init__(self, task: str, names: dict[int, str] | None) -> None:
        self.task = task
        self.names = names
        # what reads as a number is a class number, also where a class is called by another one
        self._numbers = {
            name: number for number, name in (names or {}).items() if not name.isdecimal()
        }

    def parse(self, text: str) -> float:
        """
        Raises:
            ValueError: it is no class of this task.
        """
        name = unicodedata.normalize("NFC", text)
        if name in self._numbers:
            return float(self._numbers[name])
        if WHOLE_NUMBER.fullmatch(text):
            return float(self._listed(class_number(text)))
        place = "" if self.names is None else ", a class name from classes.txt"
        hint = " (class names need a classes.txt)" if self.names is None else ""
        if NUMBER.fullmatch(text):
            hint = f" (numbers need data.dataset.metadata_callbacks.{self.task}.type=float)"
        raise ValueError(f"expected a class number{place} or none, got {quoted(text)}{hint}")

    def vocabulary(self, values: Sequence[float], weights: Sequence[float]) -> Vocabulary:
        """Of the values that are used, at least one, each with its weight."""
        highest = int(max([*values, *(self.names or ())]))
        names = self.names or {}
        return Vocabulary(tuple(names.get(number, str(number)) for number in range(highest + 1)))

    def _listed(self, number: int) -> int:
        if self.names is not None and number not in self.names:
            raise ValueError(f"expected a class number from classes.txt, got {number}")
        return number


class PlainNumbers:
    """Finite numbers."""

    def parse(self, text: str) -> float:
        """
        Raises:
            ValueError: it is no finite number.
        """
        value = float(text) if NUMBER.fullmatch(text) else math.nan
        if not abs(value) <= LARGEST:
            raise ValueError(f"expected a finite number or none, got {quoted(text)}")
        return value

    def vocabulary(self, values: Sequence[float], weights: Sequence[float]) -> Vocabulary:
        """Of the values that are used, at least one, each with its weight."""
        low, high = min(values), max(values)
        mean = float(np.average(values, weights=weights))
        deviation = float(np.average((np.array(values) - mean) ** 2, weights=weights)) ** 0.5
        if high - low <= 1e-6 * max(abs(low), abs(high)):  # one value: half of it on each side
            half = abs(mean) / 2 or 0.5
            low, high = mean - half, mean + half
            deviation = half / 3**0.5  # of what is spread evenly over the range
        # a rare outlier must not make what is scaled by the deviation huge
        deviation = max(deviation, 1e-3 * (high - low), 1e-12)
        return Vocabulary(low=low, high=high, mean=mean, deviation=deviation)


Values = ClassValues | PlainNumbers


def is_unknown(text: str) -> bool:
    return text.casefold() == NAMELESS


def class_number(text: str) -> int:
    """
    Raises:
        ValueError: it is no whole number that a class can have.
    """
    # the length first: Python refuses to read numbers of thousands of digits
    number = int(text) if WHOLE_NUMBER.fullmatch(text) and len(text) < 20 else -1
    if not 0 <= number < MAX_CLASSES:
        hint = "; write none where it is unknown" if number == -1 else ""
        raise ValueError(
            f"expected a class number from 0 to {MAX_CLASSES - 1}, got {quoted(text)}{hint}"
        )
    return number


def read_classes(root: Path, file: str, problems: list[Problem]) -> dict[int, str]:
    """Reads a classes.txt: names by class number, in normal form NFC.

    Where lines contradict each other neither counts: such a class is called by its number.
    """
    classes: list[tuple[int, str]] = []
    lines: dict[int | str, int] = {}  # the first of each class number and of each name
    for line, text in read_lines(root, file, problems):
        try:
            number, name = _read_class(text)
        except ValueError as error:
            problems.append(Problem(file, line, str(error)))
            continue
        if name.isdecimal() and (name.lstrip("0") or "0") != str(number):
            message = (
                f"class {number} is called {name}, yet the label {name} means class number {name}"
            )
            problems.append(Problem(file, line, message, is_warning=True))
        for entry, what in ((number, f"the class number {number}"), (name, f"the name {name}")):
            if lines.setdefault(entry, line) != line:
                problems.append(Problem(file, line, f"line {lines[entry]} has {what} already"))
        classes.append((number, name))
    if not classes:
        problems.append(Problem(file, 1, "expected lines with class number TAB name"))
    num_uses = Counter[int | str](entry for one in set(classes) for entry in one)
    return {
        number: name if num_uses[number] == 1 == num_uses[name] else str(number)
        for number, name in classes
    }


def _read_class(text: str) -> tuple[int, str]:
    number, name = split_entry(text, "class number TAB name")
    if is_unknown(name):
        raise ValueError(f"a class cannot be called {name}, which means unknown in labels")
    return class_number(number.strip()), unicodedata.normalize("NFC", name)
