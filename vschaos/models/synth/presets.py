"""Presets: named settings of a voice, and their JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vschaos.models.synth.chains import Chain, chain_named
from vschaos.models.synth.parameters import BY_NAME
from vschaos.outputs import output_file

FORMAT = "vschaos synth preset"
VERSION = 1
LARGEST_FILE = 1_000_000  # bytes
KEYS = ("format", "version", "name", "chain", "parameters")
SIGNIFICANT_DIGITS = 9  # tell all values of float32 apart


@dataclass(frozen=True)
class Preset:
    """Settings of a voice.

    Args:
        name: one word, as patches show it.
        chain: name of the chain.
        values: by the names of its parameters, in their units; the others are at their defaults.

    Raises:
        ValueError: no such chain or parameter, a value out of range, or a name that is no word.

    Example:
        >>> preset = Preset("hollow", "mono", {"shape_1": 2.0})
        >>> preset.value("width_1"), preset.value("shape_1")
        (0.5, 2.0)
    """

    name: str
    chain: str
    values: Mapping[str, float]

    def __post_init__(self) -> None:
        if not self.name or not self.name.isprintable() or set(self.name) & set(" ,;\\$"):
            raise ValueError(
                f"the name of a preset must be one word without , ; $ or \\, got {self.name!r}"
            )
        names = [parameter.name for parameter in chain_named(self.chain).parameters]
        for name, value in self.values.items():
            if name not in names:
                raise ValueError(
                    f"a parameter of {self.chain} must be one of {', '.join(names)}; got {name!r}"
                )
            BY_NAME[name].check(value, f"in preset {self.name} ")

    def value(self, name: str) -> float:
        """Of a parameter, its default where the preset says nothing."""
        return float(self.values.get(name, BY_NAME[name].default))

    def parameters(self, chain: Chain) -> Tensor:
        """In the order of a chain's parameters, `[K]`: what the preset's own chain lacks is off."""
        return torch.tensor([self.value(parameter.name) for parameter in chain.parameters])


def preset_of(name: str, chain: Chain, parameters: Tensor) -> Preset:
    """A preset of parameters `[K]` in the order of the chain's."""
    values = {
        parameter.name: float(f"{value:.{SIGNIFICANT_DIGITS}g}")
        for parameter, value in zip(chain.parameters, parameters.tolist(), strict=True)
    }
    return Preset(name, chain.name, values)


def to_json(preset: Preset) -> str:
    """All parameters of its chain, with their units."""
    parameters = {
        parameter.name: {"value": preset.value(parameter.name), "unit": parameter.unit}
        for parameter in chain_named(preset.chain).parameters
    }
    content = {
        "format": FORMAT,
        "version": VERSION,
        "name": preset.name,
        "chain": preset.chain,
        "parameters": parameters,
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def write_preset(preset: Preset, path: Path) -> None:
    """Writes a preset whole or not at all; one that somebody edited is backed up.

    Raises:
        OSError: it cannot be written.
    """
    with output_file(path) as partial:
        partial.write_text(to_json(preset), encoding="utf-8", newline="\n")


def read_preset(path: Path) -> Preset:
    """Reads a preset; nothing in it can execute.

    Raises:
        FileNotFoundError: no such file.
        ValueError: it is not a preset, or says something that the voice cannot be; names the file.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no preset {path}")
    if path.stat().st_size > LARGEST_FILE:
        raise ValueError(f"{path} must be a preset of at most {LARGEST_FILE} bytes")
    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse)
        return _preset(content)
    except RecursionError as error:
        raise ValueError(f"{path} must be a preset, got JSON that is nested too deeply") from error
    except ValueError as error:
        raise ValueError(f"{path} cannot be read as a preset: {error}") from error


def _preset(content: Any) -> Preset:
    _check_keys(content, KEYS, "a preset")
    if content["format"] != FORMAT or content["version"] != VERSION:
        raise ValueError(
            f"format and version must be {FORMAT!r} and {VERSION}, "
            f"got {content['format']!r} and {content['version']!r}"
        )
    name, chain, entries = content["name"], content["chain"], content["parameters"]
    if not isinstance(name, str) or not isinstance(chain, str) or not isinstance(entries, dict):
        raise ValueError("name and chain must be words, and parameters an object")
    values = {}
    for key, entry in entries.items():
        _check_keys(entry, ("value", "unit"), f"parameter {key}")
        if key in BY_NAME and entry["unit"] != BY_NAME[key].unit:
            raise ValueError(
                f"the unit of {key} must be {BY_NAME[key].unit!r}, got {entry['unit']!r}"
            )
        values[key] = entry["value"]
    return Preset(name, chain, values)


def _check_keys(content: Any, keys: tuple[str, ...], place: str) -> None:
    if not isinstance(content, dict) or set(content) != set(keys):
        found = sorted(content) if isinstance(content, dict) else content
        raise ValueError(f"{place} must have the keys {', '.join(keys)}; got {found!r}")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ValueError(f"a key must not be twice in an object, got {[key for key, _ in pairs]}")
    if any(isinstance(value, float) and not math.isfinite(value) for value in content.values()):
        raise ValueError("numbers must be finite, got one beyond the largest")
    return content


def _refuse(word: str) -> float:
    raise ValueError(f"numbers must be finite, got {word}")
