import logging
import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from vschaos.audio.files import Waveform, write_audio
from vschaos.data.metadata.writing import read_channel
from vschaos.data.pitch.extraction import Voicing, extract_pitch, find_notes, segments
from vschaos.data.pitch.tracking import SAMPLE_RATE, Frames

Tone = Callable[..., np.ndarray]
VOICING = Voicing(0.5, 30.0, 2000.0)


class Counter:
    """Finds pitches where a sine crosses zero upwards, and counts how often it is asked."""

    name = "counter"
    hop_length = 160
    context = 4
    threshold = 0.5
    range_hz = (30.0, 2000.0)

    def __init__(self, stop_at: int = 0) -> None:
        self.calls = 0
        self.stop_at = stop_at

    def __call__(self, audio: Waveform) -> tuple[np.ndarray, np.ndarray]:
        self.calls += 1
        if self.calls == self.stop_at:
            raise KeyboardInterrupt
        num_frames = max(1, len(audio) // self.hop_length)
        crossings = np.flatnonzero((audio[:-1] < 0) & (audio[1:] >= 0))
        period = np.diff(crossings).mean() if len(crossings) > 1 else SAMPLE_RATE
        return np.full(num_frames, SAMPLE_RATE / period), np.ones(num_frames)


def frames(pitch_hz: list[float]) -> Frames:
    shape = len(pitch_hz)
    return Frames(np.array(pitch_hz), np.ones(shape), np.full(shape, -20.0))


def labels(root: Path, task: str) -> dict[str, list[tuple[float, float, str]]]:
    """What stands in a task's folder, by the name of the sound."""
    folder = root / "metadata" / task
    found = {}
    for line in (folder / "metadata.txt").read_text(encoding="utf-8").splitlines():
        sound, track = line.split("\t")
        assert (root / sound).is_file()
        found[sound] = []
        for row in (folder / track).read_text(encoding="utf-8").splitlines():
            times, value = row.split("\t")
            onset, offset = times.split(",")
            found[sound].append((float(onset), float(offset), value))
    return found


@pytest.mark.parametrize(
    ("hz", "midi"), [(261.63, 60), (246.94, 59), (440.0, 69), (466.16, 70), (32.70, 24)]
)
def test_notes_are_the_nearest(hz: float, midi: int) -> None:
    assert find_notes(frames([hz] * 3), VOICING).tolist() == [midi] * 3
    for cents, note in ((-55, midi - 1), (-45, midi), (45, midi), (55, midi + 1)):
        assert find_notes(frames([hz * 2 ** (cents / 1200)] * 3), VOICING)[1] == note


def test_unvoiced_frames_have_no_note() -> None:
    pitch_hz = np.repeat([440.0, 440.0, 440.0, 20.0, 2500.0], 3)
    confidence = np.repeat([0.5, 0.49, 1.0, 1.0, 1.0], 3)
    level_db = np.repeat([-20.0, -20.0, -80.1, -20.0, -20.0], 3)
    notes = find_notes(Frames(pitch_hz, confidence, level_db), VOICING)
    assert notes.tolist() == [69] * 3 + [-1] * 12
    silent = Frames(pitch_hz, np.ones(15), np.full(15, -90.0))
    assert (find_notes(silent, VOICING) == -1).all()


def test_a_flicker_goes_and_a_border_stays() -> None:
    a4, c5 = 440.0, 523.25
    assert (find_notes(frames([a4, a4, c5, a4, a4]), VOICING) == 69).all()
    assert (find_notes(frames([a4, a4, 10.0, a4, a4]), VOICING) == 69).all()
    assert find_notes(frames([a4, a4, c5, c5]), VOICING).tolist() == [69, 69, 72, 72]
    assert find_notes(frames([a4]), VOICING).tolist() == [69]


def test_segments_cover_a_sound() -> None:
    values = np.random.default_rng(0).integers(-1, 3, 200)
    parts = segments(values, 0.01, 2.003)
    assert parts[0].onset == 0.0
    assert parts[-1].offset == 2.003
    for part, following in pairwise(parts):
        assert part.offset == following.onset
        assert part.value != following.value
    for number, value in enumerate(values):
        (there,) = (part for part in parts if part.onset <= number * 0.01 < part.offset)
        assert there.value == (None if value < 0 else value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1.1, 30.0, 2000.0), "--threshold.*1.1"),
        ((float("nan"), 30.0, 2000.0), "--threshold"),
        ((0.5, 0.0, 2000.0), "--fmin"),
        ((0.5, 500.0, 400.0), "500 and 400"),
        ((0.5, 30.0, float("inf")), "--fmax"),
    ],
)
def test_voicing_is_checked(arguments: tuple[float, float, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Voicing(*arguments)


@pytest.fixture
def sounds(tmp_path: Path, tone: Tone) -> Path:
    """C4, then nothing, then A4 at 44.1 kHz; B3 in stereo; a name with pitfalls."""
    root = tmp_path / "my söunds"
    rests = np.zeros(22050, np.float32)
    parts = (tone(261.63, 44100, 0.5), rests, tone(440.0, 44100, 0.5))
    write_audio(root / "data" / "C and A.wav", np.concatenate(parts), 44100)
    low = tone(246.94, 8000, 0.5)
    write_audio(root / "data" / "deep" / "b.wav", np.stack([low, 0.5 * low]), 8000)
    write_audio(root / "data" / "b.wav", tone(466.16, SAMPLE_RATE, 0.5), SAMPLE_RATE)
    return root


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def test_labels_are_written(sounds: Path, cache: Path) -> None:
    done = extract_pitch(sounds, Counter(), VOICING, cache)
    pitch, octave = labels(sounds, "pitch"), labels(sounds, "octave")
    assert sorted(pitch) == ["data/C and A.wav", "data/b.wav", "data/deep/b.wav"]
    assert pitch["data/b.wav"] == [(0.0, 0.5, "1")]
    assert octave["data/deep/b.wav"] == [(0.0, 0.5, "3")]
    assert pitch["data/deep/b.wav"] == [(0.0, 0.5, "2")]
    assert [value for *_, value in pitch["data/C and A.wav"]][1] == "none"
    assert pitch["data/C and A.wav"][-1][1] == pytest.approx(1.5, abs=1e-3)
    classes = (sounds / "metadata" / "pitch" / "classes.txt").read_text().splitlines()
    assert classes[0] == "0\tA"
    assert classes[11] == "11\tG#"
    octaves = (sounds / "metadata" / "octave" / "classes.txt").read_text().splitlines()
    assert octaves == [f"{number}\t{number}" for number in range(10)]
    assert done.num_files == 3
    assert done.num_skipped == 0
    assert done.seconds == pytest.approx(2.5, abs=0.01)
    assert 1.9 < done.voiced_seconds < 2.2


def test_no_file_is_tracked_twice(sounds: Path, cache: Path) -> None:
    extract_pitch(sounds, Counter(), VOICING, cache)
    before = labels(sounds, "pitch")
    again = Counter()
    extract_pitch(sounds, again, VOICING, cache)
    assert again.calls == 0
    assert labels(sounds, "pitch") == before
    extract_pitch(sounds, again, Voicing(0.5, 300.0, 2000.0), cache)
    assert again.calls == 0
    assert labels(sounds, "pitch")["data/deep/b.wav"] == [(0.0, 0.5, "none")]
    again.hop_length = 320
    extract_pitch(sounds, again, VOICING, cache)
    assert again.calls == 3


def test_what_changed_or_broke_is_tracked_again(sounds: Path, cache: Path) -> None:
    extract_pitch(sounds, Counter(), VOICING, cache)
    before = labels(sounds, "pitch")
    contents = [b"", b"PK\x03\x04 but no more", b"\x80\x04no pickle is read"]
    for cached, content in zip(sorted((cache / "pitch").iterdir()), contents, strict=True):
        cached.write_bytes(content)
    again = Counter()
    extract_pitch(sounds, again, VOICING, cache)
    assert again.calls == 3
    assert labels(sounds, "pitch") == before
    os.utime(sounds / "data" / "b.wav", (1, 1))
    extract_pitch(sounds, again, VOICING, cache)
    assert again.calls == 4


def test_ctrl_c_keeps_what_was_tracked(sounds: Path, cache: Path) -> None:
    hand_made = sounds / "metadata" / "pitch"
    hand_made.mkdir(parents=True)
    (hand_made / "metadata.txt").write_text("data/b.wav\t5\n")
    with pytest.raises(KeyboardInterrupt, match=r"after 2 of 3 files.*the same command"):
        extract_pitch(sounds, Counter(stop_at=3), VOICING, cache)
    assert [path.name for path in (sounds / "metadata").rglob("*")] == ["pitch", "metadata.txt"]
    again = Counter()
    done = extract_pitch(sounds, again, VOICING, cache)
    assert again.calls == 1
    assert (done.backups["pitch"] / "metadata.txt").read_text() == "data/b.wav\t5\n"


def test_bad_files_are_reported(
    sounds: Path, cache: Path, tone: Tone, caplog: pytest.LogCaptureFixture
) -> None:
    data = sounds / "data"
    (data / "broken.flac").write_bytes(b"fLaC but no more")
    (data / "empty.wav").touch()
    write_audio(data / "no samples.wav", np.zeros(0, np.float32), 44100)
    write_audio(data / "silent.wav", np.zeros(44100, np.float32), 44100)
    write_audio(data / "short.wav", tone(440.0, SAMPLE_RATE, 0.05), SAMPLE_RATE)
    write_audio(data / "tab\there.wav", tone(440.0, SAMPLE_RATE, 0.5), SAMPLE_RATE)
    with caplog.at_level(logging.WARNING):
        done = extract_pitch(sounds, Counter(), VOICING, cache)
    assert done.num_skipped == 4
    pitch = labels(sounds, "pitch")
    assert len(pitch) == 5
    assert pitch["data/silent.wav"] == [(0.0, 1.0, "none")]
    assert pitch["data/short.wav"] == [(0.0, 0.05, "none")]
    for message in (
        "skipped data/broken.flac: it cannot be read",
        "skipped data/empty.wav: it is empty",
        "skipped data/no samples.wav: it is empty",
        "skipped data/tab\there.wav: its name",
        "no pitch in data/silent.wav: it is silent",
        "no pitch in data/short.wav: it lasts 50 ms",
        "skipped 4 of 9 files",
    ):
        assert message in caplog.text


def test_sounds_may_lie_in_the_folder_itself(tmp_path: Path, cache: Path, tone: Tone) -> None:
    root = tmp_path / "flat"
    write_audio(root / "a.wav", tone(440.0, SAMPLE_RATE), SAMPLE_RATE)
    extract_pitch(root, Counter(), VOICING, cache)
    assert labels(root, "octave") == {"a.wav": [(0.0, 0.5, "4")]}


def test_nothing_to_label(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        extract_pitch(tmp_path / "nowhere", Counter(), VOICING, cache)
    with pytest.raises(FileNotFoundError, match="no audio file"):
        extract_pitch(tmp_path, Counter(), VOICING, cache)
    (tmp_path / "a.wav").touch()
    with pytest.raises(ValueError, match="none of the 1 files"):
        extract_pitch(tmp_path, Counter(), VOICING, cache)
    assert not (tmp_path / "metadata").exists()


def test_the_tracked_channel_is_noted(tmp_path: Path, cache: Path, tone: Tone) -> None:
    both = np.stack([tone(440.0, SAMPLE_RATE, 0.5), tone(523.25, SAMPLE_RATE, 0.5)])
    write_audio(tmp_path / "data" / "a.wav", both, SAMPLE_RATE)
    values = {}
    for channel in (1, 2):
        extract_pitch(tmp_path, Counter(), VOICING, cache, channel)
        values[channel] = labels(tmp_path, "pitch")["data/a.wav"][0][2]
        assert read_channel(tmp_path, "octave") == str(channel)
    assert values == {1: "0", 2: "3"}
    assert read_channel(tmp_path, "nowhere") is None


def test_the_folder_of_the_sounds_is_not_taken_for_the_dataset(sounds: Path, cache: Path) -> None:
    with pytest.raises(ValueError, match=r"got .*data, the folder of its sounds: did you mean"):
        extract_pitch(sounds / "data", Counter(), VOICING, cache)
    assert not (sounds / "data" / "metadata").exists()
