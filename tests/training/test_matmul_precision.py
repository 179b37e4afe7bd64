"""Products of matrices are as precise as the settings say, while a model learns and no longer."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tests.training.conftest import Curve
from vschaos.training import train
from vschaos.training.matmul_precision import multiplying


def test_afterwards_all_is_as_before() -> None:
    before = torch.get_float32_matmul_precision()
    with multiplying("high"):
        assert torch.get_float32_matmul_precision() == "high"
    assert torch.get_float32_matmul_precision() == before
    with pytest.raises(KeyError), multiplying("high"):
        raise KeyError
    assert torch.get_float32_matmul_precision() == before


def test_another_word_is_refused() -> None:
    with (
        pytest.raises(
            ValueError, match="matmul_precision must be highest, high, medium, got 'low'"
        ),
        multiplying("low"),
    ):
        pass


def test_products_stay_near_those_of_full_precision() -> None:
    random = torch.Generator().manual_seed(0)
    frames = torch.randn(64, 1025, generator=random)
    weights = torch.randn(1025, 128, generator=random)
    exact = frames.double() @ weights.double()
    with multiplying("medium"):
        error = (frames @ weights - exact).norm() / exact.norm()
    assert error < 4e-3  # factors of 8 bits, the roughest that any processor makes of it


@pytest.mark.parametrize(("given", "expected"), [("medium", "medium"), (None, "highest")])
def test_a_training_takes_its_setting_and_one_from_before_it_none(
    config: dict[str, Any], curve: Curve, given: str | None, expected: str
) -> None:
    seen = []
    curve.events[1] = lambda: seen.append(torch.get_float32_matmul_precision())
    if given is None:
        del config["training"]["matmul_precision"]
    else:
        config["training"]["matmul_precision"] = given
    train(config)
    assert seen == [expected]


def test_a_training_in_bfloat16_learns_and_keeps_its_weights_whole(
    config: dict[str, Any], curve: Curve
) -> None:
    config["trainer"]["precision"] = "bf16-mixed"
    folder = train(config)
    assert folder is not None
    assert len(curve.losses) == 6
    assert all(0.0 < loss < 10.0 for _, loss in curve.losses)
    state = torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
    assert {value.dtype for value in state.values() if value.is_floating_point()} == {torch.float32}
