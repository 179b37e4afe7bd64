"""Weights that grow and rates that come down."""

import itertools

import pytest
import torch

from vschaos.training.learner import LossWeight, WarmupCosine


def test_a_weight_grows_evenly_and_stays() -> None:
    weight = LossWeight(2.0, warmup_steps=4)
    assert [weight.at(step) for step in (0, 1, 3, 4, 100)] == [0.5, 1.0, 2.0, 2.0, 2.0]
    assert LossWeight(2.0).at(0) == 2.0


@pytest.mark.parametrize("total_steps", [20, -1])
def test_the_rate_grows_then_comes_down_if_the_end_is_known(total_steps: int) -> None:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule = WarmupCosine(optimizer, warmup_steps=4, total_steps=total_steps, final_share=0.1)
    rates = []
    for _ in range(25):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert rates[:4] == [0.25, 0.5, 0.75, 1.0]
    if total_steps < 0:
        assert rates[4:] == [1.0] * 21
    else:
        assert all(later <= earlier + 1e-9 for earlier, later in itertools.pairwise(rates[4:]))
        assert rates[20:] == pytest.approx([0.1] * 5)


def test_a_resumed_rate_decays_to_the_end_of_the_present_settings() -> None:
    def scheduled(total_steps: int) -> WarmupCosine:
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        return WarmupCosine(optimizer, warmup_steps=4, total_steps=total_steps)

    first, second = scheduled(20), scheduled(40)
    for _ in range(20):
        first.optimizer.step()
        first.step()
    assert first.get_last_lr() == [pytest.approx(0.0)]
    second.load_state_dict(first.state_dict())
    second.optimizer.step()
    second.step()
    assert second.get_last_lr()[0] > 0.5
