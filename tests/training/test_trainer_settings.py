"""Lightning's own settings work, or are refused in a sentence before anything is made."""

from __future__ import annotations

import inspect
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as lightning
import torch

from tests.training.conftest import Curve, kept
from vschaos.training import train
from vschaos.training.trainer_settings import OURS

WORK = {
    "max_epochs": 1,
    "min_epochs": 1,
    "min_steps": 2,
    "limit_train_batches": 2,
    "limit_val_batches": 1,
    "val_check_interval": 2,
    "check_val_every_n_epoch": 2,
    "num_sanity_val_steps": 1,
    "accumulate_grad_batches": 2,
    "gradient_clip_algorithm": "value",
    "deterministic": True,
    "benchmark": False,
    "inference_mode": False,
    "profiler": "simple",
    "detect_anomaly": True,
    "reload_dataloaders_every_n_epochs": 1,
    "precision": "bf16-mixed",
}
SET_BY_THE_BASE = {"max_steps", "max_time", "accelerator", "devices", "num_nodes", "strategy"}


def test_each_setting_of_lightnings_is_accounted_for() -> None:
    there = set(inspect.signature(lightning.Trainer).parameters)
    assert there == {*WORK, *OURS, *SET_BY_THE_BASE, "gradient_clip_val"}


@pytest.mark.parametrize("settings", [WORK, {"limit_val_batches": 0}])
def test_those_that_are_taken_train(
    config: dict[str, Any], settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(config["rundir"]).parent)
    before = torch.are_deterministic_algorithms_enabled()
    try:
        config["trainer"] |= settings
        folder = train(config)
    finally:
        torch.use_deterministic_algorithms(before)
    assert folder is not None
    assert kept(folder)["global_step"] > 0


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        *(({name: 1}, f"trainer.{name} is not to be set: ") for name in OURS),
        *(({"precision": name}, "precision must be 32 or") for name in ("64-true", "bf16-true")),
        *(({"precision": name}, rf"bf16-mixed, got {name}") for name in ("16-true", "16-mixed")),
        ({"precision": 64}, r"bf16-mixed, got 64"),
        ({"strategy": "fsdp"}, "strategy must be auto or ddp"),
        ({"max_steps": 0}, "max_steps must be at least 1, or -1 for no end, got 0"),
        ({"max_steps": "many"}, "max_steps must be at least 1"),
        ({"max_epochs": 0}, "max_epochs must be at least 1"),
        ({"limit_train_batches": 0.0}, "limit_train_batches must be more than 0"),
        ({"limit_train_batches": 2.5}, "trainer"),
        ({"accumulate_grad_batches": 0}, "accumulate_grad_batches must be"),
        ({"gradient_clip_algorithm": "loud"}, "trainer"),
        ({"profiler": "loud"}, "trainer"),
        ({"check_val_every_n_epoch": 0.5}, "trainer"),
        ({"val_check_interval": 1.5}, "trainer"),
        ({"max_time": 5}, "trainer"),
        ({"accelerator": "abacus"}, "trainer"),
        ({"devices": "many"}, "trainer"),
    ],
    ids=str,
)
def test_others_are_refused_before_anything_is_made(
    config: dict[str, Any], settings: dict[str, Any], said: str
) -> None:
    config["trainer"] |= settings
    with pytest.raises(ValueError, match=said):
        train(config)
    assert not Path(config["rundir"]).exists()


@pytest.mark.parametrize("name", ["min_steps", "min_epochs", "limit_val_batches"])
def test_what_ends_by_itself_must_look_and_may_end(config: dict[str, Any], name: str) -> None:
    from vschaos.training.early_stopping import NAME_OF_SCHEDULE

    config["training"]["early_stopping"] = {
        "_target_": "vschaos.training.early_stopping.EarlyStopping"
    }
    config["training"]["schedule"]["_target_"] = NAME_OF_SCHEDULE
    config["trainer"][name] = 0 if name == "limit_val_batches" else 3
    with pytest.raises(ValueError, match=rf"trainer.{name} must .* with length=quick"):
        train(config)


def test_a_training_that_saved_nothing_is_refused(
    config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = sys.modules[train.__module__]  # the package has the function under its name
    monkeypatch.setattr(module, "checkpoint_callbacks", lambda *given: [])
    with pytest.raises(ValueError, match=r"ended at step 6 and saved nothing in .*version_0"):
        train(config)
    (state,) = Path(config["rundir"]).rglob("state.json")
    assert "failed" in state.read_text()


def test_a_stop_before_a_look_in_an_epoch_waits_for_it(
    config: dict[str, Any], curve: Curve
) -> None:
    config["trainer"]["val_check_interval"] = 2
    unbroken = train(config)
    assert unbroken is not None
    expected = [*curve.losses]
    curve.losses.clear()
    curve.events[1] = lambda: signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt, match="holds step 3"):
        train({**config, "name": "broken"})
    train({**config, "name": "broken", "resume": True})
    assert curve.losses == expected
