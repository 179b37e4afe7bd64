"""Writes files and folders whole or not at all, and checks the room for them."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vschaos.locks import Lock

PARTIAL = ".partial"  # of files and folders that are being written, or whose process was killed
BEGINNING_SECONDS = 10.0  # in which a folder may exist and not yet be locked
LONGEST_NAME = 255  # bytes, of a file or a folder, on the disks of today


@contextmanager
def written_whole(path: Path, is_durable: bool = False) -> Iterator[Path]:
    """Yields a path beside `path` to write to, and renames it to `path` at the end.

    If writing fails (a full disk, Ctrl-C), `path` stays as it was.

    Args:
        path: of the file.
        is_durable: whether it is flushed to the disk before it replaces the old file, so that a
            power failure leaves one of the two.

    Raises:
        OSError: it cannot be written; names `path`.
    """
    partial = path.with_name(short_name(path.name, PARTIAL))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)  # a link that lies there would be written through
        yield partial
        if is_durable:
            _sync(partial)
        partial.replace(path)
        if is_durable:
            _sync(path.parent)
    except OSError as error:
        if error.errno is not None and error.filename is None:  # of a write, which knows no name
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def partial_folder(folder: Path) -> Iterator[Path]:
    """Yields a new folder beside `folder`, to be renamed to it; removes it if it was not.

    First removes such folders of processes that were killed.
    """
    _clear(folder.parent)
    partial = folder.with_name(f".{folder.name}{PARTIAL}-{uuid.uuid4().hex[:8]}")
    partial.mkdir(parents=True)
    lock = Lock(partial)
    lock.take()
    try:
        yield partial
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        lock.let_go()


@contextmanager
def folder_written_whole(folder: Path, entries: Collection[str]) -> Iterator[Path]:
    """Yields an empty folder beside `folder` to write to, and replaces `folder` by it at the end.

    If writing fails (a full disk, Ctrl-C), `folder` stays as it was.

    Args:
        folder: an earlier output of the same program is replaced.
        entries: names of all that the program may write to it.

    Raises:
        ValueError: something else lies there.
    """
    check_only(folder, entries)
    before = folder.with_name(f"{folder.name}.before")
    with partial_folder(folder) as partial:
        yield partial
        _remove(before)
        if folder.exists():
            folder.replace(before)
        partial.replace(folder)
        _remove(before)


def check_only(folder: Path, entries: Collection[str]) -> None:
    """Refuses a folder in which anything but `entries` lies.

    Raises:
        ValueError: something else lies in it, or it is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file, a folder is written: take another --out")
    strange = [there.name for there in folder.glob("*") if there.name not in entries]
    if strange:
        raise ValueError(
            f"{folder} holds {sorted(strange)[0]}, which would be lost: take another --out"
        )


def short_name(name: str, ending: str = "") -> str:
    """The name of a file, `ending` added, that a disk takes: one of more than 255 bytes loses its
    end for a digest of it, the same for the same name.

    >>> short_name("a", ".wav")
    'a.wav'
    >>> len(short_name(200 * "夏", ".wav").encode()) <= 255
    True
    """
    room = LONGEST_NAME - len(os.fsencode(ending))
    if len(os.fsencode(name)) <= room:
        return f"{name}{ending}"
    digest = f"~{hashlib.sha256(os.fsencode(name)).hexdigest()[:8]}"
    short = name
    while len(os.fsencode(short)) > room - len(digest):
        short = short[:-1]
    return f"{short}{digest}{ending}"


def _remove(folder: Path) -> None:
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    elif folder.is_dir():
        shutil.rmtree(folder)


def check_room(folder: Path, num_bytes: int, content: str, setting: str) -> None:
    """Refuses a folder that cannot be written, or whose disk is too full.

    Args:
        folder: need not exist yet.
        num_bytes: to be written.
        content: a name for them, for the message.
        setting: where to name another folder, for the message.

    Raises:
        ValueError: it cannot be written, or is too full.
    """
    there = nearest_folder(folder)
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        raise ValueError(f"{setting}={folder} cannot be written: {error.strerror}") from error
    free = shutil.disk_usage(there).free
    if num_bytes > free:
        raise ValueError(
            f"{content} need {_megabytes(num_bytes)}, {_megabytes(free)} are free in {there}: "
            f"make room, or name another folder with {setting}=..."
        )


def nearest_folder(path: Path) -> Path:
    """`path`, or the nearest of its parents that exists."""
    path = path.absolute()
    return next(there for there in (path, *path.parents) if there.is_dir())


def _megabytes(num_bytes: int) -> str:
    return f"{num_bytes / 1e6:,.0f} MB"


def _clear(folder: Path) -> None:
    for partial in folder.glob(f"*{PARTIAL}-*"):
        with suppress(OSError):  # another process clears it too
            if time.time() - partial.stat().st_mtime < BEGINNING_SECONDS:
                continue
            lock = Lock(partial)
            if lock.take() and lock.is_held:  # else it stays until somebody deletes it
                shutil.rmtree(partial, ignore_errors=True)
            lock.let_go()


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return  # Windows has no handle of a folder
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
