"""Work on all cores, in threads or in processes, with its progress."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TypeVar

from vschaos.progress import Progress as Bar

Item = TypeVar("Item")
Result = TypeVar("Result")
IsInterrupted = Callable[[], bool]
SHOWN_AFTER_SECONDS = 1.0


class StoppedError(Exception):
    """Raised by work that is to stop."""


def on_all_cores(
    work: Callable[[Item, IsInterrupted], Result], items: Iterable[Item]
) -> Iterator[tuple[Item, Result]]:
    """Items and their results, in the order in which they are done.

    Threads do it: what takes long here (reading, decoding, resampling, checksums) runs outside of
    Python. If one fails, or with Ctrl-C, the others are stopped, and have stopped when the
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


def in_processes(
    work: Callable[[Item], Result], items: Sequence[Item], num_processes: int | None = None
) -> Iterator[tuple[Item, Result]]:
    """Items and their results, in the order in which they are done.

    Processes rather than threads: features are Python code of any kind, which may hold the
    interpreter's lock. They are started anew (`spawn`), since a fork of a process that has torch's
    threads can hang. If an item fails, or with Ctrl-C, all of them end at once.

    Args:
        work: a function of a module, or a partial of one.
        num_processes: by default as many as there are cores; with 1, or with one item, the work is
            done in this process.

    Raises:
        ChildProcessError: a process was killed, by the system for want of memory for instance.
    """
    count = min(num_processes or num_cores(), len(items))
    if count <= 1:
        for item in items:
            yield item, work(item)
        return
    context = get_context("spawn")
    watched, lifeline = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(count, context, initializer=_begin, initargs=(watched,))
    try:
        begun = {pool.submit(work, item): item for item in items}
        for future in as_completed(begun):
            yield begun[future], future.result()
        pool.shutdown()
    except BrokenProcessPool as error:
        raise ChildProcessError(
            "a process that computes features was killed, perhaps for want of memory: "
            "what the others had computed is cached, start again to resume"
        ) from error
    finally:
        lifeline.close()
        pool.shutdown(cancel_futures=True)
        watched.close()


def share_work(
    run: Callable[
        [Callable[..., Result | None], Iterable[Item]], Iterator[tuple[Item, Result | None]]
    ],
    work: Callable[..., Result | None],
    items: Sequence[Item],
) -> Iterator[tuple[Item, Result]]:
    """Items and their results, of work that other processes may be doing just now: what they do is
    left to them, and waited for at the end, since they may yet fail or be killed.

    Args:
        run: `on_all_cores` or `in_processes`.
        work: also takes `waits`; unless that is set, it returns None for what another process does.
    """
    for waits in (False, True):
        busy = []
        for item, result in run(partial(work, waits=waits), items):
            if result is None:
                busy.append(item)
            else:
                yield item, result
        items = busy


def _begin(watched: Connection) -> None:
    """In each process: leaves signals to the one that started it, and ends when that one does."""
    ignore_signals()
    threading.Thread(target=_end_with, args=(watched,), daemon=True).start()


def ignore_signals(worker: int = 0) -> None:
    """In a process that works for another: Ctrl-C at a terminal reaches both, but the other one
    ends it."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # Windows has fewer
            signal.signal(signal.Signals[name], signal.SIG_IGN)


def _end_with(watched: Connection) -> None:
    watched.poll(None)  # nothing is ever sent: this returns when the other end is closed
    os._exit(1)  # files are whole or not there, so nothing has to be cleaned up


class Progress:
    """A progress line with the time left, shown once work takes more than a second.

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
