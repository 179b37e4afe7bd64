"""Non-finite steps are skipped; a diverging training returns to earlier weights, or stops."""

from __future__ import annotations

import math
import signal
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.training.conftest import Curve, assert_same, kept
from vschaos.training import train
from vschaos.training.learner import Learner
from vschaos.training.non_finite import (
    FAR_IN_A_ROW,
    LEFT_OUT_IN_A_ROW,
    MEASURED_EVERY,
    UNSOUND_IN_A_ROW,
    NonFiniteGuard,
)

AS_SEEN = ("latent.order", "latent.signs", "latent.importance")  # by players


def poison(patch: pytest.MonkeyPatch, steps: range | set[int], loss: str, factor: float) -> None:
    """Multiplies a loss of the model in some steps; its batches as well, if it is `batch`."""
    weighted = Learner.weighted

    def poisoned(self: Learner, batch: Any) -> Any:
        if self._trainer is None or self.global_step not in steps:
            return weighted(self, batch)
        if loss == "batch":
            return weighted(self, batch._replace(audio=batch.audio * factor))
        total, losses = weighted(self, batch)
        return total * factor, {**losses, loss: losses[loss] * factor}

    patch.setattr(Learner, "weighted", poisoned)


def recorded_weights(patch: pytest.MonkeyPatch) -> dict[int, dict[str, Any]]:
    """What the model and its optimiser were at the beginning of each step, but for what each
    checkpoint sets anew."""
    states: dict[int, dict[str, Any]] = {}
    take_step = Learner.training_step

    def recorded(self: Learner, batch: Any, batch_index: int) -> torch.Tensor:
        optimizer: Any = self.trainer.optimizers[0]
        moments = {n: dict(s) for n, s in optimizer.state_dict()["state"].items()}
        learnt = {n: v for n, v in self.state_dict().items() if not n.endswith(AS_SEEN)}
        state = {"model": learnt, "optimizer": moments}
        states[self.global_step] = _cloned(state)
        return take_step(self, batch, batch_index)

    patch.setattr(Learner, "training_step", recorded)
    return states


def _cloned(state: Any) -> Any:
    if isinstance(state, dict):
        return {key: _cloned(value) for key, value in state.items()}
    return state.clone() if isinstance(state, torch.Tensor) else state


@pytest.mark.parametrize(
    ("loss", "factor", "said"),
    [
        ("kl", math.inf, "the loss became inf"),
        ("log_magnitude", math.nan, "the loss became nan"),
        ("batch", math.nan, "the loss became nan"),
    ],
)
def test_a_non_finite_step_changes_nothing_and_is_reported_once(
    config: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    loss: str,
    factor: float,
    said: str,
) -> None:
    poison(monkeypatch, {2, 4}, loss, factor)
    states = recorded_weights(monkeypatch)
    folder = train(config)
    assert folder is not None
    for step in (2, 4):
        assert_same(states[step + 1], states[step])
    assert not torch.equal(
        states[4]["model"]["model.encoder.layers.0.weight"],
        states[3]["model"]["model.encoder.layers.0.weight"],
    )
    warnings = [record.message for record in caplog.records if "left out" in record.message]
    assert len(warnings) == 2
    assert said in warnings[0]
    assert "step 2" in warnings[0]
    assert "2 of 6 steps were left out" in warnings[1]
    weights = kept(folder)["state_dict"].values()
    assert all(torch.isfinite(value).all() for value in weights)


def test_a_gradient_that_is_not_finite_is_left_out_too(
    config: dict[str, Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    weighted = Learner.weighted

    def steep(self: Learner, batch: Any) -> Any:
        total, losses = weighted(self, batch)
        if self._trainer is not None and self.global_step == 1:
            total = total + torch.sqrt(total - total.detach())  # 0, which rises infinitely steeply
        return total, losses

    monkeypatch.setattr(Learner, "weighted", steep)
    states = recorded_weights(monkeypatch)
    config["trainer"]["gradient_clip_val"] = None
    train(config)
    assert_same(states[2], states[1])
    assert "the gradient became " in caplog.text


def test_a_training_with_faults_resumes_exactly(
    config: dict[str, Any], monkeypatch: pytest.MonkeyPatch, curve: Curve
) -> None:
    config["trainer"]["max_steps"] = 16
    config["data"]["loading"]["batches_per_epoch"] = 4
    poison(monkeypatch, range(4, 4 + LEFT_OUT_IN_A_ROW), "log_magnitude", math.nan)
    unbroken = train(config)
    assert unbroken is not None
    broken = {**config, "name": "broken"}
    for step in (5, 9, 14):
        curve.events[step] = lambda: signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            train({**broken, "resume": step != 5})
    folder = train({**broken, "resume": True})
    assert folder is not None
    assert_same(kept(folder), kept(unbroken))


def test_after_many_steps_it_goes_back_with_a_lower_rate(
    config: dict[str, Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first = 4
    config["trainer"]["max_steps"] = first + LEFT_OUT_IN_A_ROW + 2
    config["training"]["schedule"]["warmup_steps"] = 0
    config["training"]["schedule"]["total_steps"] = -1
    poison(monkeypatch, range(first, first + LEFT_OUT_IN_A_ROW), "log_magnitude", math.nan)
    states = recorded_weights(monkeypatch)
    folder = train(config)
    assert folder is not None
    assert_same(states[first + LEFT_OUT_IN_A_ROW]["model"], states[first]["model"])
    assert "back to the weights of step 12, with 0.25 of the learning rate" in caplog.text
    state = torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)
    rate = config["training"]["optimizer"]["lr"]
    assert state["optimizer_states"][0]["param_groups"][0]["lr"] == rate / 4
    assert state["faults"]["went_back"] == 1


def test_what_does_not_get_better_stops_with_advice(
    config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    config["trainer"]["max_steps"] = 100
    poison(monkeypatch, range(4, 100), "log_magnitude", math.nan)
    with pytest.raises(FloatingPointError, match=r"nan.*10 steps in a row.*2 times.*lr.*check"):
        train(config)
    folder = Path(config["rundir"]) / "run" / "version_0"
    assert all(torch.isfinite(value).all() for value in kept(folder)["state_dict"].values())


def test_a_loss_that_stays_far_above_goes_back_to_where_it_was(
    config: dict[str, Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Weights that were blown up are not kept, and those kept before come back."""
    first, last = MEASURED_EVERY + 1, MEASURED_EVERY + FAR_IN_A_ROW
    config["data"]["loading"]["batches_per_epoch"] = 25
    config["trainer"]["max_steps"] = last + 5
    take_step = Learner.training_step

    def blown_up(self: Learner, batch: Any, batch_index: int) -> torch.Tensor:
        if self.global_step == first:
            with torch.no_grad():
                for weight in self.model.parameters():
                    weight.add_(30.0)
        return take_step(self, batch, batch_index)

    monkeypatch.setattr(Learner, "training_step", blown_up)
    states = recorded_weights(monkeypatch)
    train(config)
    assert f"back to the weights of step {MEASURED_EVERY}" in caplog.text
    assert "the loss is" in caplog.text
    assert_same(states[last + 1]["model"], states[MEASURED_EVERY]["model"])


def test_an_unsound_end_is_reported_and_not_saved(
    config: dict[str, Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    config["trainer"]["max_steps"] = 3 + UNSOUND_IN_A_ROW
    poison(monkeypatch, range(3, 100), "log_magnitude", 1e6)
    folder = train(config)
    assert folder is not None
    assert "the end was not saved: the loss is " in caplog.text
    assert "the last checkpoint is that of step 12" in caplog.text
    assert kept(folder)["global_step"] == 12


def loss_of(step: int) -> float:
    return 1.0 + 0.1 * math.sin(step)


def test_spikes_are_no_faults() -> None:
    non_finite_guard = NonFiniteGuard()
    for step in range(2000):
        loss = 50.0 if step % 20 == 0 and step > 300 else loss_of(step)
        assert non_finite_guard.passes(step, loss, 1.0, {})
        assert non_finite_guard.is_sound
        assert non_finite_guard.failure is None


@pytest.mark.parametrize("offset", [0.0, -5.0])
def test_a_loss_that_falls_or_rises_slowly_is_no_fault(offset: float) -> None:
    non_finite_guard = NonFiniteGuard()
    for step in range(5000):
        level = math.exp(-step / 500) if step < 2500 else 0.01 * 2 ** ((step - 2500) / 1000)
        assert non_finite_guard.passes(step, 10 * level * loss_of(step) + offset, 1.0, {})
        assert non_finite_guard.far_in_a_row == 0


@pytest.mark.parametrize("offset", [0.0, -1.0])
@pytest.mark.parametrize("first", [1, 300])
def test_a_loss_that_leaps_and_stays_is_one(offset: float, first: int) -> None:
    non_finite_guard = NonFiniteGuard()
    for step in range(first):
        non_finite_guard.passes(step, loss_of(step) + offset, 1.0, {})
    for step in range(first, first + FAR_IN_A_ROW):
        assert non_finite_guard.failure is None
        assert non_finite_guard.is_sound == (step - first < UNSOUND_IN_A_ROW)
        non_finite_guard.passes(step, 10 * loss_of(step) + offset, 1.0, {})
    assert "the loss is" in str(non_finite_guard.failure)
    non_finite_guard.go_back()
    assert non_finite_guard.failure is None
    assert non_finite_guard.is_sound
