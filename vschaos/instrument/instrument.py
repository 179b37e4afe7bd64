"""The description of an exported model, from which patches are made, and its card."""

from __future__ import annotations

import json
import math
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

from vschaos.instrument.controls import Attribute, Control, Method, Movement

FORMAT = 1  # of the card
CARD = "card.json"  # its name in a .ts
LARGEST_CARD = 10_000_000  # bytes, unpacked
OMITTED = ("is_logarithmic", "sets")  # where an attribute has none of it
TYPES: dict[str, type | tuple[type, ...]] = {
    "bool": bool,
    "int": int,
    "float": (int, float),
    "str": str,
}
BUFFER_IN_HOPS = 4  # a compromise of load and latency


@dataclass(frozen=True)
class Instrument:
    """An exported model.

    Attributes:
        name: of the file, without its ending.
        sample_rate: Hz it was trained at.
        hop_length: samples; the smallest buffer.
        delay: latency in samples under the default settings, apart from the host's buffer.
        methods, attributes: in the order of the instrument.
    """

    name: str
    sample_rate: int
    hop_length: int
    delay: int
    methods: list[Method]
    attributes: list[Attribute]

    @property
    def buffer_size(self) -> int:
        """Samples in the recommended buffer."""
        return BUFFER_IN_HOPS * self.hop_length

    def method(self, name: str) -> Method | None:
        """The method of that name, if it has one."""
        return next((method for method in self.methods if method.name == name), None)

    def settings(self) -> list[Attribute]:
        """The attributes that a player can set."""
        return [attribute for attribute in self.attributes if not attribute.is_read_only]

    def to_json(self) -> str:
        """The card: JSON of all fields by their names."""
        content = {
            "format": FORMAT,
            **asdict(self),
            "methods": [
                {
                    **method._asdict(),
                    "inlets": [control._asdict() for control in method.inlets],
                    "outlets": [control._asdict() for control in method.outlets],
                }
                for method in self.methods
            ],
            "attributes": [
                {k: value for k, value in a._asdict().items() if k not in OMITTED or value}
                for a in self.attributes
            ],
        }
        return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def read_instrument(path: Path) -> Instrument:
    """Reads the card in a `.ts`, or beside it.

    Args:
        path: a `.ts`, or its card in a `.json`.

    Raises:
        FileNotFoundError: no such file.
        ValueError: no card, or one that cannot be read.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}")
    text = path.read_text(encoding="utf-8") if path.suffix == ".json" else _card_within(path)
    try:
        instrument = _instrument(json.loads(text))
        check_plain(instrument)
        return instrument
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"the card of {path} cannot be read: {error!r}") from error


def check_plain(instrument: Instrument) -> None:
    """Refuses a description that patches cannot hold, or that would inject commands into them.

    Raises:
        ValueError: a name that is no word, text that cannot be printed, or a wrong number.
    """
    controls = [c for method in instrument.methods for c in (*method.inlets, *method.outlets)]
    numbers = [instrument.sample_rate, instrument.hop_length, instrument.delay]
    numbers += [
        ratio for method in instrument.methods for ratio in (method.in_ratio, method.out_ratio)
    ]
    if not all(type(number) is int and number >= 0 for number in numbers):
        raise ValueError(f"rate, hop, delay and ratios must be whole numbers, got {numbers}")
    for word in (*(m.name for m in instrument.methods), *(a.name for a in instrument.attributes)):
        if not isinstance(word, str) or not word.isidentifier() or not word.isascii():
            raise ValueError(f"methods and attributes must have a word for a name, got {word!r}")
    for control in controls:
        _check_control(control)
    numbered = {a.name: a for a in instrument.attributes if a.type in ("int", "float")}
    for attribute in instrument.attributes:
        _check_attribute(attribute)
        _check_sets(attribute, numbered)
    for text in _texts(instrument, controls):
        if not isinstance(text, str) or not text.isprintable():
            raise ValueError(f"text must be printable, got {text!r}")


def _check_control(control: Control) -> None:
    numbers = [control.low, control.high, control.default]
    numbers += [n for n in (control.unknown_below, control.importance_db) if n is not None]
    if not all(map(_is_finite, numbers)) or control.low > control.high:
        raise ValueError(f"a control must have finite numbers and low <= high, got {control}")
    if control.limits is not None:
        lowest, highest = control.limits
        if not _is_finite(lowest) or not _is_finite(highest) or lowest > highest:
            raise ValueError(f"limits of a control must be finite, the lower first, got {control}")
    if control.movement not in get_args(Movement):
        allowed = ", ".join(get_args(Movement))
        raise ValueError(f"movement must be one of {allowed}, got {control.movement!r}")
    if not all(type(n) is int and 0 <= n < len(control.classes) for n in control.unseen):
        raise ValueError(f"unseen must be numbers of classes, got {control.unseen!r}")


def _check_attribute(attribute: Attribute) -> None:
    expected = TYPES.get(attribute.type)
    if expected is None or not isinstance(attribute.default, expected):
        raise ValueError(
            f"the type of an attribute must be one of {', '.join(TYPES)}, and its default of that "
            f"type, got {attribute}"
        )
    if not (_is_finite(attribute.low) and _is_finite(attribute.high)):
        raise ValueError(f"the range of an attribute must be finite, got {attribute}")
    if attribute.is_logarithmic and not 0.0 < attribute.low < attribute.high:
        raise ValueError(f"a logarithmic range must be above 0, got {attribute}")


def _check_sets(attribute: Attribute, numbered: dict[str, Attribute]) -> None:
    for name, values in attribute.sets:
        found = numbered.get(name)
        if (
            found is None
            or len(values) != len(attribute.choices)
            or not all(_is_finite(v) and found.low <= v <= found.high for v in values)
        ):
            raise ValueError(
                f"{attribute.name} must set other attributes to numbers within their ranges, one "
                f"for each choice, got {name!r} and {values!r}"
            )


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _texts(instrument: Instrument, controls: list[Control]) -> Iterator[object]:
    yield instrument.name
    for control in controls:
        yield from (control.name, control.unit, *control.classes)
    for attribute in instrument.attributes:
        yield from (attribute.description, attribute.unit, *attribute.choices)
        if attribute.type == "str":
            yield attribute.default


def _card_within(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.endswith(f"/extra/{CARD}")]
            if len(names) != 1:
                raise ValueError(f"{path} holds no card: export its model again (vschaos export)")
            if archive.getinfo(names[0]).file_size > LARGEST_CARD:
                raise ValueError(f"{path} holds a card of more than {LARGEST_CARD} bytes")
            return archive.read(names[0]).decode("utf-8")
    except zipfile.BadZipFile as error:
        raise ValueError(f"{path} is no model that vschaos export wrote") from error


def _instrument(content: dict[str, Any]) -> Instrument:
    if content["format"] != FORMAT:
        raise ValueError(f"format must be {FORMAT}, got {content['format']}")
    methods = [
        Method(
            entry["name"],
            [_control(inlet) for inlet in entry["inlets"]],
            entry["in_ratio"],
            [_control(outlet) for outlet in entry["outlets"]],
            entry["out_ratio"],
        )
        for entry in content["methods"]
    ]
    attributes = [
        Attribute(
            **{
                **entry,
                "choices": tuple(entry["choices"]),
                "aliases": tuple(map(tuple, entry["aliases"])),
                "sets": tuple((name, tuple(values)) for name, values in entry.get("sets", ())),
            }
        )
        for entry in content["attributes"]
    ]
    return Instrument(
        content["name"],
        content["sample_rate"],
        content["hop_length"],
        content["delay"],
        methods,
        attributes,
    )


def _control(entry: dict[str, Any]) -> Control:
    lists = {name: tuple(entry.get(name, ())) for name in ("classes", "unseen")}
    limits = entry.get("limits")
    return Control(**{**entry, **lists, "limits": None if limits is None else tuple(limits)})
