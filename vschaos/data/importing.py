"""Where sounds are imported to: room enough, and nothing left of imports that were killed."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from vschaos.audio import UnusableAudioError, duration_seconds

try:
    import fcntl
except ImportError:  # Windows, where leftovers stay until the cache is deleted
    fcntl = None  # type: ignore[assignment]

FILES_ASKED = 100  # headers are read of that many, the others guessed by their size
BYTES_PER_SAMPLE = 4
BEGINNING_SECONDS = 10.0  # in which a folder may be there and not yet held
MARK = ".partial-"


def room_for(paths: Sequence[Path], sample_rate: int) -> int:
    """Bytes that sounds take once imported, about: one channel, float32, at `sample_rate` Hz."""
    sizes = np.array([path.stat().st_size for path in paths], dtype=float)
    asked = np.unique(np.linspace(0, len(paths) - 1, FILES_ASKED).round().astype(int))
    seconds = 0.0
    for index in asked:
        with suppress(UnusableAudioError):  # told when it is imported
            seconds += duration_seconds(paths[index])
    by_size = sizes.sum() / max(sizes[asked].sum(), 1.0)
    return int(seconds * by_size * sample_rate) * BYTES_PER_SAMPLE


@contextmanager
def partial_folder(folder: Path) -> Iterator[Path]:
    """A new folder beside `folder`, to be renamed to it; removed if it was not.

    Such folders whose processes were killed are removed before.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    _clear(folder.parent)
    partial = Path(tempfile.mkdtemp(prefix=f"{folder.name}{MARK}", dir=folder.parent))
    handle = _hold(partial)
    try:
        yield partial
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        if handle is not None:
            os.close(handle)


def _clear(cache: Path) -> None:
    for partial in cache.glob(f"*{MARK}*"):
        with suppress(OSError):  # another process clears it too
            if time.time() - partial.stat().st_mtime < BEGINNING_SECONDS:
                continue
            handle = _hold(partial)
            if handle is not None:
                shutil.rmtree(partial, ignore_errors=True)
                os.close(handle)


def _hold(folder: Path) -> int | None:
    """A handle by which no other process can hold the folder, until it is closed or the process
    ends, however it does; None if another one has it, or it cannot be held."""
    if fcntl is None:
        return None
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle
