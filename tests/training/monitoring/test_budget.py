"""Monitoring stays below its share of the time, and the end is always shown."""

from __future__ import annotations

import numpy as np
import pytest

from vschaos.training.monitoring import budget as module
from vschaos.training.monitoring.budget import Budget


class Clock:
    """Of processor and wall."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.time = np.zeros(2)
        monkeypatch.setattr(module, "_now", lambda: self.time.copy())

    def run(self, cpu: float, wall: float) -> None:
        self.time += (cpu, wall)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def spend(budget: Budget, clock: Clock, thing: str, cpu: float, wall: float) -> None:
    with budget.spending(thing):
        clock.run(cpu, wall)


def test_what_costs_too_much_waits_until_the_training_is_long_enough(clock: Clock) -> None:
    budget = Budget(0.1)
    budget.begin()
    clock.run(10, 10)
    assert budget.allows("picture")
    spend(budget, clock, "picture", 1, 1)
    assert not budget.allows("picture")
    clock.run(19, 19)
    assert not budget.allows("picture")  # it, and once more at the end
    clock.run(1, 1)
    assert budget.allows("picture")
    assert budget.share == pytest.approx(1 / 30)


def test_processor_and_elapsed_time_stay_below_the_share(clock: Clock) -> None:
    budget = Budget(0.1)
    budget.begin()
    clock.run(100, 1000)
    spend(budget, clock, "sound", 5, 5)
    assert not budget.allows("sound")
    clock.run(50, 0)
    assert budget.allows("sound")


def test_the_share_is_kept_to_whatever_the_costs(clock: Clock) -> None:
    budget = Budget(0.05)
    budget.begin()
    random = np.random.default_rng(0)
    things = {"a": 0.3, "b": 1.0, "c": 0.2}
    for _ in range(40):
        clock.run(10, 10)
        for thing, cost in things.items():
            if budget.allows(thing):
                spend(budget, clock, thing, *cost * random.uniform(0.8, 1.2, 2))
    for thing, cost in things.items():  # the end
        spend(budget, clock, thing, cost, cost)
    assert 0.035 < budget.share < 0.055


@pytest.mark.parametrize("share", [-0.1, 5])
def test_a_share_is_between_none_and_all(share: float) -> None:
    with pytest.raises(ValueError, match=r"training\.monitoring\.share"):
        Budget(share)
