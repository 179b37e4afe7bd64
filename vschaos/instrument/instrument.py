"""What an exported model is to those who play it: all that a patch is made from."""

from __future__ import annotations

import json
import math
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vschaos.instrument.controls import Attribute, Control, Method

FORMAT = 1  # of the card
CARD = "card.json"  # its name in a .ts
LARGEST_CARD = 10_000_000  # bytes, unpacked
TYPES: dict[str, type | tuple[type, ...]] = {
    "bool": bool,
    "int": int,
    "float": (int, float),
    "str": str,
}
BUFFER_IN_HOPS = 4  # cheap enough, and still quick


@dataclass(frozen=True)
class Instrument:
    """A model in its `.ts`.

    Attributes:
        name: of the file, without its ending.
        sample_rate: Hz it was trained at.
        hop_length: samples; the smallest buffer.
        delay: samples from input to output of `forward`, the host's buffer apart.
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
        """Samples in a buffer that suits it."""
        return BUFFER_IN_HOPS * self.hop_length

    def method(self, name: str) -> Method | None:
        """The method of that name, if it has one."""
        return next((method for method in self.methods if method.name == name), None)

    def settings(self) -> list[Attribute]:
        """The attributes that a player can turn."""
        return [attribute for attribute in self.attributes if not attribute.is_read_only]

    def to_json(self) -> str:
        """Its card, for other programs: everything above, by the same names."""
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
            "attributes": [attribute._asdict() for attribute in self.attributes],
        }
        return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def read_instrument(path: Path) -> Instrument:
    """Reads the card in a `.ts`, or beside it.

    Args:
        path: a `.ts`, or a card that was written as `.json`.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it holds no card, or one that cannot be read.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    text = path.read_text(encoding="utf-8") if path.suffix == ".json" else _card_within(path)
    try:
        instrument = _instrument(json.loads(text))
        check_plain(instrument)
        return instrument
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"the card of {path} cannot be read: {error!r}") from error


def check_plain(instrument: Instrument) -> None:
    """Refuses what patches could not be made of, or what would say more in them than it is to.

    Raises:
        ValueError: a name that is no word, a sign that cannot be printed, or no number where one
            is expected.
    """
    controls = [c for method in instrument.methods for c in (*method.inlets, *method.outlets)]
    numbers = [instrument.sample_rate, instrument.hop_length, instrument.delay]
    numbers += [
        ratio for method in instrument.methods for ratio in (method.in_ratio, method.out_ratio)
    ]
    ranges = [(control.low, control.high) for control in controls]
    ranges += [(attribute.low, attribute.high) for attribute in instrument.attributes]
    optional = [n for c in controls for n in (c.unknown_below, c.importance_db) if n is not None]
    if not all(type(number) is int and number >= 0 for number in numbers):
        raise ValueError("whole numbers were expected for rate, hop, delay and ratios")
    if not all(_is_finite(number) for number in (*optional, *(n for pair in ranges for n in pair))):
        raise ValueError("finite numbers were expected for ranges")
    for word in (*(m.name for m in instrument.methods), *(a.name for a in instrument.attributes)):
        if not isinstance(word, str) or not word.isidentifier() or not word.isascii():
            raise ValueError(f"a method or setting must be called by a plain word, {word!r} came")
    for attribute in instrument.attributes:
        if attribute.type not in TYPES or not isinstance(attribute.default, TYPES[attribute.type]):
            raise ValueError(f"{attribute.name} is no setting of a known type")
    for text in _texts(instrument, controls):
        if not isinstance(text, str) or not text.isprintable():
            raise ValueError(f"text that can be printed was expected, {text!r} came")


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
                raise ValueError(f"{path} holds no card: export its model again with script.py")
            if archive.getinfo(names[0]).file_size > LARGEST_CARD:
                raise ValueError(f"{path} holds a card of more than {LARGEST_CARD} bytes")
            return archive.read(names[0]).decode("utf-8")
    except zipfile.BadZipFile as error:
        raise ValueError(f"{path} is no model: it must be a .ts that script.py wrote") from error


def _instrument(content: dict[str, Any]) -> Instrument:
    if content["format"] != FORMAT:
        raise ValueError(f"format {FORMAT} expected, {content['format']} came")
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
    classes, unseen = tuple(entry["classes"]), tuple(entry.get("unseen", ()))
    if not all(type(number) is int and 0 <= number < len(classes) for number in unseen):
        raise ValueError(f"numbers of classes were expected, got {unseen!r}")
    return Control(**{**entry, "classes": classes, "unseen": unseen})
