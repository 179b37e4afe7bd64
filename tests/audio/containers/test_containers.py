"""Files are read to the end of what is in them, whatever their headers say."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from vschaos.audio.containers import find_streams
from vschaos.audio.files import (
    UnusableAudioError,
    duration_seconds,
    probe,
    read_audio,
    read_blocks,
    read_channels,
)
from vschaos.data.cache.sources import room_for

RATE = 16000
SECONDS = 1.25
Listen = Callable[[np.ndarray, int], tuple[float, float]]
Lie = Callable[[bytes], bytes]


@pytest.fixture
def encoded(tmp_path: Path, tone: Callable[..., np.ndarray]) -> Callable[..., bytes]:
    """The bytes of a file with a tone."""

    def encode(extension: str, frequency_hz: float = 440.0, rate: int = RATE) -> bytes:
        file = tmp_path / f"encoded.{extension}"
        subtype = "PCM_16" if extension in ("wav", "aiff", "caf", "rf64") else None
        sound = tone(frequency_hz, rate, SECONDS)
        soundfile.write(file, sound, rate, subtype, format=extension.upper())
        content = file.read_bytes()
        file.unlink()
        return content

    return encode


def _replaced(place: int, new: bytes) -> Lie:
    return lambda content: content[:place] + new + content[place + len(new) :]


def _sized(name: bytes, layout: str, size: int, offset: int = 4) -> Lie:
    """The size of a chunk, and that of the file if it is a WAV."""

    def lie(content: bytes) -> bytes:
        if content.startswith(b"RIFF"):
            content = _replaced(4, struct.pack("<I", min(size + 36, 0xFFFFFFFF)))(content)
        return _replaced(content.index(name) + offset, struct.pack(layout, size))(content)

    return lie


def _flac_total(total: int) -> Lie:
    def lie(content: bytes) -> bytes:
        packed = int.from_bytes(content[18:26], "big") >> 36 << 36 | total
        return _replaced(18, packed.to_bytes(8, "big"))(content)

    return lie


def _mp3_count(count: int) -> Lie:
    def lie(content: bytes) -> bytes:
        tag = max(content.find(b"Xing", 0, 400), content.find(b"Info", 0, 400))
        return _replaced(tag + 8, struct.pack(">I", count))(content)

    return lie


def _without_tag(content: bytes) -> bytes:
    """From the second frame on; frames of a constant length begin with the same bytes."""
    return content[content.index(content[:2], 4) :]


LIES = {
    "wav of 0 bytes": ("wav", _sized(b"data", "<I", 0)),
    "wav of 4 GB": ("wav", _sized(b"data", "<I", 0xFFFFFFFF)),
    "wav of more than there is": ("wav", _sized(b"data", "<I", 10**6)),
    "wav of half": ("wav", _sized(b"data", "<I", RATE)),
    "rf64 of half": ("rf64", _sized(b"ds64", "<Q", RATE, offset=16)),
    "aiff of 0 bytes": ("aiff", _sized(b"SSND", ">I", 0)),
    "aiff of a part": ("aiff", _sized(b"SSND", ">I", 1000)),
    "caf of unknown length": ("caf", _sized(b"data", ">q", -1)),
    "caf of a part": ("caf", _sized(b"data", ">q", 1004)),
    "flac by a pipe": ("flac", _flac_total(0)),
    "flac of too few": ("flac", _flac_total(1000)),
    "flac of too many": ("flac", _flac_total(2**36 - 1)),
    "mp3 of too few": ("mp3", _mp3_count(5)),
    "mp3 of none": ("mp3", _mp3_count(0)),
    "mp3 of too many": ("mp3", _mp3_count(2**32 - 1)),
}


@pytest.mark.parametrize("name", LIES)
def test_a_header_that_lies_costs_no_sound(
    tmp_path: Path, encoded: Callable[..., bytes], name: str
) -> None:
    extension, lie = LIES[name]
    honest, file = tmp_path / f"honest.{extension}", tmp_path / f"lying.{extension}"
    honest.write_bytes(encoded(extension))
    file.write_bytes(lie(honest.read_bytes()))
    assert file.read_bytes() != honest.read_bytes()
    for decoded in (read_audio(file, RATE), read_channels(file)[0]):
        np.testing.assert_array_equal(decoded, read_audio(honest, RATE))
    assert len(decoded) == round(SECONDS * RATE)


@pytest.mark.parametrize("name", [name for name in LIES if name != "flac of too few"])
def test_the_room_for_it_is_that_of_its_sound(
    tmp_path: Path, encoded: Callable[..., bytes], name: str
) -> None:
    """Of a FLAC that promises too little, too little is foreseen, which refuses nothing."""
    extension, lie = LIES[name]
    file = tmp_path / f"lying.{extension}"
    file.write_bytes(lie(encoded(extension)))
    assert duration_seconds(file) == pytest.approx(SECONDS, abs=0.01)
    assert room_for([file], RATE) == pytest.approx(4 * RATE * SECONDS, rel=0.01)
    assert probe(file).length in (0, round(RATE * SECONDS))


@pytest.mark.parametrize("extension", ["wav", "flac", "ogg", "mp3"])
def test_joined_files_are_read_one_after_the_other(
    tmp_path: Path, encoded: Callable[..., bytes], listen: Listen, extension: str
) -> None:
    file = tmp_path / f"joined.{extension}"
    # the third one has another rate, as nobody would mean it
    parts = [encoded(extension), encoded(extension, 660.0), encoded(extension, 880.0, 32000)]
    file.write_bytes(b"".join(parts))
    decoded = read_audio(file, RATE)
    length = round(SECONDS * RATE)
    assert len(decoded) == pytest.approx(3 * length, abs=1)  # one of them is resampled
    assert duration_seconds(file) == pytest.approx(3 * SECONDS, abs=1e-3)
    for number, frequency_hz in enumerate((440.0, 660.0, 880.0)):
        part = decoded[number * length :][1000 : length - 1000]
        assert listen(part, RATE)[0] == pytest.approx(frequency_hz, abs=1.0)
    assert read_channels(file).shape[0] == 1


def test_joined_files_of_a_pipe_are_read_as_well(
    tmp_path: Path, encoded: Callable[..., bytes]
) -> None:
    (tmp_path / "joined.flac").write_bytes(2 * _flac_total(0)(encoded("flac")))
    assert len(read_audio(tmp_path / "joined.flac", RATE)) == round(2 * SECONDS * RATE)


def test_an_mp3_without_a_count_is_read_to_its_end(
    tmp_path: Path, tone: Callable[..., np.ndarray]
) -> None:
    """Its length is guessed by the first frames then, which are those of silence here, and short:
    without help only a part of it is read."""
    file = tmp_path / "variable.mp3"
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 3 * 44100)
    sound = np.concatenate([noise, np.zeros(3 * 44100)])
    with soundfile.SoundFile(file, "w", 44100, 1, bitrate_mode="VARIABLE") as written:
        written.write(sound)
    whole = file.read_bytes()
    file.write_bytes(_without_tag(whole))
    with soundfile.SoundFile(file) as by_its_size:
        assert by_its_size.frames < 0.9 * len(sound) or by_its_size.frames > 1.1 * len(sound)
    # encoders append and prepend a few frames of 1152 samples
    assert len(read_audio(file, 44100)) == pytest.approx(len(sound), abs=4 * 1152)
    assert duration_seconds(file) == pytest.approx(6.0, abs=0.1)


@pytest.mark.parametrize("extension", ["wav", "aiff", "caf", "ogg", "mp3"])
def test_honest_files_are_left_to_their_decoder(
    tmp_path: Path, encoded: Callable[..., bytes], extension: str
) -> None:
    content = encoded(extension)
    trailers = [b"", b"TAG" + bytes(125)] + [bytes(512)] * (extension != "ogg")
    if extension == "wav":
        trailers += [
            b"LIST" + struct.pack("<I", 4) + b"INFO",
            b"id3 " + struct.pack("<I", 3) + b"abc\0",
        ]
    for trailer in trailers:
        (tmp_path / "honest").write_bytes(content + trailer)
        with (tmp_path / "honest").open("rb") as file:
            assert find_streams(file) is None
        assert len(read_audio(tmp_path / "honest", RATE)) == round(SECONDS * RATE)


def test_tags_before_and_after_frames_are_no_sound(
    tmp_path: Path, encoded: Callable[..., bytes]
) -> None:
    file = tmp_path / "tagged"
    id3 = b"ID3\x04\0\0" + bytes([0, 0, 4, 0]) + b"\xff\xfb\x90\x64" * 128
    for extension in ("mp3", "flac"):
        honest = encoded(extension)
        file.write_bytes(id3 + honest + b"TAG" + bytes(125))
        assert len(read_audio(file, RATE)) == round(SECONDS * RATE)
        file.write_bytes(id3 + honest + id3 + honest)
        if extension == "mp3":
            assert len(read_audio(file, RATE)) == round(2 * SECONDS * RATE)


def test_a_part_that_cannot_be_read_is_refused(
    tmp_path: Path, encoded: Callable[..., bytes]
) -> None:
    content = encoded("ogg")
    second = bytearray(encoded("ogg", 660.0))
    second[28:34] = b"nobody"  # the name of its codec
    (tmp_path / "joined.ogg").write_bytes(content + second)
    with pytest.raises(UnusableAudioError, match="part 2 of 2 in it: it cannot be read"):
        read_audio(tmp_path / "joined.ogg", RATE)


def test_a_long_file_needs_no_more_memory(
    tmp_path: Path, encoded: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever stands in its header, blocks are of the length that is asked for."""
    file = tmp_path / "lying.flac"
    file.write_bytes(_flac_total(2**36 - 1)(encoded("flac")))
    monkeypatch.setattr("vschaos.audio.files.BLOCK_LENGTH", 1000)
    assert max(len(block) for block in read_blocks(file, RATE)) == 1000
