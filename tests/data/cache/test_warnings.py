"""A training says what its sounds are, at each start."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from vschaos.audio.files import write_audio
from vschaos.data.cache.store import open_store
from vschaos.data.remarks import NAMES_SHOWN

RATE = 8000
Tone = Callable[..., np.ndarray]


@pytest.fixture
def reported(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """Warnings since they were asked for last."""

    def take() -> list[str]:
        messages = [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]
        caplog.clear()
        return messages

    return take


@pytest.mark.parametrize("factor", [-1.0, -0.9])
def test_channels_that_cancel_are_reported_at_each_start(
    dataset: Path, tone: Tone, reported: Callable[[], list[str]], factor: float
) -> None:
    write_audio(dataset / "data" / "x.wav", np.stack([tone(), factor * tone()]), RATE)
    for _ in range(2):  # as it is imported, and from the cache
        store = open_store(dataset, RATE, "mix", 1)
        assert len(store.files) == (4 if factor == -1.0 else 5)
        messages = reported()
        assert "data/x.wav: its channels cancel each other" in messages[0]
        assert not any("it is silent" in message for message in messages)
    assert len(open_store(dataset, RATE, 1, 1).files) == 5
    assert not reported()


def test_of_many_some_are_named(
    dataset: Path, tone: Tone, reported: Callable[[], list[str]], tmp_path: Path
) -> None:
    for number in range(NAMES_SHOWN + 2):
        write_audio(dataset / "data" / f"{number}.wav", tone(amplitude=10.0), RATE)
    open_store(dataset, RATE, "mix", 1)
    messages = reported()
    assert len(messages) == NAMES_SHOWN + 1
    assert "and 2 more" in messages[-1]


def test_sounds_of_a_low_rate_are_reported_of_the_model_that_learns_them(
    dataset: Path, tone: Tone, reported: Callable[[], list[str]]
) -> None:
    write_audio(dataset / "data" / "x.wav", tone(sample_rate=44100), 44100)
    open_store(dataset, 44100, "mix", 1)
    (message,) = reported()
    assert message.startswith("4 of 5 sounds at 8000 Hz: they have nothing above 4000 Hz")
    open_store(dataset, RATE, "mix", 1)
    assert not reported()
