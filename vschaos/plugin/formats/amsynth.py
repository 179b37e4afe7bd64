"""amsynth's preset files: lines of text.

A preset begins with `<preset> <name> NAME`, and has a line `<parameter> NAME VALUE` for each
parameter. The first line of a file is `amSynth1.0preset` for a single preset, `amSynth` for a bank,
which ends with `EOF`. Older files list fewer parameters, and amsynth leaves those as they were; so
all are written, and when read the others are those of the base preset.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Sequence

from vschaos.plugin.description import Description
from vschaos.plugin.formats.preset import Preset

SINGLE, BANK, END = "amSynth1.0preset", "amSynth", "EOF"
PRESET, PARAMETER = "<preset> <name>", "<parameter>"
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
LARGEST_FILE = 16_000_000  # bytes: amsynth's banks have 128 presets and 160,000
# VST2's file of a bank with a chunk: mark, size (ignored), kind, version, plug-in, its version,
# number of programs, 128 unused bytes, length of the chunk
CHUNK_BANK = struct.Struct(">4si4si4sii128xi")


class AmsynthText:
    """Presets as amsynth writes them."""

    ending = ".amSynthPreset"

    def write(self, preset: Preset, description: Description) -> bytes:
        return _text([preset], description, SINGLE).encode()

    def write_bank(self, presets: Sequence[Preset], description: Description) -> bytes:
        """The content of a bank, which amsynth lists in its menu."""
        return (_text(presets, description, BANK) + f"{END}\n").encode()

    def read(self, content: bytes, description: Description, place: str) -> list[Preset]:
        if len(content) > LARGEST_FILE:
            raise ValueError(f"{place}: expected presets of amsynth, got a file too large")
        try:
            lines = content.decode("utf-8").split("\n")
        except UnicodeDecodeError:
            lines = content.decode("latin-1").split("\n")  # of before UTF-8
        if lines[0].strip() not in (SINGLE, BANK):
            raise ValueError(
                f"{place}: expected {BANK} or {SINGLE} in the first line of a preset file, got "
                f"{_shown(lines[0])}"
            )
        return _Reader(description, place).read(lines[1:])

    def as_state(self, content: bytes, description: Description) -> bytes:
        header = (b"CcnK", 0, b"FBCh", 1, description.identity.encode(), 1, 1, len(content))
        return CHUNK_BANK.pack(*header) + content


class _Reader:
    def __init__(self, description: Description, place: str) -> None:
        self.description = description
        self.place = place
        self.known = {parameter.name for parameter in description.parameters}
        self.presets: list[Preset] = []
        self.name: str | None = None
        self.values: dict[str, float] = {}

    def read(self, lines: Sequence[str]) -> list[Preset]:
        for number, line in enumerate(lines, start=2):
            text = line.rstrip("\r")
            if text.strip() == END:
                break
            try:
                self._take(text)
            except ValueError as error:
                raise ValueError(f"{self.place}:{number}: {error}") from None
        self._finish()
        if not self.presets:
            raise ValueError(f"{self.place}: expected a preset, got none")
        return self.presets

    def _take(self, text: str) -> None:
        if text.startswith(PRESET):
            self._finish()
            self.name = text.removeprefix(PRESET).strip()
        elif text.startswith(PARAMETER):
            name, value = self._parse(text.removeprefix(PARAMETER).split())
            self.values[name] = value
        elif text.strip():
            raise ValueError(f"expected {PRESET} or {PARAMETER}, got {_shown(text)}")

    def _parse(self, words: Sequence[str]) -> tuple[str, float]:
        if self.name is None:
            raise ValueError(f"expected {PRESET} before the first {PARAMETER}")
        if len(words) != 2:
            raise ValueError(f"expected a name and a value, got {_shown(' '.join(words))}")
        name, value = words
        if name not in self.known:
            raise ValueError(f"{self.description.name} has no parameter {_shown(name)}")
        if name in self.values:
            raise ValueError(f"{name} is there twice in one preset")
        if not NUMBER.fullmatch(value) or not math.isfinite(float(value)):
            raise ValueError(f"{name} must be a finite number, got {_shown(value)}")
        return name, float(value)

    def _finish(self) -> None:
        if self.name is not None and self.values:
            self.presets.append(Preset(self.name, self.description.positions_of(self.values)))
        self.name, self.values = None, {}


def _text(presets: Sequence[Preset], description: Description, first: str) -> str:
    lines = [first]
    for preset in presets:
        # a name ends with its line, for amsynth and for us
        lines.append(f"{PRESET} {' '.join(preset.name.split())}")
        values = description.values_at(preset.positions)
        # nine digits: all that a float32 has
        lines += [f"{PARAMETER} {name} {value:.9g}" for name, value in values.items()]
    return "\n".join([*lines, ""])


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")
