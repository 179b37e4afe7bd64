"""A training killed at any instant is gone on with exactly."""

from __future__ import annotations

import copy
import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.training.conftest import Curve, assert_same, kept
from tests.training.disk import witnessed
from vschaos.training import train

PLACES = {  # where a process kills itself, before what it would do there
    "import": "vschaos.data.cache.importing.import_sound",
    "whole import": "vschaos.data.cache.manifest.Manifest.write",
    "step": "vschaos.training.learner.Learner.training_step",
    "write": "pathlib.Path.write_bytes",
    "sync": "os.fsync",
    "swap": "pathlib.Path.replace",
}


def train_and_die(config: dict[str, Any], place: str | None, times: int) -> None:
    """In a process of its own; dies the `times`-th time that it comes to a place."""
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        if place is not None:
            _lay_trap(patch, PLACES[place], times)
        train(config)


def _lay_trap(patch: pytest.MonkeyPatch, name: str, times: int) -> None:
    owner, _, attribute = name.rpartition(".")
    found: list[Callable[..., Any]] = []
    left = [times]

    def trap(*given: Any, **named: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            if attribute == "write_bytes":  # in the middle of it
                found[0](given[0], bytes(given[1])[: len(given[1]) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        return found[0](*given, **named)

    found.append(_resolved(owner, attribute))
    patch.setattr(name, trap)


def _resolved(owner: str, attribute: str) -> Callable[..., Any]:
    import importlib

    module, names = owner, [attribute]
    while True:
        try:
            value: Any = importlib.import_module(module)
            break
        except ModuleNotFoundError:
            module, _, name = module.rpartition(".")
            names.insert(0, name)
    for name in names:
        value = getattr(value, name)
    return value


class Trainings:
    """Starts trainings in processes that are forked from one that has torch loaded."""

    def __init__(self) -> None:
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(["tests.training.test_killing"])

    def end(self, config: dict[str, Any], place: str | None = None, times: int = 0) -> int | None:
        process = self.context.Process(target=train_and_die, args=(config, place, times))
        process.start()
        process.join(600)  # a machine may be busy
        return process.exitcode


@pytest.fixture(scope="module")
def trainings() -> Trainings:
    return Trainings()


@pytest.fixture
def longer(config: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    config["trainer"]["max_steps"] = config["training"]["schedule"]["total_steps"] = 12
    config["training"]["keep_every_epochs"] = 2
    config["data"]["dataset"]["cache"] = str(tmp_path / "cache")
    return config


def begun(config: dict[str, Any]) -> bool:
    return (Path(config["rundir"]) / config["name"] / "version_0" / "config.yaml").is_file()


def within(folder: Path, config: dict[str, Any]) -> dict[str, Any]:
    """A training that writes nowhere else."""
    config = copy.deepcopy(config)
    config["rundir"] = str(folder / "runs")
    config["data"]["dataset"]["cache"] = str(folder / "cache")
    return config


def left_by(config: dict[str, Any]) -> dict[str, Any]:
    """All that a training that came to its end has kept, and what it may have forgotten."""
    rundir, cache = Path(config["rundir"]), Path(config["data"]["dataset"]["cache"])
    run = rundir / config["name"] / "version_0"
    checkpoints = sorted(path.stem for path in run.glob("checkpoints/*.ckpt"))
    written = [path for path in (rundir / config["name"]).rglob("*") if path.parent.name != "logs"]
    return {
        "checkpoints": {name: kept(run, name) for name in checkpoints},
        "files": {str(path.relative_to(run.parent)) for path in written},
        "stores": {path.name for path in cache.iterdir()},
        "state": (run / "state.json").read_text(),
    }


def make_old(folder: Path) -> None:
    """A folder that is being written is left alone as long as it is young."""
    for partial in folder.rglob("*.partial-*"):
        os.utime(partial, (0, 0))


# processes take long to begin: what any of these leaves is gone on with in the next test as well
@pytest.mark.slow
@pytest.mark.parametrize(
    "deaths",
    [
        [("whole import", 1), ("step", 5), ("swap", 2)],
        [("import", 3), ("whole import", 1), ("swap", 4), ("step", 2)],
        [("step", 5), ("write", 2), ("sync", 3), ("swap", 2)],
    ],
    ids=lambda deaths: ", ".join(place for place, _ in deaths),
)
def test_a_training_killed_at_a_bad_moment_resumes_exactly(
    longer: dict[str, Any], trainings: Trainings, tmp_path: Path, deaths: list[tuple[str, int]]
) -> None:
    for place, times in deaths:
        code = trainings.end({**longer, "resume": begun(longer)}, place, times)
        assert code == -signal.SIGKILL, (place, times)
        make_old(tmp_path)
    assert trainings.end({**longer, "resume": begun(longer)}) == 0
    unbroken = within(tmp_path / "unbroken", longer)
    train(unbroken)
    assert_same(left_by(longer), left_by(unbroken), "left")


@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.slow)])
def test_a_killed_training_resumes_exactly(
    longer: dict[str, Any], curve: Curve, tmp_path: Path, every: int
) -> None:
    longer["trainer"]["max_steps"] = longer["training"]["schedule"]["total_steps"] = 4
    longer["data"]["loading"]["batches_per_epoch"] = 2
    longer["training"]["keep_every_epochs"] = 1
    watched = within(tmp_path / "watched", longer)
    curve.events[2] = lambda: os.kill(os.getpid(), signal.SIGTERM)
    with witnessed(tmp_path / "watched", tmp_path / "copies") as left:
        with pytest.raises(KeyboardInterrupt, match="holds step 3"):
            train(watched)
        train({**watched, "resume": True})
    unbroken = within(tmp_path / "unbroken", longer)
    train(unbroken)
    expected = left_by(unbroken)
    assert_same(left_by(watched), expected, "stopped")
    for before, folder in left[every // 2 :: every]:
        make_old(folder)
        config = within(folder, longer)
        train({**config, "resume": begun(config)})
        assert_same(left_by(config), expected, f"killed before {before}")
    changes = " ".join(before for before, _ in left)
    for name in ("datasets", "config.yaml", "best", "last", "state"):
        assert name in changes, changes


@pytest.mark.slow  # also without a training, in tests/data/cache/test_importing_at_once.py
def test_a_killed_import_is_resumed(longer: dict[str, Any], trainings: Trainings) -> None:
    cache = Path(longer["data"]["dataset"]["cache"])
    assert trainings.end(longer, "import", 4) == -signal.SIGKILL
    made = {path: path.stat().st_mtime_ns for path in cache.rglob("*.sound")}
    assert made  # by the threads before
    train(longer)
    assert len([*cache.rglob("*.sound")]) > len(made)
    assert all(path.stat().st_mtime_ns == when for path, when in made.items())
    assert not [*cache.rglob("*.partial")]
