"""The sides of a training are told in minutes, and so are the classes that have no sound."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vschaos.audio.files import write_audio
from vschaos.data.cache.store import open_store
from vschaos.data.metadata.task import read_task
from vschaos.data.split import Split
from vschaos.labels import Vocabulary
from vschaos.training.sides import choose_sides, with_unseen_classes

RATE, EXCERPT = 8000, 512
CONFIG: dict[str, Any] = {"seed": 0, "data": {"dataset": {"held_out": 0.1}}}


def _sides(root: Path, begun: Split | None = None) -> Split:
    store = open_store(root, RATE, "mix", min_length=1)
    return choose_sides(CONFIG, store, {}, EXCERPT, begun)


@pytest.fixture
def take(tmp_path: Path, tone: Callable[..., np.ndarray]) -> Path:
    """A take of two minutes and a click."""
    root = tmp_path / "set"
    write_audio(root / "data" / "take.wav", tone(300.0, RATE, 120.0), RATE)
    write_audio(root / "data" / "click.wav", tone(900.0, RATE, 0.1), RATE)
    return root


@pytest.mark.parametrize("seed", range(3))
def test_of_a_take_and_a_click_the_end_of_the_take_is_held_out(
    take: Path, seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    store = open_store(take, RATE, "mix", min_length=1)
    split = choose_sides({**CONFIG, "seed": seed}, store, {}, EXCERPT, None)
    assert split.train == ["data/click.wav", "data/take.wav"]
    assert split.held_out == ["data/take.wav"]
    assert split.seconds("held_out", store) == pytest.approx(12.0, abs=0.1)
    told = "1.8 minutes to learn from (1 file and part of take.wav), 12.0 seconds held out (part of"
    assert told in caplog.text


def test_a_file_that_changed_is_left_out_of_a_resumed_training(
    take: Path, tone: Callable[..., np.ndarray], caplog: pytest.LogCaptureFixture
) -> None:
    begun = _sides(take)
    assert _sides(take, begun) == begun
    write_audio(take / "data" / "click.wav", tone(901.0, RATE, 0.1), RATE)
    assert _sides(take, begun).train == ["data/take.wav"]
    assert "1 files hold another sound now (data/click.wav)" in caplog.text


def test_classes_without_a_sound_are_told(dataset: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    store = open_store(dataset, RATE, "mix", min_length=1)
    tasks = {name: read_task(dataset, name) for name in ("pitch", "octave")}
    split = Split(train=["data/a.wav", "data/b.wav"], held_out=["data/deep/c.wav"])
    vocabularies = {name: task.vocabulary for name, task in tasks.items()}
    found = with_unseen_classes(vocabularies, tasks, split, store)
    assert found["octave"].unseen == (0, 1, 2, 4)
    assert found["pitch"].unseen == tuple(range(2, 12))
    assert Vocabulary.from_json(found["octave"].to_json()) == found["octave"]
    assert "octave: 4 of 5 classes have no sound to learn from (0, 1, 2, 4)" in caplog.text
