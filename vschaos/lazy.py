"""Rooms whose names are imported when they are first used, so that `--help` need not wait."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module


def lazily(package: str, names: Sequence[str], *modules: str) -> Callable[[str], object]:
    """A `__getattr__` for a package whose names come from modules that take long to import.

    `python -m package` imports the package before it can print a word of help, and torch alone
    takes seconds.

    Args:
        package: its name.
        names: what it offers, its `__all__`.
        modules: of the package, in which they are found.
    """

    def find(name: str) -> object:
        for module in modules if name in names else ():
            found = vars(import_module(f"{package}.{module}")).get(name)
            if found is not None:
                return found
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return find
