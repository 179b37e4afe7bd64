"""Lists the files below a folder: follows links once, and recognises folders that vschaos made."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

MARK = ".vschaos"  # a file in each folder of sounds that vschaos makes
MARK_TEXT = "vschaos made the files in this folder: they are left out where it looks for sounds.\n"
RUN_FILES = ("config.yaml", "split.json")  # by which a run's folder is known without a mark


class Listing(NamedTuple):
    """The content of a folder, hidden entries left out.

    Attributes:
        files: in sorted order, each of them once.
        again: links to files or folders that are already listed, or to a folder above.
        made: folders that vschaos made, whose files are left out.
    """

    files: list[Path]
    again: list[Path]
    made: list[Path]


def mark_as_made(folder: Path) -> None:
    """Marks a folder, if it exists, as made by vschaos."""
    if folder.is_dir() and not (folder / MARK).exists():
        with suppress(OSError):
            (folder / MARK).write_text(MARK_TEXT, encoding="utf-8")


def is_made(folder: Path) -> bool:
    """Whether vschaos made the content of a folder."""
    marked = (folder / MARK).is_file()
    return marked or all((folder / name).is_file() for name in RUN_FILES)


def list_files(folder: Path, skips_made: bool = False) -> Listing:
    """All files below a folder.

    Args:
        folder: is listed itself, even if vschaos made it.
        skips_made: whether folders below it that vschaos made are left out.
    """
    walk = _Walk(folder, skips_made)
    walk.folders(folder)
    for path in walk.links:  # those in linked folders are added meanwhile
        real = os.path.realpath(path)
        if walk.leads_back(real) or real in walk.visited:
            walk.again.append(path)
        else:
            walk.folders(path)
    for path in sorted(walk.linked_files):
        real = os.path.realpath(path)
        if real in walk.files:
            walk.again.append(path)
        else:
            walk.files[real] = path
    return Listing(sorted(walk.files.values()), sorted(walk.again), sorted(walk.made))


class _Walk:
    """The entries found so far; real folders come before links, which may lead to them."""

    def __init__(self, folder: Path, skips_made: bool) -> None:
        self.root = os.path.realpath(folder)
        self.skips_made = skips_made
        self.files: dict[str, Path] = {}  # by their real path
        self.linked_files: list[Path] = []
        self.links: list[Path] = []
        self.again: list[Path] = []
        self.made: list[Path] = []
        self.visited: set[str] = set()

    def folders(self, first: Path) -> None:
        """A folder and the real ones below it."""
        pending = [first]
        while pending:
            folder = pending.pop()
            real = os.path.realpath(folder)
            if real in self.visited:
                continue
            self.visited.add(real)
            with suppress(OSError):  # it may not be read
                for entry in os.scandir(folder):
                    if (path := self._take(entry, real)) is not None:
                        pending.append(path)

    def _take(self, entry: os.DirEntry[str], real: str) -> Path | None:
        """Records an entry; returns it if it is a real folder to list."""
        path = Path(entry.path)
        if entry.name.startswith("."):
            return None
        if entry.is_dir():
            if self.skips_made and is_made(path):
                self.made.append(path)
            elif entry.is_symlink():
                self.links.append(path)
            else:
                return path
        elif entry.is_symlink():
            self.linked_files += [path] if path.is_file() else []
        elif entry.is_file():
            self.files[str(Path(real) / entry.name)] = path
        return None

    def leads_back(self, real: str) -> bool:
        """Whether a folder is the root, or around it, or among those below it that are listed."""
        if Path(self.root).is_relative_to(real):
            return True
        below = Path(real).is_relative_to(self.root)
        return below and not any(
            part.startswith(".") for part in Path(real).relative_to(self.root).parts
        )
