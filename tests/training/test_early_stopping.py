"""A training that ends by itself: when sounds come no nearer, or the time is nearly up."""

from __future__ import annotations

import itertools
import signal
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as lightning
import torch

from tests.test_configs import TINY, composed
from tests.training.conftest import Curve, assert_same, kept
from vschaos.training import train
from vschaos.training.early_stopping import EarlyStopping, WarmupStableDecay


def scheduled(total_steps: int) -> WarmupStableDecay:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    return WarmupStableDecay(optimizer, warmup_steps=4, total_steps=total_steps, down_share=0.2)


def take(schedule: WarmupStableDecay, steps: int) -> list[float]:
    rates = []
    for _ in range(steps):
        rates.append(float(schedule.optimizer.param_groups[0]["lr"]))
        schedule.optimizer.step()
        schedule.step()
    return rates


@pytest.fixture
def quick(dataset: Path, tmp_path: Path) -> dict[str, Any]:
    """Looks at steps 3 and 6, whose gain is never enough: the rate falls from 6 to 8."""
    return composed(
        "dgt_small",
        "name=run",
        f"rundir={tmp_path / 'runs'}",
        f"data.dataset.root={dataset}",
        "length=quick",
        *TINY,
        "trainer.max_steps=30",
        "training.schedule.warmup_steps=2",
        "training.early_stopping.patience=1",
        "training.early_stopping.min_gain=1000",
    )


def test_the_rate_grows_stays_and_falls_in_the_last_share_of_all_steps() -> None:
    rates = take(scheduled(50), 55)
    assert rates[:4] == [0.25, 0.5, 0.75, 1.0]
    assert rates[4:41] == [1.0] * 37
    assert all(later < earlier for earlier, later in itertools.pairwise(rates[40:51]))
    assert rates[50:] == [0.0] * 5


def test_an_early_end_decays_from_there() -> None:
    schedule, known = scheduled(-1), scheduled(50)
    take(schedule, 40)
    assert not schedule.is_falling
    schedule.begin_to_end()
    assert schedule.is_falling
    assert schedule.ends_at == 50
    take(known, 40)
    assert take(schedule, 15)[1:] == pytest.approx(take(known, 15)[1:])


def test_an_early_end_is_resumed_and_one_of_the_settings_may_change() -> None:
    stopped_early, to_the_end = scheduled(100), scheduled(100)
    take(stopped_early, 40)
    take(to_the_end, 40)
    stopped_early.begin_to_end()
    for before, ends_at in ((stopped_early, 50), (to_the_end, 200)):
        after = scheduled(200)
        after.load_state_dict(before.state_dict())
        assert after.ends_at == ends_at
        assert after.last_epoch == 40


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([9.0, 5.0], False),
        ([9.0, 5.0, 5.0, 5.0], False),
        ([9.0, 5.0, 5.0, 5.0, 4.99], True),
        ([9.0, 5.0, 4.9, 4.8, 4.7], False),
        ([5.0, 5.4, 4.9, 5.4, 5.0], False),  # chance may hide a gain
        ([5.0, 5.4, 5.9, 6.4, 7.0], True),  # but it has become worse
    ],
)
def test_it_has_levelled_off_when_the_last_validations_surely_improve_too_little(
    values: list[float], expected: bool
) -> None:
    ending = EarlyStopping(patience=2, min_gain=0.05)
    ending.load_state_dict({"values": values})
    assert ending.has_levelled_off == expected


def test_a_training_ends_before_its_last_step(
    quick: dict[str, Any], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("INFO")
    folder = train(quick)
    assert folder is not None
    last = torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)
    assert last["global_step"] == 8
    assert last["optimizer_states"][0]["param_groups"][0]["lr"] == 0.0
    assert last["metrics"].keys() == {"log_spectral_distance", "spectral_convergence"}
    assert "step 6: LSD improved by less than 1000 dB in 1 validations" in caplog.text
    assert "the training ends at step 8" in caplog.text
    assert (folder / "state.json").is_file()
    capfd.readouterr()
    assert train({**quick, "resume": True}) == folder  # it is over: no step more
    again = torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)
    assert again["global_step"] == 8


def test_held_out_sounds_that_tell_nothing_take_the_full_length(
    quick: dict[str, Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(EarlyStopping, "uncertainty", 1e6)
    caplog.set_level("INFO")
    folder = train(quick)
    assert folder is not None
    assert kept(folder)["global_step"] == 30
    assert caplog.text.count("no longer improves clearly") == 1
    assert "its means are uncertain by 1e+06 dB: with so few held-out sounds" in caplog.text


@pytest.mark.parametrize(
    "steps",
    [*(pytest.param((step,), marks=pytest.mark.slow) for step in (2, 3, 4, 5, 6)), (1, 5, 6)],
)
def test_stopped_anywhere_it_resumes_exactly(
    quick: dict[str, Any], curve: Curve, steps: tuple[int, ...]
) -> None:
    unbroken = train(quick)
    assert unbroken is not None
    expected = [*curve.losses]
    assert [step for step, _ in expected] == [*range(8)]
    curve.losses.clear()
    broken = {**quick, "name": "broken"}
    for step in steps:
        curve.events[step] = lambda: signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            train({**broken, "resume": step != steps[0]})
    folder = train({**broken, "resume": True})
    assert folder is not None
    assert curve.losses == expected
    assert_same(kept(folder), kept(unbroken))


def test_a_limit_of_time_lets_the_rate_down_in_its_last_share(
    quick: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(trainer: lightning.Trainer) -> float:
        return trainer.global_step / 100

    monkeypatch.setattr("vschaos.training.early_stopping._share_of_time", gone)
    quick["training"]["early_stopping"]["patience"] = 1000
    quick["trainer"] |= {"max_steps": -1, "max_epochs": -1}
    quick["training"]["schedule"]["total_steps"] = -1
    quick["data"]["loading"]["batches_per_epoch"] = 60
    folder = train(quick)
    assert folder is not None
    # looked at every 50 steps: at 100 the share is past 0.8
    assert kept(folder)["global_step"] == 125


def test_a_limit_of_time_differs_from_none(quick: dict[str, Any]) -> None:
    from vschaos.training.early_stopping import _share_of_time

    def trainer(**settings: Any) -> lightning.Trainer:
        return lightning.Trainer(
            accelerator="cpu", logger=False, enable_checkpointing=False, **settings
        )

    assert _share_of_time(trainer()) == 0.0
    assert 0.0 <= _share_of_time(trainer(max_time="00:00:01:00")) < 0.01


def test_epochs_without_a_look_are_not_counted(quick: dict[str, Any]) -> None:
    quick["trainer"] |= {"check_val_every_n_epoch": 2, "num_sanity_val_steps": 1}
    folder = train(quick)
    assert folder is not None
    assert kept(folder)["global_step"] == 15  # looks at 6 and 12, and a fifth of 15 to fall


def test_another_schedule_is_refused(quick: dict[str, Any]) -> None:
    quick["training"]["schedule"] = {
        "_target_": "vschaos.training.learner.WarmupCosine",
        "_partial_": True,
        "warmup_steps": 2,
        "total_steps": 30,
    }
    with pytest.raises(ValueError, match=r"training.schedule._target_ must be .*WarmupStableDecay"):
        train(quick)
    assert not list(Path(quick["rundir"]).glob("*/*"))


@pytest.mark.parametrize(
    ("part", "setting", "value"),
    [
        ("early_stopping", "patience", 0),
        ("early_stopping", "min_gain", -1.0),
        ("schedule", "down_share", 1.0),
    ],
)
def test_values_that_make_no_sense_are_refused(
    quick: dict[str, Any], part: str, setting: str, value: float
) -> None:
    quick["training"][part][setting] = value
    with pytest.raises(ValueError, match=rf"training.{part}.*{setting}"):
        train(quick)
    assert not list(Path(quick["rundir"]).glob("*/*"))
