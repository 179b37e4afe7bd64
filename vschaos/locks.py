"""Files and folders that a process holds until it lets go or ends, however it ends."""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, where nothing is held
    fcntl = None  # type: ignore[assignment]

PAUSE_SECONDS = 0.05  # between two checks of what another process writes


class BusyError(Exception):
    """Another process or thread is writing that file."""


class Lock:
    """A file or a folder to be held, by one process alone or by several together.

    Forked processes hold it as well, unless `is_of_one_process`. Where nothing can be held
    (Windows, some disks of a network, a folder that cannot be written) everybody seems to hold it.

    Args:
        path: of the folder, or of the file, which is made if it is not there.
        is_of_one_process: processes forked from this one may outlive it, and hold nothing.

    Attributes:
        is_held: the system keeps others from taking it.
    """

    def __init__(self, path: Path, is_of_one_process: bool = False) -> None:
        self.path = path
        self.is_held = False
        self._handle = -1
        if is_of_one_process:
            _OF_ONE_PROCESS.add(self)
        with suppress(OSError):
            if path.is_dir():
                self._handle = os.open(path, os.O_RDONLY)
                return
            path.parent.mkdir(parents=True, exist_ok=True)
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)

    def take(self, is_shared: bool = False, waits: bool = False) -> bool:
        """Whether it is held now: alone, or together with others that share it."""
        if fcntl is None or self._handle < 0:
            return True
        kind = fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX
        try:
            fcntl.flock(self._handle, kind if waits else kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True
        self.is_held = True
        return True

    @property
    def is_there(self) -> bool:
        """Whether its file is still the one that others would hold."""
        try:
            return self._handle < 0 or os.path.samestat(os.fstat(self._handle), self.path.stat())
        except FileNotFoundError:
            return False

    def let_go(self, removes: bool = False) -> None:
        """For others to take; with `removes` the file goes as well."""
        if self._handle < 0:
            return
        with suppress(OSError):
            if removes and self.is_there:
                self.path.unlink()
        os.close(self._handle)
        self._handle, self.is_held = -1, False

    def __del__(self) -> None:
        self.let_go()


@contextmanager
def claimed(path: Path, waits: bool, is_interrupted: Callable[[], bool]) -> Iterator[None]:
    """Claims a file that is going to be written, or that another process may have written.

    Args:
        waits: until another one lets go of it.

    Raises:
        BusyError: another one holds it, and `waits` is not set or it is time to stop.
    """
    while True:
        lock = Lock(path.with_suffix(".lock"))
        if lock.take() and lock.is_there:  # else the one who held it before has removed it
            break
        lock.let_go()
        if not waits or is_interrupted():
            raise BusyError(str(path))
        time.sleep(PAUSE_SECONDS)
    try:
        yield
    finally:
        lock.let_go(removes=True)


_OF_ONE_PROCESS: weakref.WeakSet[Lock] = weakref.WeakSet()


def _let_go_in_a_fork() -> None:
    for lock in list(_OF_ONE_PROCESS):
        lock.let_go()  # closes this process's handle; the lock is held by the other's


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go_in_a_fork)
