"""Work in parallel processes, which end with the one that started them, however it ends."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TypeVar

from vschaos.data.parallel import num_cores

Item = TypeVar("Item")
Result = TypeVar("Result")


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
            "what the others had computed is kept, start again to go on"
        ) from error
    finally:
        lifeline.close()
        pool.shutdown(cancel_futures=True)
        watched.close()


def _begin(watched: Connection) -> None:
    """In each process: leaves signals to the one that started it, and ends when that one does."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # Windows has fewer
            signal.signal(signal.Signals[name], signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(watched,), daemon=True).start()


def _end_with(watched: Connection) -> None:
    watched.poll(None)  # nothing is ever sent: this returns when the other end is closed
    os._exit(1)  # files are whole or not there, so nothing has to be cleaned up
