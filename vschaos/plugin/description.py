"""The description of a plug-in: one yaml, read strictly; nothing in it can execute."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from vschaos.plugin.entries import Entries, load_entries, shown
from vschaos.plugin.hearing import Alternatives, Condition, heard, in_order
from vschaos.plugin.parameters import KINDS, LAWS, Parameter

FOLDER = Path(__file__).parent / "descriptions"  # of those that come with the package
PRESET_FORMATS = ("amsynth", "fxp")
RESERVED = ("note", "velocity", "held_seconds")  # labels and targets of what is played
LARGEST_FILE = 1_000_000  # bytes, of a description
PARAMETER_KEYS = {
    "called", "kind", "low", "high", "law", "exponent", "base", "offset", "unit", "default",
    "drawn", "values", "frozen", "meaning", "off_at", "heard_if",
}  # fmt: skip


@dataclass(frozen=True)
class Description:
    """A plug-in, and how its sounds are drawn.

    Attributes:
        name: of the plug-in.
        paths: where it may be; the first that exists counts.
        install: the sentence that says how to install it.
        preset_format: of its own preset files, one of `PRESET_FORMATS`.
        identity: the four characters by which hosts know it (VST2), for presets in `fxp`.
        banks: files with presets of people; their names, not their folders, may have `*`.
        sample_rate: Hz.
        notes: MIDI, of which each draw has one.
        velocities: 1 to 127, of which each draw has one.
        held_seconds, seconds: of a note, and of the sound with what follows it.
        rest: positions, by name, and `rest_seconds` of silence between two sounds, in which what
            the first one leaves in envelopes and reverbs dies away.
        parameters: in the order of the yaml, which is that of labels and networks.
        digest: of the yaml's content.
    """

    name: str
    paths: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    install: str = ""
    preset_format: str = "fxp"
    identity: str = ""
    banks: tuple[str, ...] = ()
    sample_rate: int = 44100
    notes: tuple[int, ...] = (48, 60, 72)
    velocities: tuple[int, ...] = (60, 120)
    held_seconds: float = 0.7
    seconds: float = 1.0
    rest_seconds: float = 0.0
    rest: Mapping[str, float] = field(default_factory=dict)
    digest: str = ""

    @property
    def names(self) -> list[str]:
        return [parameter.name for parameter in self.parameters]

    def base(self) -> np.ndarray:
        """Positions `[P]` of the base preset."""
        return np.array([parameter.position_of(parameter.default) for parameter in self.parameters])

    def values_at(self, positions: Sequence[float] | np.ndarray) -> dict[str, float]:
        """Positions `[P]` -> values as preset files hold them, by name."""
        return {
            parameter.name: parameter.value_at(float(position))
            for parameter, position in zip(self.parameters, positions, strict=True)
        }

    def positions_of(self, values: Mapping[str, float]) -> np.ndarray:
        """Values by name -> positions `[P]`; those not named are as in the base preset."""
        return np.array(
            [
                parameter.position_of(values.get(parameter.name, parameter.default))
                for parameter in self.parameters
            ]
        )

    def heard(self, positions: np.ndarray) -> np.ndarray:
        """Positions of all parameters `[B, P]` -> which of them make a difference, `[B, P]`."""
        return heard(self.parameters, positions)

    def resting(self) -> np.ndarray:
        """Positions `[P]` between two sounds."""
        names = self.names
        positions = self.base()
        for name, value in self.rest.items():
            index = names.index(name)
            positions[index] = self.parameters[index].position_of(value)
        return positions

    def find(self) -> Path:
        """The plug-in's file.

        Raises:
            FileNotFoundError: it is not installed.
        """
        for path in self.paths:
            there = Path(path).expanduser()
            if there.exists():
                return there
        how = self.install or "install it, or name its file in paths of the description"
        raise FileNotFoundError(
            f"the plug-in {self.name} was expected in {' or '.join(self.paths)}: {how}"
        )

    def find_banks(self) -> list[Path]:
        """Files with presets of people that are on this machine, sorted."""
        found: set[Path] = set()
        for pattern in self.banks:
            path = Path(pattern).expanduser()
            found |= set(path.parent.glob(path.name))
        return sorted(path for path in found if path.is_file())

    def indices(self, names: Sequence[str]) -> list[int]:
        """Where each parameter stands among those of the loaded plug-in.

        Raises:
            ValueError: it is not among them.
        """
        missing = [one.called for one in self.parameters if one.called not in names]
        if missing:
            near = difflib.get_close_matches(missing[0], names, n=1)
            hint = f", perhaps it is called {near[0]}" if near else ""
            raise ValueError(
                f"the plug-in {self.name} has no parameter {missing[0]}{hint}: it is another "
                "version than the description is for"
            )
        return [names.index(parameter.called) for parameter in self.parameters]


def read_description(name: str) -> Description:
    """Reads a description.

    Args:
        name: of one that comes with the package, or the path of a yaml.

    Raises:
        FileNotFoundError: there is no such description.
        ValueError: it is not well formed; the sentence names file, place and what was expected.
    """
    path = Path(name)
    if path.suffix not in (".yaml", ".yml"):
        path = FOLDER / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in FOLDER.glob("*.yaml")))
        raise FileNotFoundError(
            f"expected a plug-in that vschaos describes ({known}) or the path of a .yaml, "
            f"got {name}; vschaos plugin describe writes one"
        )
    if path.stat().st_size > LARGEST_FILE:
        raise ValueError(f"{path}: expected the description of a plug-in, got a file too large")
    return parse_description(path.read_bytes(), str(path))


def parse_description(content: bytes, place: str) -> Description:
    """Reads the content of a yaml; `place` is its name in messages."""
    entries = load_entries(content, place, "a description")
    entries.allow(
        "name", "paths", "install", "preset", "banks", "sample_rate", "notes", "velocities",
        "held_seconds", "seconds", "rest", "parameters",
    )  # fmt: skip
    parameters = _read_parameters(entries)
    preset = entries.mapping("preset", {})
    preset.allow("format", "identity")
    rest = entries.mapping("rest", {})
    rest.allow("seconds", *(parameter.name for parameter in parameters))
    by_name = {parameter.name: parameter for parameter in parameters}
    seconds = entries.number("seconds", 0.05, 60.0, 1.0)
    return Description(
        name=entries.text("name"),
        paths=tuple(entries.texts("paths")),
        parameters=tuple(parameters),
        install=entries.text("install", ""),
        preset_format=preset.choice("format", PRESET_FORMATS, "fxp"),
        identity=_check_identity(preset.text("identity", ""), place),
        banks=tuple(entries.texts("banks", [])),
        sample_rate=int(entries.number("sample_rate", 8000, 192000, 44100, is_whole=True)),
        notes=tuple(entries.whole_numbers("notes", 0, 127, [48, 60, 72])),
        velocities=tuple(entries.whole_numbers("velocities", 1, 127, [60, 120])),
        held_seconds=entries.number("held_seconds", 0.01, seconds, min(0.7, seconds)),
        seconds=seconds,
        rest_seconds=rest.number("seconds", 0.0, 60.0, 0.0),
        rest={
            name: rest.number(name, by_name[name].low, by_name[name].high)
            for name in rest.data
            if name != "seconds"
        },
        digest=hashlib.sha256(content).hexdigest(),
    )


def _read_parameters(entries: Entries) -> list[Parameter]:
    every = entries.mapping("parameters")
    if not every.data:
        raise ValueError(f"{entries.place}: parameters must name at least one, got none")
    parameters = [_read_parameter(str(name), every.mapping(name)) for name in every.data]
    called = [parameter.called for parameter in parameters]
    for name in called:
        if called.count(name) > 1:
            raise ValueError(f"{entries.place}: two parameters are called {name} in the plug-in")
    by_name = {parameter.name: parameter for parameter in parameters}
    parameters = [
        parameter._replace(heard_if=_read_hearing(every.mapping(parameter.name), by_name))
        for parameter in parameters
    ]
    try:
        in_order(parameters)
    except ValueError as error:
        raise ValueError(f"{entries.place}: {error}") from None
    return parameters


def _read_hearing(entry: Entries, by_name: Mapping[str, Parameter]) -> Alternatives | None:
    """When a parameter can be heard; None for always."""
    if "heard_if" not in entry.data:
        return None
    alternatives = []
    for one in entry.mappings("heard_if"):
        one.allow(*by_name)
        alternatives.append(
            tuple(Condition(name, _read_ranges(one, by_name[name])) for name in one.data)
        )
    return tuple(alternatives)


def _read_ranges(entry: Entries, parameter: Parameter) -> tuple[tuple[float, float], ...]:
    """A range of numbers `[low, high]`, or the names of some steps."""
    name = parameter.name
    given = entry.data[name]
    if isinstance(given, list) and given and all(isinstance(one, str) for one in given):
        steps = parameter.classes if parameter.is_stepped else []
        for one in given:
            if one not in steps:
                raise ValueError(
                    f"{entry.place}: {name} must be among its steps, "
                    f"{', '.join(steps) or 'of which it has none'}; got {shown(one)}"
                )
        return tuple((value, value) for value in (parameter.low + steps.index(s) for s in given))
    ends = entry.numbers(name, parameter.low, parameter.high, [])
    if len(ends) != 2 or ends[0] > ends[1]:
        raise ValueError(
            f"{entry.place}: {name} must be a range [low, high] or names of its steps, "
            f"got {shown(given)}"
        )
    return ((ends[0], ends[1]),)


def _read_parameter(name: str, entry: Entries) -> Parameter:
    entry.allow(*PARAMETER_KEYS)
    if not name.isidentifier():
        raise ValueError(
            f"{entry.place}: names of parameters are letters, digits and _, as folders of labels "
            f"are called after them, got {name!r}; called: says how the plug-in calls it"
        )
    if name in RESERVED:
        raise ValueError(f"{entry.place}: {name} is the label of the note, take another name")
    kind = entry.choice("kind", KINDS)
    low, high = entry.number("low", default=0.0), entry.number("high", default=1.0)
    if not low < high:
        raise ValueError(f"{entry.place}: low must be below high, got {low:g} and {high:g}")
    if kind != "continuous" and (low % 1 or high % 1):
        raise ValueError(f"{entry.place}: low and high of steps must be whole numbers")
    if kind == "switch" and high - low != 1:
        raise ValueError(f"{entry.place}: a switch has two steps, got {high - low + 1:g}")
    values = entry.texts("values", [])
    if values and (kind == "continuous" or len(values) != high - low + 1):
        raise ValueError(
            f"{entry.place}: values must name each step from low to high, got {len(values)} names"
        )
    if kind != "continuous" and "off_at" in entry.data:
        raise ValueError(f"{entry.place}: off_at is for continuous parameters, got a {kind} one")
    drawn = entry.numbers("drawn", low, high, [low, high])
    if len(drawn) != 2 or drawn[0] > drawn[1]:
        raise ValueError(f"{entry.place}: drawn must be a range [low, high], got {drawn}")
    return Parameter(
        name=name,
        called=entry.text("called", name),
        kind=kind,
        low=low,
        high=high,
        default=entry.number("default", low, high),
        law=entry.choice("law", LAWS, "linear"),
        exponent=entry.number("exponent", 0.01, 100, 1.0),
        base=entry.number("base", 0.01, 1000, 2.0),
        offset=entry.number("offset", default=0.0),
        unit=entry.text("unit", ""),
        drawn=(drawn[0], drawn[1]),
        values=tuple(values),
        is_frozen=entry.flag("frozen", False),
        meaning=entry.text("meaning", ""),
        off_at=entry.number("off_at", low, high) if "off_at" in entry.data else None,
    )


def _check_identity(text: str, place: str) -> str:
    if text and (len(text) != 4 or not text.isascii() or not text.isprintable()):
        raise ValueError(f"{place}: identity must be 4 ASCII characters, got {shown(text)}")
    return text
