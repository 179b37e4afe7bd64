"""Values that change in time, segment by segment, as text files give them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from vschaos.data.metadata.values import (
    Problem,
    Values,
    is_unknown,
    quoted,
    read_lines,
    split_entry,
)

# segments whose times were computed and rounded may overlap by less than a sample
TOLERANCE_SECONDS = 1e-6
SECONDS = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?")


class Segment(NamedTuple):
    """A stretch of time in which a value is known; a whole file is from 0 to infinity."""

    onset_seconds: float
    offset_seconds: float
    value: float


class _Line(NamedTuple):
    """A segment as its line gives it, its value perhaps unknown."""

    onset_seconds: float
    offset_seconds: float
    number: int
    value: float | None


def read_track(root: Path, file: str, values: Values, problems: list[Problem]) -> list[Segment]:
    """The segments of `root/file` whose value is known, sorted, without overlap.

    Each line is `onset,offset TAB value`, in seconds, in any order. Of lines that overlap none
    counts. What is wrong goes to `problems`.
    """
    found: list[Problem] = []
    lines: list[_Line] = []
    for number, text in read_lines(root, file, found):
        try:
            lines.append(_read_line(number, text, values))
        except ValueError as error:
            found.append(Problem(file, number, str(error)))
    lines.sort()
    overlaps = _find_overlaps(lines)
    for one, other in overlaps:
        first, second = sorted((one.number, other.number))
        message = f"this segment overlaps the one of line {first}; neither counts"
        found.append(Problem(file, second, message))
    problems.extend(sorted(found))
    dropped = {line.number for pair in overlaps for line in pair}
    return _join([line for line in lines if line.number not in dropped])


def _read_line(number: int, text: str, values: Values) -> _Line:
    times, value = split_entry(text, "onset,offset TAB value")
    onset, comma, offset = (part.strip() for part in times.partition(","))
    if not comma or not SECONDS.fullmatch(onset) or not SECONDS.fullmatch(offset):
        raise ValueError(
            "expected onset,offset in seconds, both at least 0 and with a point for decimals, "
            f"got {quoted(times)}"
        )
    if float(offset) <= float(onset):
        raise ValueError(f"expected an offset after the onset, got {quoted(times)}")
    parsed = None if is_unknown(value) else values.parse(value)
    return _Line(float(onset), float(offset), number, parsed)


def _find_overlaps(lines: Sequence[_Line]) -> list[tuple[_Line, _Line]]:
    """Pairs that name every line that overlaps another, given in the order of their onsets."""
    pairs = []
    longest: _Line | None = None
    for line in lines:
        if longest and line.onset_seconds < longest.offset_seconds - TOLERANCE_SECONDS:
            pairs.append((longest, line))
        if not longest or line.offset_seconds > longest.offset_seconds:
            longest = line
    return pairs


def _join(lines: Sequence[_Line]) -> list[Segment]:
    """Known segments; where rounding makes two overlap, the first ends where the second begins."""
    segments = []
    for index, line in enumerate(lines):
        following = lines[index + 1].onset_seconds if index + 1 < len(lines) else math.inf
        offset = min(line.offset_seconds, following)
        if line.value is not None and offset > line.onset_seconds:
            segments.append(Segment(line.onset_seconds, offset, line.value))
    return segments
