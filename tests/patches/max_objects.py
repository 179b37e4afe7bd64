"""The objects of Max that our patches use: their inlets, and the types of their outlets.

Counts and types are those that Max 8 writes into its own files.
"""

from __future__ import annotations

import shlex
from functools import lru_cache
from typing import NamedTuple

SIGNAL, CHANNELS = "signal", "multichannelsignal"


class Ports(NamedTuple):
    """Inlets of an object, and the type of each outlet as Max names it."""

    inlets: int
    outlets: tuple[str, ...]


INTERFACE = {  # by class
    "bpatcher": None,  # as many as the patcher in it has
    "button": Ports(1, ("bang",)),
    "comment": Ports(1, ()),
    "dropfile": Ports(1, ("", "")),
    "ezdac~": Ports(2, ()),
    "flonum": Ports(1, ("", "bang")),
    "kslider": Ports(2, ("int", "int")),
    "message": Ports(2, ("",)),
    "meter~": Ports(1, ("float",)),
    "multislider": Ports(1, ("", "")),
    "number": Ports(1, ("", "bang")),
    "outlet": Ports(1, ()),
    "panel": Ports(1, ()),
    "textbutton": Ports(1, ("", "", "int")),
    "toggle": Ports(1, ("int",)),
    "umenu": Ports(1, ("int", "", "")),
}
_FIXED = {  # by first word
    "!/": Ports(2, ("float",)),
    "!=": Ports(2, ("int",)),
    "==": Ports(2, ("int",)),
    "%~": Ports(2, (SIGNAL,)),
    "*~": Ports(2, (SIGNAL,)),
    "+~": Ports(2, (SIGNAL,)),
    "-~": Ports(2, (SIGNAL,)),
    ">": Ports(2, ("int",)),
    ">~": Ports(2, (SIGNAL,)),
    "abs~": Ports(1, (SIGNAL,)),
    "change": Ports(1, ("", "int", "int")),
    "clip~": Ports(3, (SIGNAL,)),
    "cycle~": Ports(2, (SIGNAL,)),
    "dbtoa": Ports(1, ("",)),
    "delay": Ports(2, ("bang",)),
    "dspstate~": Ports(1, ("int", "float", "int", "int")),
    "expr": Ports(1, ("",)),  # of $f1 alone
    "f": Ports(2, ("float",)),
    "gate": Ports(2, ("",)),
    "i": Ports(2, ("int",)),
    "line~": Ports(2, (SIGNAL, "bang")),
    "loadbang": Ports(1, ("bang",)),
    "loadmess": Ports(1, ("",)),
    "maximum": Ports(2, ("int", "int")),
    "mc.*~": Ports(2, (CHANNELS,)),
    "mc.+~": Ports(2, (CHANNELS,)),
    "mc.dup~": Ports(1, (CHANNELS,)),
    "mc.list~": Ports(1, (CHANNELS,)),
    "mc.mixdown~": Ports(2, (CHANNELS,)),
    "mc.rand~": Ports(1, (CHANNELS,)),
    "mc.saw~": Ports(2, (CHANNELS,)),
    "metro": Ports(2, ("bang",)),
    "makenote": Ports(3, ("float", "float")),
    "mtof": Ports(1, ("",)),
    "notein": Ports(1, ("int", "int", "int")),
    "noise~": Ports(1, (SIGNAL,)),
    "phasor~": Ports(2, (SIGNAL,)),
    "poly": Ports(2, ("int", "int", "int")),
    "prepend": Ports(1, ("",)),
    "r": Ports(0, ("",)),
    "rand~": Ports(1, (SIGNAL,)),
    "random": Ports(2, ("int",)),
    "rect~": Ports(3, (SIGNAL,)),
    "s": Ports(1, ()),
    "saw~": Ports(2, (SIGNAL,)),
    "sig~": Ports(1, (SIGNAL,)),
    "snapshot~": Ports(2, ("float",)),
    "stripnote": Ports(2, ("int", "int")),
    "thispatcher": Ports(1, ("", "")),
    "tri~": Ports(3, (SIGNAL,)),
}
_TRIGGERED = {"b": "bang", "f": "float", "i": "int", "l": ""}


def ports(text: str) -> Ports | None:
    """Inlets and outlets of an object by what is written in it; none if that does not show them.

    Raises:
        ValueError: an object that is not in this table.
    """
    name, *arguments = words(text)
    if name in ("p", "nn~", "mc.nn~", "mcs.nn~"):
        return None
    if name in _FIXED:
        return _FIXED[name]
    if name in ("+", "-", "*", "/"):
        return Ports(2, ("float" if "." in arguments[0] else "int",))
    if name == "t":
        return Ports(1, tuple(_TRIGGERED[argument] for argument in arguments))
    if name == "sel":
        return Ports(1 + len(arguments), ("bang",) * len(arguments) + ("",))
    if name == "route":
        return Ports(1 + len(arguments), ("",) * (len(arguments) + 1))
    if name == "unpack":
        return Ports(1, ("int",) * len(arguments))
    if name == "pack":
        return Ports(len(arguments), ("",))
    if name == "mc.separate~":
        return Ports(1, (CHANNELS,) * (len(arguments) + 1))
    return _counted(name, int(arguments[0]) if arguments else 1)


def _counted(name: str, count: int) -> Ports:
    by_count = {
        "adc~": Ports(1, (SIGNAL,)),  # its argument is a channel
        "limi~": Ports(count, (SIGNAL,) * count),
        "mc.combine~": Ports(count, (CHANNELS,)),
        "mc.pack~": Ports(count, (CHANNELS,)),
        "mc.unpack~": Ports(1, (SIGNAL,) * count),
        "selector~": Ports(count + 1, (SIGNAL,)),
        "sfplay~": Ports(2, (SIGNAL,) * count + ("bang",)),
        "sfrecord~": Ports(count, (SIGNAL,)),
    }
    if name not in by_count:
        raise ValueError(f"no object of Max that we know: {name!r}")
    return by_count[name]


def words(text: str) -> list[str]:
    """What is written in a box, word by word; quotes hold words together."""
    return list(_read_words(text))


@lru_cache(maxsize=10_000)  # a check asks some ten times for each box
def _read_words(text: str) -> tuple[str, ...]:
    lexer = shlex.shlex(text, posix=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    lexer.quotes = '"'
    return tuple(lexer)


def quoted(name: str) -> str:
    """A name as one word in a box."""
    if not name or set(name) & set(' ,;$"\\\t'):
        return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return name
