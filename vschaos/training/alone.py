"""A lock on a run folder, for one training at a time."""

from __future__ import annotations

from pathlib import Path

from vschaos.locks import Lock


class Alone:
    """Locks the folder of a run while it is trained. The system releases the lock however the
    training ends, so that a kill leaves nothing behind.

    Args:
        is_first: of the processes that train together; the others hold nothing.
    """

    def __init__(self, is_first: bool) -> None:
        self.is_first = is_first
        self._locks: dict[Path, Lock] = {}

    def hold(self, folder: Path) -> None:
        """Keeps others from training it.

        Raises:
            ValueError: another training does.
        """
        if not self.is_first or folder in self._locks:
            return
        # the loader's workers may live on for seconds after a kill
        lock = Lock(folder, is_of_one_process=True)
        if not lock.take():
            raise ValueError(
                f"{folder} is being trained by another process: wait for its end or stop it, "
                "or begin another run without resume=true"
            )
        self._locks[folder] = lock

    def __enter__(self) -> Alone:
        return self

    def __exit__(self, *error: object) -> None:
        for lock in self._locks.values():
            lock.let_go()
