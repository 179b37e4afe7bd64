"""The cache command lists features, reads them, and removes them with the sounds they are of."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.data.features.toys import Frames
from vschaos.audio.files import write_audio
from vschaos.data.cache import __main__ as command
from vschaos.data.cache.store import open_store
from vschaos.data.features.store import feature_path, open_features, sound_of

RATE = 8000
Run = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path, tone: Callable[..., np.ndarray]) -> Path:
    """A cache with two datasets, `one` and `two`, that share one of their two files each."""
    shared = tone(300.0, RATE, 3.0)
    for root, own in (("one", 400.0), ("two", 500.0)):
        write_audio(tmp_path / root / "data" / "shared.wav", shared, RATE)
        write_audio(tmp_path / root / "data" / "own.wav", tone(own, RATE, 3.0), RATE)
        _open(tmp_path, root)
    return tmp_path / "cache"


def _open(folder: Path, root: str) -> object:
    sounds = open_store(folder / root, RATE, "mix", min_length=1, cache=folder / "cache")
    return open_features(sounds, [Frames(RATE, 1)], num_processes=1)


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: object) -> str:
        monkeypatch.setattr(sys, "argv", ["cache", "--cache", str(folder), *map(str, arguments)])
        assert command.main() == 0
        return capsys.readouterr().out

    return run


def _features(cache: Path) -> list[Path]:
    return sorted(cache.glob("features/*/*"))


def test_a_feature_lies_where_its_sound_is_known(tmp_path: Path) -> None:
    sound = tmp_path / "sounds" / "ab" / f"{'c' * 30}.sound"
    path = feature_path(sound, "0" * 64)
    assert path.parent == tmp_path / "features" / "ab"
    for left in (path, path.with_suffix(".lock"), path.with_name(f"{path.name}.partial")):
        assert sound_of(left) == sound


def test_features_are_listed_and_counted(folder: Path, run: Run) -> None:
    out = run()
    assert f"{folder}: 0.9 MB" in out  # three sounds of .1 MB, two channels of each
    assert out.count("2 files, 0.1 minutes at 8000 Hz, 0.2 MB and 0.4 MB of features") == 2


def test_features_go_with_their_sounds(folder: Path, run: Run) -> None:
    assert len(_features(folder)) == 3
    run("--clear", folder.parent / "one")
    assert len(_features(folder)) == 2
    assert "and 0.4 MB of features" in run()
    run("--clear-all")
    assert _features(folder) == []
    assert run() == f"{folder}: 0.0 MB\n"


def test_features_that_are_in_use_stay(folder: Path, run: Run) -> None:
    stores = _open(folder.parent, "one")  # held by the features alone
    assert "is in use, and stays" in run("--clear-all")
    assert len(_features(folder)) == 2
    del stores
    run("--clear-all")
    assert _features(folder) == []


def test_what_is_left_of_a_killed_process_or_of_no_sound_goes(folder: Path, run: Run) -> None:
    path = _features(folder)[0]
    orphan = path.with_name(f"{'0' * 30}.{'0' * 24}.feature")
    orphan.write_bytes(bytes(200_000))
    path.with_suffix(".lock").touch()
    path.with_name(f"{path.name}.partial").touch()
    assert "features of no dataset any more: 0.2 MB" in run()
    assert len(_features(folder)) == 6
    run("--clear-unused", 1000)
    assert len(_features(folder)) == 3
    assert path in _features(folder)


def test_features_that_were_not_used_for_long_go(folder: Path, run: Run) -> None:
    for path in _features(folder):
        os.utime(path, (time.time() - 10 * 86400,) * 2)
    stores = _open(folder.parent, "two")
    del stores
    run("--clear-unused", 9)
    assert len(_features(folder)) == 2
    assert len([*folder.glob("sounds/*/*")]) == 3
    for path in _features(folder):
        os.utime(path, (time.time() - 10 * 86400,) * 2)
    sounds = open_store(folder.parent / "two", RATE, "mix", min_length=1, cache=folder)
    run("--clear-unused", 9)  # what is in use stays
    assert len(_features(folder)) == len(sounds.files)


def test_damaged_features_are_found(folder: Path, run: Run) -> None:
    path = _features(folder)[1]
    content = bytearray(path.read_bytes())
    content[1000] ^= 4
    path.write_bytes(content)
    assert "3 sounds and 3 features were read, 1 were damaged and are removed" in run("--verify")
    assert len(_features(folder)) == 2
    _open(folder.parent, "one")
    _open(folder.parent, "two")
    assert len(_features(folder)) == 3
