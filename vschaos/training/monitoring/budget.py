"""The share of a training's time that monitoring may take."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

Seconds = np.ndarray[tuple[int], np.dtype[np.float64]]  # of the processor, elapsed


class Budget:
    """Keeps the time of monitoring below a share of the time that the training itself takes.

    Processor time (all threads) and elapsed time are measured, and neither may exceed the share, so
    that it holds beside other programs and with a GPU. The cost of each task is estimated by its
    last one, at first by nothing. At the end of a training everything is done, so that its cost is
    reserved from the beginning.

    Args:
        share: 0 to 1.
    """

    def __init__(self, share: float) -> None:
        if not 0.0 <= share <= 1.0:
            raise ValueError(f"training.monitoring.share must be from 0 to 1, got {share}")
        self.limit = share
        self.costs: dict[str, Seconds] = {}
        self._began = _now()
        self._spent = np.zeros(2)

    def begin(self) -> None:
        """Starts the clock of the training."""
        self._began = _now()

    def allows(self, task: str) -> bool:
        """Whether a task may be done now, with enough left for the end."""
        to_come = self.costs.get(task, np.zeros(2)) + sum(self.costs.values(), np.zeros(2))
        return bool((self._spent + to_come <= self.limit * self._trained()).all())

    @contextmanager
    def spending(self, task: str | None = None) -> Iterator[None]:
        """Measures a block; one without a name is not repeated."""
        before = _now()
        try:
            yield
        finally:
            cost = _now() - before
            self._spent = self._spent + cost
            if task is not None:
                self.costs[task] = cost

    @property
    def share(self) -> float:
        """Spent so far, relative to the time of the training itself."""
        return float((self._spent / self._trained()).max())

    def _trained(self) -> Seconds:
        return np.maximum(_now() - self._began - self._spent, 1e-9)


def _now() -> Seconds:
    return np.array([time.process_time(), time.perf_counter()])
