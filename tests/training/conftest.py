"""A tiny training, and its curve."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch

from tests.test_configs import TINY, composed
from vschaos.batch import Batch
from vschaos.training.learner import Learner


class Curve(NamedTuple):
    """What a training goes through.

    Attributes:
        losses: by step, in order.
        events: what happens at the beginning of a step, once.
    """

    losses: list[tuple[int, float]]
    events: dict[int, Callable[[], object]]


@pytest.fixture
def config(dataset: Path, tmp_path: Path) -> dict[str, Any]:
    """Two epochs of three steps."""
    return composed(
        "dgt_small",
        "name=run",
        f"rundir={tmp_path / 'runs'}",
        f"data.dataset.root={dataset}",
        *TINY,
    )


@pytest.fixture
def curve(monkeypatch: pytest.MonkeyPatch) -> Curve:
    """Of all trainings in a test."""
    found = Curve([], {})
    take_step = Learner.training_step

    def recorded(self: Learner, batch: Batch, batch_index: int) -> torch.Tensor:
        found.events.pop(self.global_step, lambda: None)()
        loss = take_step(self, batch, batch_index)
        found.losses.append((self.global_step, loss.item()))
        return loss

    monkeypatch.setattr(Learner, "training_step", recorded)
    return found


def kept(folder: Path, checkpoint: str = "last") -> dict[str, Any]:
    """What of a checkpoint hangs on the training alone: weights, optimiser, step, schedule."""
    state = torch.load(folder / "checkpoints" / f"{checkpoint}.ckpt", weights_only=True)
    names = ("state_dict", "optimizer_states", "lr_schedulers", "global_step", "epoch")
    return {name: state[name] for name in names}


def assert_same(found: Any, expected: Any, where: str = "checkpoint") -> None:
    """Bit by bit, tensors within mappings and lists too."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys(), where
        for key in expected:
            assert_same(found[key], expected[key], f"{where}.{key}")
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected), where
        for index, (one, other) in enumerate(zip(found, expected, strict=True)):
            assert_same(one, other, f"{where}[{index}]")
    elif isinstance(expected, torch.Tensor):
        assert torch.equal(found, expected), where
    else:
        assert found == expected, where
