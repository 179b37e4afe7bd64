"""Runs of several kinds, whose sounds and classes have names that are markup."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.evaluation.toys import Player, with_model
from tests.test_configs import TINY, composed
from vschaos import load_run
from vschaos.audio.files import write_audio
from vschaos.report.gather import gather
from vschaos.report.write import write_report
from vschaos.runs import Run
from vschaos.training import train

RATE = 8000
HOSTILE = "data/<script>alert(1)</script>.wav"  # a folder and a file
HOSTILE_CLASS = "<img src=x onerror=alert(1)>"
TONES_HZ = {"low": 220.0, "high": 1760.0}
LABELS = [
    "+model.conditioning={timbre:{target:[decoder]},height:{target:[decoder],embedding:none}}"
]
LABELS += ["+model.prediction={timbre:{type:MLPEncoder},height:{type:MLPEncoder}}"]
LABELS += ["+data.dataset.metadata_callbacks={height:{type:float}}"]


@pytest.fixture(scope="session", autouse=True)
def short_trajectories() -> Iterator[None]:
    """A page takes most of its time for trajectories; those of one second show as much."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vschaos.report.listening.TRAJECTORY_SECONDS", 1.0)
        yield


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory, tone: Callable[..., np.ndarray]) -> Path:
    """Eleven tones, low or high, and one sound with a hostile name, all labelled."""
    root = tmp_path_factory.mktemp("report") / "sounds"
    lines: dict[str, list[str]] = {"timbre": [], "height": []}
    for number in range(12):
        height = list(TONES_HZ)[number % 2]
        name = f"data/{height}/{number}.wav" if number else HOSTILE
        write_audio(root / name, tone(TONES_HZ[height] * (1 + number / 50), RATE, 0.8), RATE)
        lines["timbre"].append(f"{name}\t{number % 2}\n")
        lines["height"].append(f"{name}\t{0.1 * number:.1f}\n")
    for task, rows in lines.items():
        (root / "metadata" / task).mkdir(parents=True)
        (root / "metadata" / task / "metadata.txt").write_text("".join(rows))
    (root / "metadata" / "timbre" / "classes.txt").write_text(f"0\tlow\n1\t{HOSTILE_CLASS}\n")
    return root


@pytest.fixture(scope="session")
def train_on(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Run]:
    def make(root: Path, *overrides: str) -> Run:
        rundir = tmp_path_factory.mktemp("runs")
        own = ("name=some run", f"rundir={rundir}", f"data.dataset.root={root}", *TINY)
        folder = train(composed("dgt_small", *own, *overrides))
        assert folder is not None
        return load_run(folder)

    return make


@pytest.fixture(scope="session")
def plain(sounds: Path, train_on: Callable[..., Run]) -> Run:
    """A model without labels."""
    return train_on(sounds, "data.dataset.held_out=0.4")


@pytest.fixture(scope="session")
def labelled(sounds: Path, train_on: Callable[..., Run]) -> Run:
    """A model that is conditioned on a class and a number, and predicts both."""
    return train_on(sounds, "data.dataset.held_out=0.4", *LABELS)


@pytest.fixture(scope="session")
def content(plain: Run) -> dict[str, Any]:
    return gather(plain)


@pytest.fixture(scope="session")
def labelled_content(labelled: Run) -> dict[str, Any]:
    return gather(labelled)


@pytest.fixture(scope="session")
def player_content(plain: Run) -> dict[str, Any]:
    """Of a model that has metrics and no capability."""
    return gather(with_model(plain, Player(plain.sample_rate)))


@pytest.fixture(scope="session")
def page(labelled: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the model with labels."""
    return write_report(labelled.folder, out=tmp_path_factory.mktemp("page") / "page.html")
