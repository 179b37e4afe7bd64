"""Reads yaml of strangers strictly: plain values, each key once, and every mistake one sentence."""

from __future__ import annotations

import difflib
import math
from collections.abc import Sequence
from typing import Any

import yaml

LARGEST_NUMBER = 1e9


def load_entries(content: bytes, place: str, kind: str) -> Entries:
    """The content of a yaml that is a mapping.

    Args:
        place: name of the file in messages.
        kind: of the content, for messages.

    Raises:
        ValueError: it is no yaml, or no mapping.
    """
    try:
        data = yaml.load(content.decode("utf-8"), Loader=_StrictLoader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"{place}: expected yaml, got {_in_one_line(error)}") from error
    return Entries(data, place, kind)


class Entries:
    """The entries of a mapping, checked as they are read.

    Args:
        data: the mapping.
        place: of it in the file, for messages.
        content: what it should be, for messages.
    """

    def __init__(self, data: object, place: str, content: str) -> None:
        if not isinstance(data, dict):
            raise ValueError(f"{place}: expected {content} as a mapping, got {shown(data)}")
        self.data = data
        self.place = place

    def allow(self, *keys: str) -> None:
        for key in self.data:
            if key not in keys:
                near = difflib.get_close_matches(str(key), keys, n=1)
                hint = f", perhaps {near[0]}" if near else f", {', '.join(sorted(keys))} are known"
                raise ValueError(f"{self.place}: there is no entry {shown(key)}{hint}")

    def mapping(self, key: str, default: object = None) -> Entries:
        return Entries(self._get(key, default), f"{self.place}, {key}", "entries")

    def mappings(self, key: str) -> list[Entries]:
        value = self._get(key, None)
        if not isinstance(value, list):
            raise ValueError(f"{self.place}: {key} must be a list of entries, got {shown(value)}")
        return [Entries(one, f"{self.place}, {key}", "entries") for one in value]

    def text(self, key: str, default: str | None = None) -> str:
        value = self._get(key, default)
        if not isinstance(value, str) or "\n" in value.strip() or "\0" in value:
            raise ValueError(f"{self.place}: {key} must be a line of text, got {shown(value)}")
        return value.strip()

    def texts(self, key: str, default: object = None) -> list[str]:
        value = self._get(key, default)
        if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
            raise ValueError(f"{self.place}: {key} must be a list of texts, got {shown(value)}")
        return value

    def choice(self, key: str, allowed: Sequence[str], default: str | None = None) -> str:
        value = self._get(key, default)
        if value not in allowed:
            raise ValueError(
                f"{self.place}: {key} must be {' or '.join(allowed)}, got {shown(value)}"
            )
        return str(value)

    def flag(self, key: str, default: bool) -> bool:
        value = self._get(key, default)
        if not isinstance(value, bool):
            raise ValueError(f"{self.place}: {key} must be true or false, got {shown(value)}")
        return value

    def number(
        self,
        key: str,
        low: float = -LARGEST_NUMBER,
        high: float = LARGEST_NUMBER,
        default: float | None = None,
        is_whole: bool = False,
    ) -> float:
        return self._check(key, self._get(key, default), low, high, is_whole)

    def numbers(self, key: str, low: float, high: float, default: list[float]) -> list[float]:
        return self._checked_list(key, low, high, default, is_whole=False)

    def whole_numbers(self, key: str, low: int, high: int, default: list[int]) -> list[int]:
        numbers = self._checked_list(key, low, high, default, is_whole=True)
        if not numbers or len(set(numbers)) < len(numbers):
            raise ValueError(f"{self.place}: {key} must be some different numbers, got {numbers}")
        return [int(number) for number in numbers]

    def _checked_list(
        self, key: str, low: float, high: float, default: Sequence[float], is_whole: bool
    ) -> list[float]:
        values = self._get(key, list(default))
        if not isinstance(values, list):
            raise ValueError(f"{self.place}: {key} must be a list, got {shown(values)}")
        return [self._check(key, value, low, high, is_whole) for value in values]

    def _check(self, key: str, value: object, low: float, high: float, is_whole: bool) -> float:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not low <= value <= high or (is_whole and value % 1):  # type: ignore[operator]
            kind = "a whole number" if is_whole else "a number"
            bounds = "" if high >= LARGEST_NUMBER else f" from {low:g} to {high:g}"
            raise ValueError(f"{self.place}: {key} must be {kind}{bounds}, got {shown(value)}")
        return float(value)  # type: ignore[arg-type]

    def _get(self, key: str, default: object) -> Any:
        if key not in self.data and default is None:
            raise ValueError(f"{self.place}: {key} is missing")
        return self.data.get(key, default)


class _StrictLoader(yaml.SafeLoader):
    """Plain values only, each key once, and no aliases, of which a small file can grow large."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError(f"an alias in line {self.peek_event().start_mark.line + 1}")
        return super().compose_node(parent, index)


def _mapping_without_repetition(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    for number, key in enumerate(keys):
        if key in keys[:number]:
            raise yaml.YAMLError(
                f"{key!r} twice, in line {node.value[number][0].start_mark.line + 1}"
            )
    return dict(
        zip(keys, (loader.construct_object(one, deep=True) for _, one in node.value), strict=True)
    )


_StrictLoader.add_constructor(
    yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping_without_repetition
)


def shown(value: object) -> str:
    """A value as messages show it."""
    text = repr(value)
    if isinstance(value, float) and not math.isfinite(value):
        return f"{value}, which is no finite number"
    return text if len(text) <= 60 else f"{text[:57]}..."


def _in_one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
