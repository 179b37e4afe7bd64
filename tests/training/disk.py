"""What a kill may leave: the disk as it is before each change that a process makes to it."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

CHANGES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate")
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
UNREPEATABLE = "logs"  # written by threads, with the time in them

_witnesses: list[Witness] = []


class Left(NamedTuple):
    """What a kill left.

    Attributes:
        before: the change that did not come about any more.
        folder: a copy of the one that was watched.
    """

    before: str
    folder: Path


class Witness:
    """Copies a folder as it is before each change to it, unless it was so before.

    A file that is about to be renamed is left half written.

    Args:
        watched: the folder.
        copies: where to copy it to.
    """

    def __init__(self, watched: Path, copies: Path) -> None:
        self.watched = watched
        self.copies = copies
        self.left: list[Left] = []
        self._seen: set[bytes] = set()

    def see(self, event: str, path: Path) -> None:
        is_inside = path.is_relative_to(self.watched) or not path.is_absolute()
        if (event == "open" and path.suffix == ".partial") or not is_inside:
            return  # it is seen as it is renamed
        half = path if event == "os.rename" and path.is_file() else None
        content = self._digest(half)
        if content in self._seen:
            return
        self._seen.add(content)
        copy = self.copies / str(len(self.left))
        shutil.copytree(self.watched, copy)
        if half:
            os.truncate(copy / path.relative_to(self.watched), path.stat().st_size // 2)
        name = path.relative_to(self.watched) if path.is_absolute() else path
        self.left.append(Left(f"{event} {name}", copy))

    def _digest(self, half: Path | None) -> bytes:
        digest = hashlib.sha256(str(half).encode())
        for path in sorted(self.watched.rglob("*")):
            digest.update(f"\0{path}\0".encode())
            if path.is_file() and path.parent.name != UNREPEATABLE:
                digest.update(path.read_bytes())
        return digest.digest()


@contextmanager
def witnessed(watched: Path, copies: Path) -> Iterator[list[Left]]:
    """Gives all that kills within it would leave of a folder."""
    _listen()
    witness = Witness(watched, copies)
    _witnesses.append(witness)
    try:
        yield witness.left
    finally:
        _witnesses.clear()


@cache
def _listen() -> None:
    sys.addaudithook(_tell)  # once: there is no way to take it away again


def _tell(event: str, given: tuple[Any, ...]) -> None:
    if not _witnesses or event not in (*CHANGES, "open"):
        return
    if threading.current_thread() is not threading.main_thread():  # those write logs
        return
    if not isinstance(given[0], str | Path) or (event == "open" and not given[2] & WRITES):
        return
    witness = _witnesses.pop()  # whose own changes are not to be seen
    try:
        witness.see(event, Path(given[0]))
    finally:
        _witnesses.append(witness)
