"""Several processes train as one that gathers their batches; they stop and resume together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.test_configs import TINY
from tests.training.conftest import assert_same, kept
from vschaos.report.curves import read_logs

SCRIPT = Path(__file__).parents[2] / "train_model.py"
TWO = ["trainer.devices=2", "trainer.strategy=ddp"]
LONG = ["trainer.max_steps=160", "data.loading.batches_per_epoch=20"]
# the mean of two gradients, rounded in another order, through six steps of Adam
TOLERANCE = 1e-4

pytestmark = pytest.mark.slow


class Trainings:
    """Starts `train_model.py` in a process of its own, which starts others."""

    def __init__(self, folder: Path, dataset: Path) -> None:
        self.folder = folder
        self.settings = [f"rundir={folder}", f"data.dataset.root={dataset}", *TINY]

    def start(
        self, name: str, *settings: str, recipe: str = "dgt_small", launcher: tuple[str, ...] = ()
    ) -> subprocess.Popen[str]:
        command = [sys.executable, *launcher, str(SCRIPT), "--config-name", recipe, f"name={name}"]
        return subprocess.Popen(
            [*command, *self.settings, *settings],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(SCRIPT.parent)},
        )

    def end(self, name: str, *settings: str, **options: Any) -> Path:
        process = self.start(name, *settings, **options)
        _, said = process.communicate(timeout=300)
        assert process.returncode == 0, said
        (folder,) = (self.folder / name).iterdir()
        return folder


@pytest.fixture
def trainings(tmp_path: Path, dataset: Path) -> Trainings:
    return Trainings(tmp_path / "runs", dataset)


def gathering(name: str, trainings: Trainings, **options: Any) -> Path:
    settings = ("+trainer.accumulate_grad_batches=2", "data.loading.batches_per_epoch=6")
    return trainings.end(name, *settings, **options)


def assert_alike(one: Path, other: Path) -> None:
    """But for the statistics of latents, which one process takes from its own batches alone."""
    found, expected = kept(one), kept(other)
    assert found["global_step"] == expected["global_step"] == 6
    for name, value in expected["state_dict"].items():
        if ".latent." not in name:
            difference = (found["state_dict"][name] - value).abs().max()
            assert difference <= TOLERANCE * value.abs().max().clamp_min(1.0), name
    distance = {
        folder: torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)["metrics"]
        for folder in (one, other)
    }
    assert distance[one] == pytest.approx(distance[other], rel=1e-3)


def test_two_processes_are_one_with_both_batches(trainings: Trainings) -> None:
    recipe = "dgt_pitch_prediction"
    two = trainings.end("two", *TWO, recipe=recipe)
    assert_alike(two, gathering("one", trainings, recipe=recipe))
    assert len([*two.glob("logs/events.*")]) == 1
    curves = read_logs(two / "logs").curves
    assert set(curves["train/total"]) == {0}


def test_torchrun_starts_them_too(trainings: Trainings) -> None:
    launcher = ("-m", "torch.distributed.run", "--nproc-per-node=2", "--master-port=29631")
    two = trainings.end("two", *TWO, launcher=launcher)
    assert_alike(two, gathering("one", trainings))


def test_they_stop_and_resume_together(trainings: Trainings) -> None:
    whole = trainings.end("whole", *TWO, *LONG)
    process = trainings.start("broken", *TWO, *LONG)
    last = trainings.folder / "broken" / "version_0" / "checkpoints" / "last.ckpt"
    while not last.is_file():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM, said
    assert "stopped at step" in said
    assert said.count("resume=true continues from there") == 1
    assert 0 < kept(last.parents[1])["global_step"] < 160
    broken = trainings.end("broken", *TWO, *LONG, "resume=true")
    for checkpoint in ("last", "best"):
        assert_same(kept(broken, checkpoint), kept(whole, checkpoint), checkpoint)
