"""Writes files for users, and backs up those that somebody else wrote or changed."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import tempfile
from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from vschaos.files import nearest_folder, short_name, written_whole

# in each folder of outputs, as sha256sum writes it: a digest and a file's name on each line, the
# last line of a name counts
RECORD = ".vschaos_written"
Identity = tuple[int, int]  # of a disk, and of a file on it
logger = logging.getLogger(__name__)


@contextmanager
def output_file(path: Path) -> Iterator[Path]:
    """Gives a path beside `path` to write to, and renames it to `path` at the end.

    A file at `path` that differs both from what was written here last and from the new one is
    backed up as `NAME.backup.ENDING`, with a warning.

    Raises:
        OSError: it cannot be written; names `path`.
    """
    with written_whole(path) as partial:
        yield partial
        digest = _digest(partial)
        if path.is_file():
            back_up_edited(path, but=digest)
        # before the file itself: if this process is killed in between, a backup too many is made
        _note(path, digest)


def back_up_edited(path: Path, but: str = "") -> Path | None:
    """Backs up a file that differs from what was written here last; returns the backup, if made.

    Args:
        but: the digest of another content that needs no backup.
    """
    digest = _digest(path)
    if digest in (but, _noted(path)):
        return None
    backup = free_backup(path)
    try:
        os.link(path, backup)  # `path` is never missing
    except OSError:  # a disk without hard links
        shutil.copy2(path, backup)
    logger.warning("%s was not as vschaos wrote it: backed up as %s", path, backup.name)
    return backup


def note_outputs(folder: Path, names: Iterable[str]) -> None:
    """Records the present content of files of a folder, named relative to it."""
    for name in names:
        _note(folder / name, _digest(folder / name))


def is_edited(path: Path) -> bool:
    """Whether a file differs from what was written here last."""
    return _digest(path) != _noted(path)


def check_output_folder(folder: Path, setting: str) -> None:
    """Checks that outputs can be written, before the work for them begins.

    Args:
        folder: need not exist yet.
        setting: where to name another folder, for the message.

    Raises:
        ValueError: it is a file, lies in one, or cannot be written.
    """
    _check_path(folder, setting)
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{setting} expects a folder, got the file {folder}")
    check_writable(folder, f"name another folder with {setting}")


def check_writable(folder: Path, advice: str) -> None:
    """Checks that files can be written to a folder, which need not exist yet.

    Args:
        advice: what to do if not, for the message.

    Raises:
        ValueError: they cannot.
    """
    try:
        with tempfile.TemporaryFile(dir=nearest_folder(folder)):
            pass
    except OSError as error:
        raise ValueError(f"{folder} cannot be written ({error.strerror}): {advice}") from error


def check_output_file(path: Path, setting: str, inputs: Container[Identity] = ()) -> None:
    """Checks that one file can be written, and is none of the inputs, also through links.

    Args:
        inputs: as `identities` gives them.

    Raises:
        ValueError: it is a folder, lies in a file, cannot be written, or is an input.
    """
    _check_path(path, setting)
    if path.is_dir():
        raise ValueError(f"{setting} expects a file to write, got the folder {path}")
    if any(identity in inputs for identity in identities([path])):
        raise ValueError(
            f"{setting} expects another file than the input, got {path}: it would be lost"
        )
    check_writable(path.parent, f"name another place with {setting}")


def identities(paths: Iterable[Path]) -> set[Identity]:
    """Disk and number of each existing file, the same for all paths and links to it."""
    there = [path.stat() for path in paths if path.exists()]
    return {(about.st_dev, about.st_ino) for about in there}


def _check_path(path: Path, setting: str) -> None:
    there = next((part for part in path.absolute().parents if os.path.lexists(part)), None)
    if there is not None and there != nearest_folder(path.absolute().parent):
        raise ValueError(f"{setting} expects a path within folders, got {path}: {there} is a file")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _noted(path: Path) -> str:
    """The digest of a file as it was written here last; empty if unknown."""
    try:
        record = b"\n" + (path.parent / RECORD).read_bytes()
    except OSError:
        return ""
    end = record.rfind(b"  " + os.fsencode(path.name) + b"\n")
    start = record.rfind(b"\n", 0, max(end, 0)) + 1
    digest = record[start:end] if end >= 0 else b""
    return digest.decode("ascii", "replace") if len(digest) == 64 else ""


def _note(path: Path, digest: str) -> None:
    """Appends a line, as several processes may write to one folder at once.

    Some files are not recorded, so they are backed up each time: those with a newline in their
    names, and those whose record is a link, which may lead anywhere.
    """
    record = path.parent / RECORD
    if _noted(path) == digest or b"\n" in os.fsencode(path.name) or record.is_symlink():
        return
    with record.open("ab") as lines:
        lines.write(digest.encode() + b"  " + os.fsencode(path.name) + b"\n")


def free_backup(path: Path) -> Path:
    """`NAME.backup.ENDING` beside a path, or the first free `NAME.backup_2.ENDING`, ...."""
    number = 1
    while True:
        ending = f".backup{f'_{number}' if number > 1 else ''}{path.suffix}"
        backup = path.with_name(short_name(path.stem, ending))
        if not os.path.lexists(backup):
            return backup
        number += 1
