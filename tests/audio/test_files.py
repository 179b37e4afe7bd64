"""Audio files come in as they sound, whatever their format, and go out whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from vschaos.audio import files as audio
from vschaos.audio.files import (
    UnusableAudioError,
    find_audio_files,
    read_audio,
    read_blocks,
    read_channels,
    resample,
    write_audio,
    write_flac,
)
from vschaos.audio.wav import WavWriter

Tone = Callable[..., np.ndarray]
Listen = Callable[[np.ndarray, int], tuple[float, float]]
TOLERANCE_DB = {"wav": 0.02, "flac": 0.02, "aiff": 0.02, "ogg": 0.5, "mp3": 0.5}  # two are lossy
RATES = (8000, 22050, 44100, 48000, 96000)
FORMATS = [
    (extension, rate)
    for extension in TOLERANCE_DB
    for rate in RATES
    if (extension, rate) != ("mp3", 96000)  # there is no such mp3
]


@pytest.mark.parametrize(("extension", "rate"), FORMATS)
@pytest.mark.parametrize("num_channels", [1, 2])
def test_a_tone_keeps_pitch_level_and_length(
    tmp_path: Path, tone: Tone, listen: Listen, extension: str, rate: int, num_channels: int
) -> None:
    file = tmp_path / f"tone.{extension}"
    samples = tone(1000.0, rate, 0.3)
    soundfile.write(file, np.stack([samples] * num_channels, axis=1), rate)
    for target in (rate, 44100):
        decoded = read_audio(file, target)
        assert decoded.dtype == np.float32
        assert abs(len(decoded) - 0.3 * target) <= 1
        frequency_hz, level_db = listen(decoded[target // 20 : -target // 20], target)
        assert frequency_hz == pytest.approx(1000.0, abs=1.0)
        assert level_db == pytest.approx(20 * np.log10(0.5), abs=TOLERANCE_DB[extension])


def test_what_lies_above_the_new_nyquist_does_not_fold_back(
    tmp_path: Path, tone: Tone, listen: Listen
) -> None:
    write_audio(tmp_path / "high.wav", tone(15_000.0, 44100), 44100)
    assert listen(read_audio(tmp_path / "high.wav", 16_000)[500:-500], 16_000)[1] < -90


def test_channels_are_mixed_or_chosen(tmp_path: Path) -> None:
    left, right = np.full(100, 0.5, np.float32), np.full(100, -0.25, np.float32)
    stereo, mono = tmp_path / "stereo.wav", tmp_path / "mono.wav"
    write_audio(stereo, np.stack([left, right]), 8000)
    write_audio(mono, left, 8000)
    for channel, expected in (("mix", 0.125), (1, 0.5), (2, -0.25), ("2", -0.25)):
        np.testing.assert_allclose(read_audio(stereo, 8000, channel), expected, atol=1e-7)
    for channel in ("mix", 1, 2):
        np.testing.assert_array_equal(read_audio(mono, 8000, channel), left)
    np.testing.assert_array_equal(read_channels(stereo), np.stack([left, right]))
    with pytest.raises(UnusableAudioError, match="2 channels, number 3"):
        read_audio(stereo, 8000, 3)


@pytest.mark.parametrize("channel", ["left", 0, -1, None, "1.5"])
def test_an_impossible_channel_is_refused_by_its_setting(tmp_path: Path, channel: object) -> None:
    write_audio(tmp_path / "mono.wav", np.ones(10, np.float32), 8000)
    with pytest.raises(ValueError, match=r"data\.dataset\.channel") as caught:
        read_audio(tmp_path / "mono.wav", 8000, channel)  # type: ignore[arg-type]
    assert not isinstance(caught.value, UnusableAudioError)  # not the fault of one file


@pytest.mark.parametrize("length", [1, 999, 1000, 4000, 4001])
@pytest.mark.parametrize("sample_rate", [8000, 44100, 3000])
def test_blocks_do_not_change_the_sound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int, sample_rate: int
) -> None:
    noise = np.random.default_rng(0).uniform(-1, 1, length).astype(np.float32)
    write_audio(tmp_path / "noise.wav", noise, 8000)
    whole = read_audio(tmp_path / "noise.wav", sample_rate)
    monkeypatch.setattr(audio, "BLOCK_LENGTH", 1000)
    blocks = list(read_blocks(tmp_path / "noise.wav", sample_rate))
    assert len(blocks) == -(-length // 1000)
    # float32 rounds differently as the resampler is called more often: -120 dB
    np.testing.assert_allclose(np.concatenate(blocks), whole, atol=1e-6)


def test_resampling_there_and_back_gives_the_sound_again(tone: Tone) -> None:
    sound = tone(500.0, 8000)
    back = resample(resample(sound, 8000, 44100), 44100, 8000)
    assert back.dtype == np.float32
    np.testing.assert_allclose(back[400:-400], sound[400:-400], atol=1e-4)  # -80 dB; edges ring
    assert resample(sound, 8000, 8000) is sound
    assert len(resample(sound[:0], 8000, 44100)) == 0


def _wav(tmp_path: Path) -> bytes:
    write_audio(tmp_path / "good.wav", np.ones(4000, np.float32), 8000)
    return (tmp_path / "good.wav").read_bytes()


@pytest.mark.parametrize("extension", ["wav", "flac", "ogg", "mp3", "aiff"])
@pytest.mark.parametrize(
    "content", [b"", b"this is a shopping list\n" * 99, bytes(range(255)) * 20]
)
def test_files_without_audio_are_refused(tmp_path: Path, extension: str, content: bytes) -> None:
    file = tmp_path / f"bad.{extension}"
    file.write_bytes(content)
    reason = r"\(Format not recognised\)" if content else "it is empty"
    with pytest.raises(UnusableAudioError, match=reason):
        read_audio(file, 8000)
    with pytest.raises(UnusableAudioError, match=r"bad\."):
        read_channels(file)


@pytest.mark.parametrize("kept", [4, 12, 20, 36])
def test_a_truncated_header_is_refused(tmp_path: Path, kept: int) -> None:
    (tmp_path / "cut.wav").write_bytes(_wav(tmp_path)[:kept])
    with pytest.raises(UnusableAudioError, match="cannot be read as audio"):
        read_audio(tmp_path / "cut.wav", 8000)


def test_a_truncated_sound_gives_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "cut.wav").write_bytes(_wav(tmp_path)[:-4000])
    assert len(read_audio(tmp_path / "cut.wav", 8000)) == 3000


def test_bytes_broken_half_way_are_refused(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).uniform(-1, 1, 60_000)
    soundfile.write(tmp_path / "broken.flac", noise, 44100)
    content = bytearray((tmp_path / "broken.flac").read_bytes())
    content[len(content) // 2 :][:500] = bytes(500)
    (tmp_path / "broken.flac").write_bytes(content[: len(content) // 2] + bytes(5000))
    with pytest.raises(UnusableAudioError, match="cannot be read as audio"):
        read_audio(tmp_path / "broken.flac", 44100)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: float
) -> None:
    monkeypatch.setattr(audio, "BLOCK_LENGTH", 100)
    sound = np.zeros((2, 1000), np.float32)
    sound[1, 950] = value
    write_audio(tmp_path / "bad.wav", sound, 8000)
    for sample_rate in (8000, 44100):
        with pytest.raises(UnusableAudioError, match="NaN or infinite"):
            read_audio(tmp_path / "bad.wav", sample_rate)
    assert not read_audio(tmp_path / "bad.wav", 8000, channel=1).any()


def test_sounds_of_no_and_of_one_sample(tmp_path: Path) -> None:
    for length in (0, 1):
        write_audio(tmp_path / "short.wav", np.full(length, 0.5, np.float32), 8000)
        assert len(read_audio(tmp_path / "short.wav", 8000)) == length
        assert len(read_audio(tmp_path / "short.wav", 16000)) == 2 * length


def test_a_sample_rate_beyond_reason_is_refused(tmp_path: Path) -> None:
    write_audio(tmp_path / "slow.wav", np.ones(100, np.float32), 10)
    with pytest.raises(UnusableAudioError, match="sample rate is 10 Hz"):
        read_audio(tmp_path / "slow.wav", 44100)


def test_paths_may_be_written_in_any_script(tmp_path: Path) -> None:
    file = tmp_path / "Ä öde mappe" / "日本 🎵 'q\".wav"
    write_audio(file, np.ones(10, np.float32), 8000)
    assert len(read_audio(file, 8000)) == 10
    assert find_audio_files(tmp_path) == [file]


def test_a_name_that_is_no_utf8_is_refused(tmp_path: Path) -> None:
    write_audio(tmp_path / "good.wav", np.ones(10, np.float32), 8000)
    file = tmp_path / os.fsdecode(b"caf\xe9.wav")  # as an old disk has them
    try:
        (tmp_path / "good.wav").rename(file)
    except OSError:
        pytest.skip("this file system takes UTF-8 alone")
    with pytest.raises(UnusableAudioError, match="UTF-8"):
        read_audio(file, 8000)


def test_audio_files_are_found_at_any_depth(tmp_path: Path) -> None:
    wanted = ["B.WAV", "a.wav", "deep/er/c.Flac", "deep/d.aif", "e.mp3", "f.ogg"]
    others = ["g.txt", "wav", ".h.wav", "._a.wav", ".git/i.wav", "deep/.j/k.wav", "l.wav.asd"]
    for name in wanted + others:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.wav").mkdir()
    (tmp_path / "gone.wav").symlink_to(tmp_path / "nowhere.wav")
    found = find_audio_files(tmp_path)
    assert {path.relative_to(tmp_path).as_posix() for path in found} == set(wanted)
    assert found == sorted(found)
    hidden = tmp_path / ".git"
    assert find_audio_files(hidden) == [hidden / "i.wav"]  # asked for by name


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    loud = np.random.default_rng(0).normal(0, 3, (2, 500)).astype(np.float32)
    assert np.abs(loud).max() > 5
    write_audio(tmp_path / "new" / "loud.wav", loud, 48000)
    np.testing.assert_array_equal(read_channels(tmp_path / "new" / "loud.wav"), loud)
    assert soundfile.info(tmp_path / "new" / "loud.wav").samplerate == 48000
    write_audio(tmp_path / "loud.wav", loud[0], 48000)
    np.testing.assert_array_equal(read_audio(tmp_path / "loud.wav", 48000), loud[0])


def test_long_sounds_are_written_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio, "BLOCK_LENGTH", 64)
    ramp = np.arange(1000, dtype=np.float32).reshape(2, 500)
    write_audio(tmp_path / "ramp.wav", ramp, 8000)
    np.testing.assert_array_equal(read_channels(tmp_path / "ramp.wav"), ramp)


def test_a_full_disk_leaves_the_former_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "sound.wav"
    write_audio(file, np.ones(10, np.float32), 8000)
    former = file.read_bytes()

    def fail(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(WavWriter, "write", fail)
    with pytest.raises(OSError, match=r"No space.*sound\.wav'"):
        write_audio(file, np.zeros(20, np.float32), 8000)
    assert file.read_bytes() == former
    assert list(tmp_path.iterdir()) == [file]


def test_channels_of_no_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.wav"):
        read_channels(tmp_path / "none.wav")


def test_a_flac_is_as_written_to_16_bits_and_never_clips(tmp_path: Path) -> None:
    sound = np.linspace(-1, 1, 999, dtype=np.float32)
    write_flac(tmp_path / "é.flac", sound, 8000)
    stored = read_audio(tmp_path / "é.flac", 8000)
    assert np.abs(stored - sound).max() <= 1 / 32768
    for peak in (1.01, np.nan):
        with pytest.raises(ValueError, match="samples from -1 to 1"):
            write_flac(tmp_path / "b.flac", peak * sound, 8000)
    with pytest.raises(OSError, match=r"c\.flac"):
        write_flac(tmp_path / "é.flac" / "c.flac", sound, 8000)
    assert [path.name for path in tmp_path.iterdir()] == ["é.flac"]
