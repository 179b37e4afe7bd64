"""What a network says of a knob: where it is likely to be, and what is learnt of it."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from vschaos.instrument.synthesiser import CONTINUOUS, STEPPED, Knob
from vschaos.models.matching.heads import NUM_BINS, Heads


def knob(name: str, *classes: str) -> Knob:
    kind = STEPPED if classes else CONTINUOUS
    return Knob(name, "", kind, classes, lambda position: position, lambda value: value)


CUTOFF, DRIVE, WAVE = knob("cutoff"), knob("drive"), knob("wave", "sine", "saw", "pulse")
IS_ON, FIRST_STEP = 2 * NUM_BINS, 2 * NUM_BINS + 1  # in the outputs


@pytest.fixture(scope="module")
def heads() -> Heads:
    return Heads([CUTOFF, DRIVE, WAVE], {"drive": 0.0})


def outputs(heads: Heads, rows: int = 1) -> Tensor:
    """That say nothing: all is as likely."""
    return torch.zeros(rows, heads.num_outputs)


def test_what_is_likeliest_is_the_median_or_a_step(heads: Heads) -> None:
    said = outputs(heads)
    assert heads.likeliest(said)[0, 0] == pytest.approx(0.5)
    said[0, 4] = said[0, 5] = 50.0  # two bins of the cutoff, from .2 to .3
    said[0, IS_ON], said[0, FIRST_STEP + 2] = 3.0, 1.0
    found = heads.likeliest(said)[0]
    assert found.tolist() == pytest.approx([0.25, 0.5, 1.0], abs=1e-4)
    said[0, IS_ON] = -3.0
    assert heads.likeliest(said)[0, 1] == 0.0  # off


def test_draws_have_the_chances_that_were_said(heads: Heads) -> None:
    rows = 4000
    said = outputs(heads, rows)
    said[:, IS_ON], said[:, FIRST_STEP] = math.log(3.0), math.log(2.0)
    uniform = torch.rand([rows, 3, 2], generator=torch.Generator().manual_seed(0))
    drawn = heads.positions(said, uniform)
    # three standard errors of a share of 4,000 draws are .024 at most
    assert float((drawn[:, 1] > 0.0).float().mean()) == pytest.approx(0.75, abs=0.024)
    assert float((drawn[:, 2] == 0.0).float().mean()) == pytest.approx(0.5, abs=0.024)
    assert float((drawn[:, 0] < 0.3).float().mean()) == pytest.approx(0.3, abs=0.024)


def test_a_knob_that_no_sound_tells_stays() -> None:
    heads = Heads([CUTOFF, WAVE], held={"cutoff": 0.3})
    assert heads.num_outputs == 3
    assert heads.likeliest(torch.zeros(2, 3))[:, 0].tolist() == pytest.approx([0.3, 0.3])


@pytest.mark.parametrize("off", [{"level": 0.0}, {"Cutoff": 0.0}])
def test_only_knobs_can_be_off(off: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="off and held must name knobs, cutoff, wave; got"):
        Heads([CUTOFF, WAVE], off)


def test_the_loss_is_least_where_the_knob_is(heads: Heads) -> None:
    """Of all bins that could be sure of, the one with the target in it; close ones are nearly as
    right."""
    positions, heard = torch.tensor([[0.52, 0.4, 0.5]]), torch.ones(1, 3, dtype=torch.bool)

    def loss(number: int) -> float:
        said = outputs(heads)
        said[0, number] = 5.0
        return float(heads.losses(said, positions, heard)[0])

    found = [loss(number) for number in range(NUM_BINS)]
    assert min(range(NUM_BINS), key=found.__getitem__) == 10
    assert found[11] < found[12] < found[15]


def test_nothing_is_learnt_of_what_nobody_hears(heads: Heads) -> None:
    said = outputs(heads).requires_grad_()
    heard = torch.tensor([[False, True, True]])
    off = torch.tensor([[0.5, 0.0, 1.0]])  # the drive is off: where it would be does not matter
    sum(heads.losses(said, off, heard)).backward()  # type: ignore[union-attr]
    gradient = said.grad
    assert gradient is not None
    assert gradient[0, : 2 * NUM_BINS].abs().max() == 0.0
    assert float(gradient[0, IS_ON]) > 0.0
    assert float(gradient[0, FIRST_STEP + 2]) < 0.0
    none = heads.losses(said, off, torch.zeros(1, 3, dtype=torch.bool))
    assert [float(term.detach()) for term in none] == [0.0, 0.0]


def test_expected_positions_have_a_gradient_and_steps_stay(heads: Heads) -> None:
    said = torch.randn(2, heads.num_outputs, generator=torch.Generator().manual_seed(0))
    known = torch.tensor([[0.1, 0.0, 0.5], [0.1, 0.7, 1.0]])
    said.requires_grad_()
    found = heads.expected(said, known)
    assert found[:, 2].tolist() == [0.5, 1.0]
    assert found[0, 1] == 0.0
    found.sum().backward()
    assert said.grad is not None
    assert said.grad[:, :NUM_BINS].abs().max() > 0.0
    assert said.grad[0, NUM_BINS : 2 * NUM_BINS].abs().max() == 0.0
