"""Work on all cores, with its progress."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from typing import TypeVar

from vschaos.progress import Progress as Bar

Item = TypeVar("Item")
Result = TypeVar("Result")
IsInterrupted = Callable[[], bool]
SHOWN_AFTER_SECONDS = 1.0


class StoppedError(Exception):
    """Raised by work that was told to stop."""


def on_all_cores(
    work: Callable[[Item, IsInterrupted], Result], items: Iterable[Item]
) -> Iterator[tuple[Item, Result]]:
    """Items and what comes of them, in the order in which they are done.

    Threads do it: what takes long here (reading, decoding, resampling, checksums) runs outside of
    Python. If one fails, or with Ctrl-C, the others are told to stop, and have stopped when the
    error gets out of here.

    Args:
        work: may ask now and then if it shall stop, and raise `StoppedError` then.
    """
    stop = threading.Event()

    def take(item: Item) -> Result:
        if stop.is_set():
            raise StoppedError
        try:
            return work(item, stop.is_set)
        except BaseException:
            stop.set()
            raise

    with ThreadPoolExecutor(num_cores()) as pool:
        try:
            begun = {pool.submit(take, item): item for item in items}
            for future in as_completed(begun):
                with suppress(StoppedError):  # another one failed, and comes yet
                    yield begun[future], future.result()
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)


class Progress:
    """A line that tells how far it is and how long it takes, once it takes more than a second.

    Args:
        what: is being done.
        total: in `unit`s.
        unit: of what is counted.
    """

    def __init__(self, what: str, total: float, unit: str) -> None:
        self._lock = threading.Lock()
        self._bar = Bar(
            desc=what,
            total=total,
            bar_format="{desc}: {percentage:3.0f}% |{bar}| {n:.0f} of {total:.0f} "
            + unit
            + ", {elapsed} gone, {remaining} left",
            delay=SHOWN_AFTER_SECONDS,
            disable=total == 0,
        )

    def __call__(self, amount: float) -> None:
        """So much more is done; any thread may say so."""
        with self._lock:
            self._bar.update(amount)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.close()


def num_cores() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
