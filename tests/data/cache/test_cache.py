"""The cache of imported sounds is listed, and cleared but for what is in use."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from vschaos.audio.files import write_audio
from vschaos.cli import cache as command
from vschaos.data.cache.manifest import cache_lock
from vschaos.data.cache.store import SoundStore, open_store

RATE = 8000
DAY_SECONDS = 86400


@pytest.fixture
def folder(tmp_path: Path, tone: Callable[..., np.ndarray]) -> Path:
    """A cache with two datasets, `one` and `two`, that share one of their two files each."""
    shared = tone(300.0, RATE, 3.0)
    for root, own in (("one", 400.0), ("two", 500.0)):
        write_audio(tmp_path / root / "data" / "shared.wav", shared, RATE)
        write_audio(tmp_path / root / "data" / "own.wav", tone(own, RATE, 3.0), RATE)
        _open(tmp_path / root, tmp_path / "cache")
    return tmp_path / "cache"


def _open(root: Path, cache: Path) -> SoundStore:
    return open_store(root, RATE, "mix", min_length=1, cache=cache)


def _run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["cache", *map(str, arguments)])
    return command.main()


def _sounds(cache: Path) -> int:
    return len([*cache.rglob("*.sound")])


def test_what_is_kept_is_listed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "pitch").mkdir()
    (folder / "pitch" / "tracked.pitch").write_bytes(bytes(500_000))
    store = _open(folder.parent / "one", folder)
    (two,) = [path for path in folder.glob("datasets/*.json") if "two" in path.read_text()]
    os.utime(two, (time.time() - 5.5 * DAY_SECONDS,) * 2)
    assert _run(monkeypatch, "--cache", folder) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        f"{folder}: 0.8 MB",  # three sounds, the pitches
        str(folder.parent / "one"),
        "2 files, 0.1 minutes at 8000 Hz, 0.2 MB, in use",
        str(folder.parent / "two"),
        "2 files, 0.1 minutes at 8000 Hz, 0.2 MB, used 5 days ago",
        "tracked pitches: 0.5 MB",
    ]
    del store
    assert _run(monkeypatch, "--cache", folder, "--clear-all") == 0
    assert capsys.readouterr().out == f"{folder}: 0.0 MB\n"
    assert {path.name for path in folder.iterdir()} <= {"lock", "datasets", "sounds"}


def test_a_dataset_goes_without_what_it_shares(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _sounds(folder) == 3
    assert _run(monkeypatch, "--cache", folder, "--clear", folder.parent / "one") == 0
    assert str(folder.parent / "one") not in capsys.readouterr().out
    assert _sounds(folder) == 2
    assert len(_open(folder.parent / "two", folder).files) == 2


def test_what_was_not_used_for_long_goes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (one,) = [path for path in folder.glob("datasets/*.json") if "one" in path.read_text()]
    os.utime(one, (time.time() - 10 * DAY_SECONDS,) * 2)
    _run(monkeypatch, "--cache", folder, "--clear-unused", 11)
    assert _sounds(folder) == 3
    _run(monkeypatch, "--cache", folder, "--clear-unused", 9)
    assert _sounds(folder) == 2
    assert not one.exists()


def test_what_another_process_uses_stays(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program = (
        "import sys; from pathlib import Path; from vschaos.data.cache.store import open_store\n"
        f"store = open_store(Path({str(folder.parent / 'one')!r}), {RATE}, 'mix', 1,"
        f" cache=Path({str(folder)!r}))\n"
        "print('opened', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as training:
        assert training.stdout is not None
        assert training.stdout.readline() == b"opened\n"
        assert _run(monkeypatch, "--cache", folder, "--clear-all") == 0
        assert f"{folder.parent / 'one'} is in use, and stays" in capsys.readouterr().out
        assert _sounds(folder) == 2
        training.kill()
    _run(monkeypatch, "--cache", folder, "--clear-all")
    assert _sounds(folder) == 0


def test_nothing_is_cleared_while_sounds_are_imported(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    importing = cache_lock(folder)
    importing.take(is_shared=True)
    assert _run(monkeypatch, "--cache", folder, "--clear-all") == 1
    assert "sounds are imported to" in capsys.readouterr().err
    assert _sounds(folder) == 3


def test_damaged_sounds_are_found(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = sorted(folder.rglob("*.sound"))[0]
    content = bytearray(path.read_bytes())
    content[1000] ^= 4
    path.write_bytes(content)
    assert _run(monkeypatch, "--cache", folder, "--verify") == 0
    assert "3 sounds were read, 1 were damaged and are removed" in capsys.readouterr().out
    assert _sounds(folder) == 2
    assert len(_open(folder.parent / "one", folder).files) == 2


def test_what_is_not_there_is_reported(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(monkeypatch, "--cache", folder, "--clear", folder.parent / "three") == 1
    assert "--clear must name datasets with sounds in the cache" in capsys.readouterr().err
    assert _run(monkeypatch, "--cache", folder.parent / "nowhere") == 1
    assert "--cache must be a folder" in capsys.readouterr().err
    assert _sounds(folder) == 3
