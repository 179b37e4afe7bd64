"""The EMA of the weights is evaluated and exported, and resumes exactly."""

from __future__ import annotations

import copy
import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.training.conftest import Curve, assert_same, kept
from vschaos import load_run
from vschaos.targets import build
from vschaos.training import train
from vschaos.training.ema import WeightAveraging
from vschaos.training.learner import Learner

AVERAGING = {"_target_": "vschaos.training.ema.WeightAveraging", "decay": 0.5}


@pytest.fixture
def averaged(config: dict[str, Any]) -> dict[str, Any]:
    config["training"]["ema"] = AVERAGING
    return config


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    return kept(folder)["state_dict"]


def test_a_mean_follows_by_its_decay(config: dict[str, Any]) -> None:
    model = build(config["model"], {})
    mean = WeightAveraging(0.5).averaged(model)
    (name, weight), expected = next(iter(model.named_parameters())), None
    expected = weight.detach().clone()
    for step in range(12):
        with torch.no_grad():
            weight += torch.randn_like(weight)
        kept_share = min(0.5, (1 + step) / (10 + step)) if step else 0.0
        expected = kept_share * expected + (1 - kept_share) * weight.detach()
        mean.update_parameters(model)
    found = dict(mean.module.named_parameters())[name]
    assert torch.allclose(found, expected, atol=1e-5)
    assert not torch.allclose(found, weight, atol=1e-2)
    assert not any(parameter.requires_grad for parameter in mean.parameters())


def test_the_mean_is_what_is_judged_and_opened(
    averaged: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = []
    judge = Learner.validation_step

    def recorded(self: Learner, *arguments: Any) -> None:
        judged.append(copy.deepcopy(self.evaluated.state_dict()))
        judge(self, *arguments)

    monkeypatch.setattr(Learner, "validation_step", recorded)
    folder = train(averaged)
    assert folder is not None
    state = weights_of(folder)
    opened = load_run(folder).model.state_dict()
    for name, value in opened.items():
        assert torch.equal(value, state[f"averaged.module.{name}"])
    for name, value in load_run(folder).model.named_parameters():
        assert torch.equal(value, judged[-1][name])
    trained = [name for name in opened if name.startswith("encoder.")]
    assert all(not torch.equal(opened[name], state[f"model.{name}"]) for name in trained)


def test_nothing_else_changes(averaged: dict[str, Any]) -> None:
    with_mean = train(averaged)
    averaged["training"]["ema"] = {**AVERAGING, "decay": 0.0}
    without = train(averaged)
    assert with_mean is not None
    assert without is not None
    left = {n: v for n, v in weights_of(with_mean).items() if not n.startswith("averaged.")}
    assert_same(left, weights_of(without))


def test_a_stopped_training_resumes_its_mean(averaged: dict[str, Any], curve: Curve) -> None:
    curve.events[1] = lambda: os.kill(os.getpid(), signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        train(averaged)
    gone_on = train({**averaged, "resume": True})
    unbroken = train({**averaged, "name": "unbroken"})
    assert gone_on is not None
    assert unbroken is not None
    assert_same(kept(gone_on), kept(unbroken))


@pytest.mark.parametrize("decay", [1.0, -1.0, float("nan")])
def test_a_decay_that_cannot_be_is_refused(decay: float) -> None:
    with pytest.raises(
        ValueError, match=r"training\.ema\.decay must be from 0, no mean, to below 1"
    ):
        build({**AVERAGING, "decay": decay})
