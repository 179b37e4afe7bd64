"""Two trainings never write one run."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from tests.training.conftest import Curve
from vschaos.locks import Lock
from vschaos.training import train
from vschaos.training.alone import Alone

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nothing is held there")


def test_a_run_that_is_being_trained_is_not_resumed(config: dict[str, Any], curve: Curve) -> None:
    refused: list[str] = []

    def second() -> None:
        with pytest.raises(ValueError) as error:
            train({**config, "resume": True})
        refused.append(str(error.value))

    curve.events[4] = second
    folder = train(config)
    assert folder is not None
    assert refused == [
        f"{folder} is being trained by another process: wait for its end or stop it, or begin "
        "another run without resume=true"
    ]
    assert [step for step, _ in curve.losses] == [*range(6)]
    assert train({**config, "resume": True}) == folder  # it was let go of


def test_others_of_the_same_training_hold_nothing(tmp_path: Path) -> None:
    with Alone(is_first=True) as first, Alone(is_first=False) as second:
        first.hold(tmp_path)
        first.hold(tmp_path)
        second.hold(tmp_path)
        with Alone(is_first=True) as other, pytest.raises(ValueError, match="another process"):
            other.hold(tmp_path)
    assert not list(tmp_path.iterdir())


def hold_and_fork(folder: Path, results: Connection) -> None:
    """Holds a folder, and leaves a child behind, as a loader's worker that outlives a kill."""
    lock = Lock(folder, is_of_one_process=True)
    taken = lock.take()
    child = os.fork()
    if child == 0:
        signal.pause()
    results.send((taken, child))
    signal.pause()


@pytest.mark.slow
def test_a_kill_lets_go_though_workers_live_on(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=hold_and_fork, args=(tmp_path, there))
    process.start()
    taken, child = here.recv()
    try:
        assert taken
        assert not Lock(tmp_path).take()
        process.kill()
        process.join()
        assert Lock(tmp_path).take()
    finally:
        os.kill(child, signal.SIGKILL)
