"""A resumed training keeps its sides; parts of files are read as if they were files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from vschaos.data.cache.manifest import CachedWaveform
from vschaos.data.cache.store import SoundStore
from vschaos.data.split import Split, resume_split

NAMES = [f"data/sound {number}.wav" for number in range(20)]
BEGUN = Split(
    train=NAMES[2:],
    held_out=[*NAMES[:2], NAMES[9]],
    parts={"train": {NAMES[9]: (0, 500)}, "held_out": {NAMES[9]: (600, 800)}},
    digests={name: f"{number:016x}" for number, name in enumerate(NAMES)},
)


def test_a_resumed_training_keeps_its_sides_and_parts(caplog: pytest.LogCaptureFixture) -> None:
    kept = json.loads(json.dumps(BEGUN.to_json()))
    again = Split(**kept)
    assert resume_split(NAMES[::-1], BEGUN, BEGUN.digests) == BEGUN
    assert not caplog.records
    assert again.to_json() == kept
    gone = {NAMES[0], NAMES[2]}
    there = [name for name in NAMES if name not in gone] + ["data/new.wav"]
    now = {**(BEGUN.digests or {}), NAMES[3]: "f" * 64}
    split = resume_split(there, BEGUN, now)
    assert split.train == NAMES[4:]
    assert split.held_out == [NAMES[1], NAMES[9]]
    assert split.part("held_out", NAMES[9]) == (600, 800)
    assert "2 files are not there any more" in caplog.text
    assert f"1 files hold another sound now ({NAMES[3]})" in caplog.text
    assert "1 files are new since the training began (data/new.wav)" in caplog.text


def test_another_dataset_is_not_resumed() -> None:
    with pytest.raises(ValueError, match=r"none of the 18 files .* data\.dataset\.root"):
        resume_split(["other.wav"], BEGUN, {})
    with pytest.raises(ValueError, match=r"none of the 18 files .* data\.dataset\.root"):
        resume_split(NAMES, BEGUN, dict.fromkeys(NAMES, "f" * 64))


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> SoundStore:
    """Two files at 10 Hz whose samples count from 1."""
    lengths = {"a.wav": 6000, "deep/take.wav": 12_000}
    pieces = {
        name: (Path(name), CachedWaveform(10, length, 0.5, 0, 10, 1, 0.0))
        for name, length in lengths.items()
    }
    made = SoundStore(10, pieces)
    monkeypatch.setattr(made, "samples", lambda name: np.arange(1.0, lengths[name] + 1))
    return made


def test_a_part_is_read_like_a_file(store: SoundStore) -> None:
    split = Split(
        train=["a.wav", "deep/take.wav"],
        held_out=["deep/take.wav"],
        parts={
            "train": {"deep/take.wav": (0, 9000)},
            "held_out": {"deep/take.wav": (9300, 12_000)},
        },
    )
    (part,) = split.files("held_out", store)
    assert part == ("deep/take.wav", 6000 + 9300, 2700, 9300)
    np.testing.assert_array_equal(store.read(part, -2, 4), [0, 0, 9301, 9302])
    np.testing.assert_array_equal(store.read(part, 2698, 4), [11_999, 12_000, 0, 0])
    trained = split.files("train", store)[1]
    np.testing.assert_array_equal(store.read(trained, 8998, 4), [8999, 9000, 0, 0])
    assert store.level(part.part(0, 2)) == pytest.approx(9301.5, rel=1e-6)
    assert split.describe("train", store) == (
        "25.0 minutes to train with (1 file and part of take.wav)"
    )
    assert split.describe("held_out", store) == ("4.5 minutes held out (part of take.wav)")
