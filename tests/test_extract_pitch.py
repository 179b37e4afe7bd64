"""The command line, with the smallest network."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest

from vschaos.audio.files import write_audio
from vschaos.cli.extract_pitch import main

PROGRAM = Path(__file__).parents[1] / "extract_pitch.py"
C4_HZ, A4_HZ = 261.63, 440.0


class Typed(Protocol):
    def __call__(self, *options: str, expected: int = 0) -> str:
        """What the command says."""
        ...


@pytest.fixture
def typed(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Typed:
    def call(*options: str, expected: int = 0) -> str:
        assert main(command(root, tmp_path / "cache", *options)[2:]) == expected
        return capsys.readouterr().err

    return call


def command(root: Path, cache: Path, *options: str) -> list[str]:
    return [sys.executable, str(PROGRAM), str(root), "--model=tiny", f"--cache={cache}", *options]


def content(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def root(tmp_path: Path, tone: Callable[..., np.ndarray]) -> Path:
    root = tmp_path / "my sounds"
    steps = np.concatenate([tone(hz, 22050, 0.4) for hz in (C4_HZ, A4_HZ)])
    write_audio(root / "data" / "steps.wav", steps, 22050)
    return root


def test_a_dataset_is_labelled(root: Path, tmp_path: Path, typed: Typed) -> None:
    said = typed()
    assert "next: vschaos train --config-name dgt_pitch_cond name=my_training" in said
    assert f"'data.dataset.root={root}'" in said
    assert "pitch: 0.0 of 0.0 minutes are voiced" in said
    track = (root / "metadata" / "pitch" / "tracks" / "steps.txt").read_text().splitlines()
    longest = sorted(track, key=lambda line: _seconds(line)[0] - _seconds(line)[1])[:2]
    assert [line.split("\t")[1] for line in sorted(longest, key=_seconds)] == ["3", "0"]
    # the border between the notes lies where it was made, give or take 20 ms
    assert min(abs(onset - 0.4) for onset, _ in map(_seconds, track)) < 0.02
    labels = content(root)
    said = typed()
    assert content(root) == labels
    said = typed(f"--cache={tmp_path / 'other'}", "--fmin", "300", "--batch_size", "7")
    assert "the pitch labels that were there before are kept in" in said
    assert "\t3" not in (root / "metadata" / "pitch" / "tracks" / "steps.txt").read_text()


def _seconds(line: str) -> tuple[float, float]:
    onset, offset = line.split("\t")[0].split(",")
    return float(onset), float(offset)


@pytest.mark.slow
def test_a_killed_run_leaves_the_labels_and_is_resumed(
    root: Path, tmp_path: Path, typed: Typed, tone: Callable[..., np.ndarray]
) -> None:
    cache = tmp_path / "cache"
    typed()
    before = content(root / "metadata")
    for number in range(6):
        write_audio(root / "data" / f"{number}.wav", tone(A4_HZ, 16000, 1.0), 16000)
    os.utime(root / "data" / "steps.wav", (1, 1))
    killed = subprocess.Popen(command(root, cache), stderr=subprocess.DEVNULL)
    while killed.poll() is None and len(list((cache / "pitch").glob("*.pitch"))) < 2:
        time.sleep(0.01)
    killed.kill()
    assert killed.wait() != 0
    assert content(root / "metadata") == before
    kept = {path: path.stat().st_mtime_ns for path in (cache / "pitch").glob("*.pitch")}
    typed()
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert len(list((cache / "pitch").glob("*.pitch"))) == 8
    assert len((root / "metadata" / "octave" / "metadata.txt").read_text().splitlines()) == 7


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--threshold", "2"], "--threshold must be 0 to 1, got 2"),
        (["--fmin", "500", "--fmax", "400"], "500 and 400"),
        (["--hop_length", "5"], "--hop_length must be 16 to 1600"),
    ],
)
def test_a_mistake_is_one_sentence(
    root: Path, typed: Typed, options: list[str], message: str
) -> None:
    (said,) = typed(*options, expected=1).splitlines()
    assert message in said
    assert not (root / "metadata").exists()
