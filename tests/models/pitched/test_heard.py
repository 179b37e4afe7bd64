"""Differences of levels and of shapes, as a training counts them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from vschaos.models.pitched.heard import level_difference, shape_difference

MEANT = torch.tensor([1.0, 0.3, 0.1, 1e-4])[None, :, None].repeat(1, 1, 2)
ALL = torch.ones(1, 2, dtype=torch.bool)


def times(decibels: list[float]) -> Tensor:
    return MEANT * 10 ** (torch.tensor(decibels)[None, :, None] / 20)


def test_a_shape_has_no_level_and_no_weak_partials() -> None:
    assert float(shape_difference(times([-6.0] * 4), MEANT, ALL)) == pytest.approx(0.0, abs=1e-9)
    weak = times([0.0, 0.0, 0.0, 40.0])  # 80 dB below the strongest
    assert float(shape_difference(weak, MEANT, ALL)) == pytest.approx(0.0, abs=1e-9)
    off = times([3.0, -3.0, 0.0, 0.0])
    assert float(shape_difference(off, MEANT, ALL)) == pytest.approx(0.06)  # (9 + 9) / 3 / 100


def test_only_frames_that_count_count() -> None:
    made = MEANT.clone()
    made[:, 0, 1] *= 5.0
    assert shape_difference(made, MEANT, ALL) > 0.01
    first = torch.tensor([[True, False]])
    assert float(shape_difference(made, MEANT, first)) == pytest.approx(0.0, abs=1e-9)
    assert float(shape_difference(made, MEANT, ~ALL)) == pytest.approx(0.0, abs=1e-9)
    silent = shape_difference(made, 0 * MEANT, ALL)
    assert float(silent) == pytest.approx(0.0, abs=1e-9)


def test_silence_has_slopes_that_are_finite() -> None:
    made = (0 * MEANT).requires_grad_()
    shape_difference(made, MEANT, ALL).backward()
    assert made.grad is not None
    assert made.grad.isfinite().all()


def test_weak_partials_count_by_as_much_as_is_said() -> None:
    floor, there = torch.full([1, 1, 2], 1e-3), torch.ones(1, 4, 2, dtype=torch.bool)
    weak, strong = times([0.0, 0.0, 20.0, 0.0]), times([20.0, 0.0, 0.0, 0.0])
    shares = [
        level_difference(weak, MEANT, floor, there, least)
        / level_difference(strong, MEANT, floor, there, least)
        for least in (0.1, 2.0)
    ]
    assert shares[0] < shares[1] < 1.05
