"""Lines of a dataset's text files, and what is wrong with them."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SHOWN_LENGTH = 60  # characters of a faulty entry; some files turn out to be no text at all


class Problem(NamedTuple):
    """What is wrong with a line.

    Attributes:
        file: relative to the dataset, with `/`.
        line: counted from 1.
        message: what was expected, what came.
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
        problems.append(Problem(file, 1, "UTF-8 text was expected, UTF-16 came; save it as UTF-8"))
        return
    for number, line in enumerate(content.removeprefix(codecs.BOM_UTF8).splitlines(), start=1):
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            byte = line[error.start]
            problems.append(
                Problem(file, number, f"UTF-8 text was expected, byte 0x{byte:02x} came")
            )
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
        raise ValueError(f"{expected} was expected, {quoted(text)} came{missing}")
    return first, second.strip()


def quoted(text: str) -> str:
    """The text as messages show it, on one line and not too long."""
    return repr(text if len(text) <= SHOWN_LENGTH else f"{text[: SHOWN_LENGTH - 3]}...")
