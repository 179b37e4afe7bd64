"""How much of a training's time may be spent on looking at it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

Seconds = np.ndarray[tuple[int], np.dtype[np.float64]]  # of the processor, of the clock


class Budget:
    """Keeps what is spent below a share of the time that the training itself takes.

    Time is that of the processor (all threads) and that of the clock: neither may pass the share,
    so that it holds beside other programs and with a GPU. What each thing costs is what it cost
    last; until it was tried it is taken to cost nothing. The end of a training is not refused
    anything, so that its cost is kept back from the beginning.

    Args:
        share: 0 to 1.
    """

    def __init__(self, share: float) -> None:
        if not 0.0 <= share <= 1.0:
            raise ValueError(f"training.monitoring.share must be from 0 to 1, {share} came")
        self.limit = share
        self.costs: dict[str, Seconds] = {}
        self._began = _now()
        self._spent = np.zeros(2)

    def begin(self) -> None:
        """The training begins now."""
        self._began = _now()

    def allows(self, thing: str) -> bool:
        """If it may be done now, and the end still be afforded."""
        to_come = self.costs.get(thing, np.zeros(2)) + sum(self.costs.values(), np.zeros(2))
        return bool((self._spent + to_come <= self.limit * self._trained()).all())

    @contextmanager
    def spending(self, thing: str | None = None) -> Iterator[None]:
        """Counts what is done within; something without a name is not done again."""
        before = _now()
        try:
            yield
        finally:
            cost = _now() - before
            self._spent = self._spent + cost
            if thing is not None:
                self.costs[thing] = cost

    @property
    def share(self) -> float:
        """Spent so far, of the time of the training itself."""
        return float((self._spent / self._trained()).max())

    def _trained(self) -> Seconds:
        return np.maximum(_now() - self._began - self._spent, 1e-9)


def _now() -> Seconds:
    return np.array([time.process_time(), time.perf_counter()])
