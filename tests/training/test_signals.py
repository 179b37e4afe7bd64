"""Ctrl-C and SIGTERM at any step: it is kept, and gone on with exactly."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from tests.training.conftest import Curve, assert_same, kept
from vschaos.training import train


def stopped(config: dict[str, Any]) -> KeyboardInterrupt:
    with pytest.raises(KeyboardInterrupt) as caught:
        train(config)
    return caught.value


@pytest.mark.parametrize(
    ("number", "steps"),
    [
        pytest.param(signal.SIGINT, (0, 1, 2, 3, 4), marks=pytest.mark.slow),
        (signal.SIGINT, (1, 4)),
        (signal.SIGTERM, (2,)),  # the last of an epoch
        pytest.param(signal.SIGTERM, (3,), marks=pytest.mark.slow),
        (signal.SIGHUP, (0,)),
    ],
)
def test_a_training_stopped_at_any_step_resumes_exactly(
    config: dict[str, Any], curve: Curve, number: signal.Signals, steps: tuple[int, ...]
) -> None:
    unbroken = train(config)
    assert unbroken is not None
    expected = [*curve.losses]
    curve.losses.clear()
    broken = {**config, "name": "broken"}
    for step in steps:
        curve.events[step] = lambda: signal.raise_signal(number)
        stop = stopped({**broken, "resume": step != steps[0]})
        assert f"stopped at step {step + 1}" in stop.args[0]
        assert f"holds step {step + 1}, resume=true" in stop.args[0]
        assert stop.args[1] == 128 + number
    folder = train({**broken, "resume": True})
    assert folder is not None
    assert curve.losses == expected
    for checkpoint in ("last", "best"):
        assert_same(kept(folder, checkpoint), kept(unbroken, checkpoint), checkpoint)


def test_with_workers_and_gathered_gradients_too(config: dict[str, Any], curve: Curve) -> None:
    config["trainer"]["accumulate_grad_batches"] = 2
    config["data"]["loading"] |= {"batches_per_epoch": 5, "num_workers": 1}
    unbroken = train(config)
    assert unbroken is not None
    expected = [*curve.losses]
    curve.losses.clear()
    broken = {**config, "name": "broken"}
    curve.events[4] = lambda: signal.raise_signal(signal.SIGINT)
    assert "holds step 5" in stopped(broken).args[0]
    folder = train({**broken, "resume": True})
    assert folder is not None
    assert curve.losses == expected
    assert_same(kept(folder), kept(unbroken))


def test_a_second_ctrl_c_ends_at_once(config: dict[str, Any], curve: Curve) -> None:
    config["data"]["loading"]["batches_per_epoch"] = 2

    def insist() -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    curve.events[3] = insist
    stop = stopped(config)
    assert "stopped at step 3" in stop.args[0]
    assert "holds step 2" in stop.args[0]
    assert [step for step, _ in curve.losses] == [0, 1, 2]


def test_what_answered_signals_before_does_so_again(config: dict[str, Any], curve: Curve) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    train(config)
    curve.events[1] = lambda: signal.raise_signal(signal.SIGTERM)
    stopped(config)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_signal_that_was_to_be_ignored_is_ignored(config: dict[str, Any], curve: Curve) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        curve.events[1] = lambda: signal.raise_signal(signal.SIGHUP)
        train(config)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert len(curve.losses) == 6


def test_a_signal_before_the_first_step_leaves_no_run(
    config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*given: object) -> None:
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr("vschaos.data.cache.importing.import_sound", interrupted)
    config["data"]["dataset"]["cache"] = str(Path(config["rundir"]).parent / "cache")
    stop = stopped(config)
    assert stop.args == ("stopped before the training began", 128 + signal.SIGTERM)
    assert not Path(config["rundir"]).exists()
    assert not [*Path(config["data"]["dataset"]["cache"]).rglob("*.sound")]
