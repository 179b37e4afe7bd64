"""One file that is too loud changes nothing for the others, and is reported."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from vschaos.audio.files import write_audio
from vschaos.data.cache.store import open_store
from vschaos.data.full_scale import gain_for, loudest_usual, usual_peak

RATE = 8000
NAME = "data/int16.wav"
Tone = Callable[..., np.ndarray]


@pytest.fixture
def dataset(dataset: Path, tone: Tone) -> Path:
    """With one float file at the scale of 16-bit integers."""
    write_audio(dataset / NAME, tone(amplitude=32768.0), RATE)
    return dataset


@pytest.mark.parametrize(("choice", "peak"), [("scale", 0.5), ("keep", 32768.0), ("skip", None)])
def test_a_file_beyond_full_scale_is_scaled_kept_or_left_out(
    dataset: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, choice: str, peak: float | None
) -> None:
    for _ in range(2):  # imported, then from the cache
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            opened = open_store(
                dataset, RATE, "mix", 1, cache=tmp_path / "cache", beyond_full_scale=choice
            )
        reported = [record.getMessage() for record in caplog.records if NAME in record.getMessage()]
        assert len(reported) == 1
        assert "90 dB above full scale" in reported[0]
        assert f"data.dataset.beyond_full_scale={choice}" in reported[0]
        for store in (opened, pickle.loads(pickle.dumps(opened))):
            peaks = {
                file.name: float(np.abs(store.read(file, -5, file.length + 10)).max())
                for file in store.files
            }
            # tones of 0.5 are the others; resampled peaks are within 1 %
            assert peaks.get(NAME) == (None if peak is None else pytest.approx(peak, rel=0.01))
            assert all(store.peak(name) == pytest.approx(there) for name, there in peaks.items())
            assert peaks["data/a.wav"] == pytest.approx(0.5, rel=0.01)


def test_a_resumed_training_scales_as_it_began(dataset: Path, tmp_path: Path) -> None:
    store = open_store(dataset, RATE, "mix", 1, cache=tmp_path / "cache", beyond_full_scale="scale")
    store.scale_to(0.25)
    for one in (store, pickle.loads(pickle.dumps(store))):  # as workers of a loader get it
        assert one.peak(NAME) == pytest.approx(0.25)
        assert one.peak("data/a.wav") == pytest.approx(0.5, rel=0.01)


def test_a_peak_that_programs_leave_is_not_touched(
    dataset: Path, tone: Tone, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """True peaks of loud masters lie up to 3 dB above full scale."""
    write_audio(dataset / NAME, tone(amplitude=1.4), RATE)
    store = open_store(dataset, RATE, "mix", 1, beyond_full_scale="scale")
    assert store.peak(NAME) == pytest.approx(1.4, rel=0.01)
    assert not [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert gain_for(1.4, "scale", 0.5) == gain_for(8.0, "keep", 0.5) == 1.0
    assert gain_for(8.0, "scale", 0.5) == pytest.approx(0.5 / 8.0)


def test_the_usual_peak_is_that_of_the_others() -> None:
    assert usual_peak([0.2, 0.3, 0.4, 32768.0]) == pytest.approx(0.3)
    assert usual_peak([1.4, 1.3, 8.0]) == 1.0  # never beyond full scale
    assert usual_peak([0.0, 8.0]) == usual_peak([]) == 1.0  # silence says nothing


def test_a_choice_that_is_none_is_refused(dataset: Path) -> None:
    with pytest.raises(ValueError, match="one of scale, keep, skip, got 'normalise'"):
        open_store(dataset, RATE, "mix", 1, beyond_full_scale="normalise")


def test_one_file_does_not_move_what_is_usual() -> None:
    others = [0.01 * 2**number for number in range(8)]  # 42 dB, as from ppp to fff
    usual = loudest_usual(others)
    assert all(peak <= usual for peak in others)
    for outlier in (1e3, 1e6):
        assert max(others) < loudest_usual([*others, outlier]) < outlier
    assert loudest_usual([0.001, 1.0]) == np.inf  # of two, nobody knows which is usual
