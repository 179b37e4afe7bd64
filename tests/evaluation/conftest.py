"""A short run without labels, and one that is conditioned on notes and predicts them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.test_configs import TINY, composed
from vschaos import load_run
from vschaos.audio.files import write_audio
from vschaos.data.pitch.notes import PITCH_CLASSES
from vschaos.runs import Run
from vschaos.training import train

RATE = 16000


@pytest.fixture(scope="session")
def notes(tmp_path_factory: pytest.TempPathFactory, tone: Callable[..., np.ndarray]) -> Path:
    """The twelve notes of an octave, each at three levels, labelled."""
    root = tmp_path_factory.mktemp("evaluation") / "notes"
    lines: dict[str, list[str]] = {"pitch": [], "octave": []}
    for number in range(12):
        midi = 72 + (number - 3) % 12  # of the octave that begins with C5
        hz = 440.0 * 2 ** ((midi - 69) / 12)
        sound = tone(hz, RATE, 0.3) + tone(2 * hz, RATE, 0.3, 0.2)
        for level in (1, 2, 3):
            name = f"data/sine/{number}_{level}.wav"
            write_audio(root / name, sound / level, RATE)
            lines["pitch"].append(f"{name}\t{number}\n")
            lines["octave"].append(f"{name}\t5\n")
    for task, rows in lines.items():
        (root / "metadata" / task).mkdir(parents=True)
        (root / "metadata" / task / "metadata.txt").write_text("".join(rows))
    named = [f"{number}\t{name}\n" for number, name in enumerate(PITCH_CLASSES)]
    (root / "metadata" / "pitch" / "classes.txt").write_text("".join(named))
    return root


@pytest.fixture(scope="session")
def train_notes(tmp_path_factory: pytest.TempPathFactory, notes: Path) -> Callable[[str], Run]:
    def make(recipe: str) -> Run:
        rundir = tmp_path_factory.mktemp("evaluated")
        own = (f"name={recipe}", f"rundir={rundir}", f"data.dataset.root={notes}", *TINY)
        settings = (f"model.sample_rate={RATE}", "data.dataset.held_out=0.15")
        folder = train(composed(recipe, *own, *settings))
        assert folder is not None
        return load_run(folder)

    return make


@pytest.fixture(scope="session")
def plain(train_notes: Callable[[str], Run]) -> Run:
    return train_notes("dgt_small")


@pytest.fixture(scope="session")
def labelled(train_notes: Callable[[str], Run]) -> Run:
    return train_notes("dgt_pitch_prediction")
