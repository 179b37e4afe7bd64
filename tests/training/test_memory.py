"""The memory of a training does not grow."""

from __future__ import annotations

import math
from typing import Any

import pytest
from measuring import private_memory_mb

from tests.training.conftest import Curve
from vschaos.training import train

WARM_UP, STEPS = 50, 200
ALLOWED_MB = 4.0  # 20 kB a step, where a batch has 32; the allocator's own comes and goes


@pytest.mark.slow
def test_two_hundred_steps_take_no_more_memory_than_fifty(
    config: dict[str, Any], curve: Curve
) -> None:
    if math.isnan(private_memory_mb()):
        pytest.skip("only Linux tells what memory is a process's own")
    found: list[float] = []
    for step in (WARM_UP, WARM_UP + STEPS):
        curve.events[step] = lambda: found.append(private_memory_mb())
    config["data"]["loading"]["batches_per_epoch"] = WARM_UP + STEPS + 1
    config["trainer"]["max_steps"] = WARM_UP + STEPS + 1
    train(config)
    before, after = found
    assert after - before < ALLOWED_MB
