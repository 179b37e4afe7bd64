"""Words as PureData writes them: in a box, and in a file."""

from __future__ import annotations

import re

SHORT_UNITS = {"sigma": "\N{GREEK SMALL LETTER SIGMA}", "MIDI note": "MIDI", "number": ""}
UNIT_LETTERS = 4  # for which there is room
SPECIAL = re.compile(r"([\\ ,;$])")


def literal(word: str) -> str:
    """A word with whatever characters, as it is typed into a box to stay one word.

    >>> print(literal("my strings, $1"))
    my\\ strings\\,\\ \\$1
    """
    return SPECIAL.sub(r"\\\1", re.sub(r"\s", " ", word)) or "-"


def shown(word: str) -> str:
    """A word in a box, to be shown by a GUI object; those would take `$1` for an argument.

    >>> print(shown("my $1"))
    my\\ ＄1
    """
    return literal(re.sub(r"\$(?=\d)", "\N{FULLWIDTH DOLLAR SIGN}", word))


def unit(name: str) -> str:
    """A unit after a number.

    >>> print(unit("MIDI note"), unit("dB"))
    MIDI dB
    """
    return literal(SHORT_UNITS.get(name, name)[:UNIT_LETTERS] or " ")


def in_file(box: str) -> str:
    """What is typed into a box, as it stands in a file: there, signs that mean something are
    escaped, and those that were escaped already are so twice.

    >>> print(in_file(r"s $0-x, my\\ word"))
    s \\$0-x \\, my\\\\\\ word
    """
    parts = re.split(r"(\\.)", box)
    return "".join(
        _escaped_twice(part) if k % 2 else _escaped(part) for k, part in enumerate(parts)
    )


def gui_word(word: str) -> str:
    """A label, or the name of a send, in the line of a GUI object; `$0` and `$1` mean something.

    >>> print(gui_word("$0-my word"))
    \\$0-my\\ word
    """
    return SPECIAL.sub(r"\\\1", word) or "empty"


def _escaped(part: str) -> str:
    return re.sub(r"\s*([,;])", r" \\\1", part.replace("$", r"\$"))


def _escaped_twice(pair: str) -> str:
    return rf"\\\{pair[1]}"
