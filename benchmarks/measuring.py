"""Shared by the benchmarks: a command line, the machine and the date, clocks, a table, a JSON.

Absolute times depend on the machine and its other users. So times are those of the CPU, medians
of several that take turns, and stand beside a floor that is measured in the same run: the ratio to
it travels from one machine to another.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import fmean, median
from typing import Any, NamedTuple

Row = Mapping[str, Any]
MEGABYTE = 1e6


class Clock(NamedTuple):
    """Seconds: of the CPU, all threads and all processes that were waited for, and on the wall."""

    cpu: float
    wall: float

    @classmethod
    def now(cls) -> Clock:
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = time.process_time() + ended.ru_utime + ended.ru_stime
        return cls(cpu, time.perf_counter())

    def since(self, start: Clock) -> Clock:
        return Clock(self.cpu - start.cpu, self.wall - start.wall)


def command_line(doc: str | None) -> argparse.ArgumentParser:
    """A parser with `--json`; the whole of a program's docstring is its help."""
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="the same for other programs")
    return parser


def machine() -> dict[str, str]:
    """The machine, the versions and the date of a measurement."""
    return {
        "processor": f"{os.cpu_count()} cores of {_processor()}, {platform.system()}",
        "python": platform.python_version(),
        "torch": version("torch"),
        "date": time.strftime("%Y-%m-%d"),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def heading() -> str:
    here = machine()
    return f"{here['processor']}; Python {here['python']}, torch {here['torch']}; {here['date']}"


def show(rows: Sequence[Row], columns: Mapping[str, str]) -> None:
    """Prints a table.

    Args:
        rows: missing values and None are left blank.
        columns: which of their values, and how each is written, as in an f-string (`10.2f`). The
            titles are the keys, with spaces; a number in a format is the least width.
    """
    cells = [[_cell(row.get(key), form) for key, form in columns.items()] for row in rows]
    titles = [key.replace("_", " ") for key in columns]
    widths = [max(map(len, column)) for column in zip(titles, *cells, strict=True)]
    is_left = [form.startswith("<") for form in columns.values()]
    for line in [titles, *cells]:
        aligned = [
            text.ljust(width) if left else text.rjust(width)
            for text, width, left in zip(line, widths, is_left, strict=True)
        ]
        print("  ".join(aligned).rstrip(), flush=True)


def _cell(value: object, form: str) -> str:
    return "" if value is None else format(value, form)


def write(path: Path | None, results: object) -> None:
    """The machine and what was measured, as JSON, if a path is given."""
    if path is not None:
        path.write_text(json.dumps({**machine(), "results": results}, indent=1), encoding="utf-8")


def cpu_seconds(call: Callable[[], object]) -> float:
    """CPU seconds of a call in this process; one that starts others takes a `Clock`."""
    started = time.process_time()
    call()
    return time.process_time() - started


def by_turns(
    calls: Mapping[str, Callable[[int], object]], turns: int, warm_up: int = 0, at_once: int = 1
) -> dict[str, float]:
    """Median CPU seconds of each call, by name. They take turns, so that whatever else the machine
    does falls on all of them; each gets the number of its turn.

    Args:
        turns, warm_up: how many count, and how many before them do not.
        at_once: of calls whose work is done at every so many turns, those to take the mean of.
    """
    spent: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(warm_up + turns):
        for name, call in calls.items():
            started = time.process_time()
            call(turn)
            spent[name].append(time.process_time() - started)
    return {
        name: median(map(fmean, batched(times[warm_up:], at_once))) for name, times in spent.items()
    }


def batched(times: Sequence[float], count: int) -> list[Sequence[float]]:
    """Some at a time, in their order; the last ones may be fewer."""
    return [times[first : first + count] for first in range(0, len(times), count)]


def in_a_process(*arguments: object) -> tuple[Clock, str]:
    """Runs python with these arguments on one thread: what it took, and the last line it printed.

    Raises:
        SystemExit: it failed; with its message.
    """
    started = Clock.now()
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, arguments))} failed:\n{done.stderr}")
    return Clock.now().since(started), (done.stdout.splitlines() or [""])[-1]


def peak_memory_mb() -> float:
    """Peak memory of this process so far, mapped pages of files included."""
    # what the system calls a process's peak may be that of the one that started it
    in_kilobytes = _of_this_process("status", "VmHWM:")
    if in_kilobytes:
        return in_kilobytes / 1000
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MEGABYTE


def private_memory_mb() -> float:
    """Memory of this process without pages of files; nan if the system does not report it."""
    return (_of_this_process("smaps_rollup", "Anonymous:") or float("nan")) / 1000


def _of_this_process(file: str, name: str) -> int | None:
    """A line of Linux's files about processes."""
    try:
        lines = Path(f"/proc/self/{file}").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), None)
