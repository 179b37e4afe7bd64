"""The two sides of a training are announced in minutes, as are the classes without a sound."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from vschaos.audio.files import write_audio
from vschaos.data.cache.store import open_store
from vschaos.data.metadata.task import read_task
from vschaos.data.sounds import sounds_with_classes, with_unseen_classes
from vschaos.data.split import Sound, Split, choose_split
from vschaos.labels import Vocabulary

RATE, EXCERPT = 8000, 512


def _split(root: Path, begun: Split | None = None, seed: int = 0) -> Split:
    store = open_store(root, RATE, "mix", min_length=1)
    sounds = [Sound(file.name, file.length) for file in store.files]
    return choose_split(store, sounds, 0.1, seed, EXCERPT, begun)


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
    split = _split(take, seed=seed)
    assert split.train == ["data/click.wav", "data/take.wav"]
    assert split.held_out == ["data/take.wav"]
    assert split.seconds("held_out", store) == pytest.approx(12.0, abs=0.1)
    text = "1.8 minutes to train with (1 file and part of take.wav), 12.0 seconds held out (part of"
    assert text in caplog.text


def test_a_file_that_changed_is_left_out_of_a_resumed_training(
    take: Path, tone: Callable[..., np.ndarray], caplog: pytest.LogCaptureFixture
) -> None:
    begun = _split(take)
    assert _split(take, begun) == begun
    write_audio(take / "data" / "click.wav", tone(901.0, RATE, 0.1), RATE)
    assert _split(take, begun).train == ["data/take.wav"]
    assert "1 files hold another sound now (data/click.wav)" in caplog.text


def test_classes_without_a_sound_are_announced(
    dataset: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    store = open_store(dataset, RATE, "mix", min_length=1)
    tasks = {name: read_task(dataset, name) for name in ("pitch", "octave")}
    split = Split(train=["data/a.wav", "data/b.wav"], held_out=["data/deep/c.wav"])
    vocabularies = {name: task.vocabulary for name, task in tasks.items()}
    found = with_unseen_classes(vocabularies, sounds_with_classes(store, tasks), split, store)
    assert found["octave"].unseen == (0, 1, 2, 4)
    assert found["pitch"].unseen == tuple(range(2, 12))
    assert Vocabulary.from_json(found["octave"].to_json()) == found["octave"]
    assert "octave: 4 of 5 classes have no training sound (0, 1, 2, 4)" in caplog.text
