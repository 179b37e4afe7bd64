"""Sounds that are written are the same bytes at any time, and any program reads them."""

from __future__ import annotations

import struct
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from vschaos.audio import wav
from vschaos.audio.wav import WavWriter


def write(path: Path, sound: np.ndarray, *lengths: int) -> bytes:
    """The file of a sound `[C, T]` that was written in blocks of such lengths."""
    with WavWriter(path, 44100, len(sound)) as file:
        for block in np.split(sound, np.cumsum(lengths), axis=1):
            file.write(block)
    return path.read_bytes()


@pytest.fixture
def sound() -> np.ndarray:
    return np.random.default_rng(0).normal(0, 3, (2, 500)).astype(np.float32)


def test_bytes_depend_on_samples_alone(
    tmp_path: Path, sound: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = write(tmp_path / "a.wav", sound)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 3600)
    assert write(tmp_path / "b.wav", sound, 100, 7) == first
    time.sleep(1.0 - now % 1.0)  # libsndfile's clock, which no patch reaches, counts seconds
    assert write(tmp_path / "c.wav", sound) == first


@pytest.mark.parametrize("num_channels", [1, 2, 5])
def test_what_is_written_is_read(tmp_path: Path, num_channels: int) -> None:
    sound = np.random.default_rng(1).normal(0, 3, (num_channels, 300)).astype(np.float32)
    write(tmp_path / "a.wav", sound, 256)
    found, sample_rate = soundfile.read(tmp_path / "a.wav", dtype="float32", always_2d=True)
    np.testing.assert_array_equal(found.T, sound)
    info = soundfile.info(tmp_path / "a.wav")
    assert (sample_rate, info.format, info.subtype) == (44100, "WAV", "FLOAT")


def test_nothing_is_an_empty_sound(tmp_path: Path) -> None:
    write(tmp_path / "a.wav", np.zeros((1, 0), np.float32))
    assert soundfile.info(tmp_path / "a.wav").frames == 0


def test_beyond_four_gigabytes_it_is_rf64(tmp_path: Path) -> None:
    path, hole = tmp_path / "a.wav", 2**30  # samples that take no room on a disk
    with WavWriter(path, 44100, 1) as file:
        file._file.seek(wav.SAMPLE_BYTES * hole, 1)
        file.length += hole
        file.write(np.array([0.25, -3.0], np.float32))
    info = soundfile.info(path)
    assert (info.format, info.subtype, info.frames) == ("RF64", "FLOAT", hole + 2)
    ends, _ = soundfile.read(path, start=hole, dtype="float32")
    assert ends.tolist() == [0.25, -3.0]
    path.unlink()


@pytest.mark.parametrize("content", [b"", b"odd", b"even"])
def test_further_chunks_stand_before_the_samples(tmp_path: Path, content: bytes) -> None:
    sound = np.random.default_rng(2).normal(0, 1, (1, 99)).astype(np.float32)
    chunks = [(b"clm ", content), (b"note", b"another")]
    with WavWriter(tmp_path / "a.wav", 44100, 1, chunks) as file:
        file.write(sound)
    found, _ = soundfile.read(tmp_path / "a.wav", dtype="float32", always_2d=True)
    np.testing.assert_array_equal(found.T, sound)
    with (tmp_path / "a.wav").open("rb") as there:
        stored = {}
        while (at := there.tell()) < (tmp_path / "a.wav").stat().st_size:
            name, size = struct.unpack("<4sI", there.read(8))
            if name == b"RIFF":
                assert at + 8 + size == (tmp_path / "a.wav").stat().st_size
                there.read(4)
                continue
            stored[name] = there.read(size)
            there.read(size % 2)
    assert list(stored) == [b"JUNK", b"fmt ", b"clm ", b"note", b"fact", b"data"]
    assert (stored[b"clm "], stored[b"note"]) == chunks[0][1:] + chunks[1][1:]


def test_a_chunk_of_another_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must be four bytes, got b'clm'"):
        WavWriter(tmp_path / "a.wav", 44100, 1, [(b"clm", b"")])
    assert not (tmp_path / "a.wav").exists()


def test_a_block_of_other_channels_is_refused(tmp_path: Path, sound: np.ndarray) -> None:
    with (
        WavWriter(tmp_path / "a.wav", 44100, 1) as file,
        pytest.raises(ValueError, match="expected 1 channels, got 2"),
    ):
        file.write(sound)
