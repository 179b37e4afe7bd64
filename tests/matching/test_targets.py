"""Sounds of anybody become notes to match."""

from pathlib import Path

import numpy as np
import pytest

from tests.data.notes.tones import RATE, note
from vschaos.audio.files import UnusableAudioError, write_audio
from vschaos.matching.targets import NO_PITCH, SILENCE, describe, read_targets


def test_noise_has_no_pitch_and_says_so() -> None:
    noise = np.random.default_rng(0).standard_normal(RATE // 2).astype(np.float32)
    target = describe("noise", Path("noise.wav"), 0.0, 0.1 * noise, RATE)
    assert target.remarks == (NO_PITCH,)
    assert target.pitch == 60.0
    assert target.level_db == pytest.approx(-20.0, abs=0.3)


def test_any_file_is_read(tmp_path: Path) -> None:
    stereo = np.stack([note(440.0, 0.2, 0.3), np.zeros(round(0.3 * RATE), np.float32)])
    path = tmp_path / "schön, take 2.wav"
    write_audio(path, stereo, RATE)
    (target,), end = read_targets(path, "schön", 22050, 2.0, most=4)
    assert target.name == "schön"
    assert target.sample_rate == 22050
    assert target.pitch == pytest.approx(69.0, abs=0.05)
    assert end == float("inf")


def test_pieces_are_named_by_where_they_begin(tmp_path: Path) -> None:
    melody = np.concatenate([note(hz, 0.15, 0.25) for hz in (220, 330, 440, 550)])
    write_audio(tmp_path / "a.wav", melody, RATE)
    targets, end = read_targets(tmp_path / "a.wav", "a", RATE, 2.0, most=3)
    assert [target.name for target in targets] == ["a@0.00s", "a@0.25s", "a@0.50s"]
    assert end == pytest.approx(0.75, abs=0.01)


def test_a_pitch_that_somebody_knows_is_taken(tmp_path: Path) -> None:
    write_audio(tmp_path / "a.wav", note(440.0, 0.2, 0.3), RATE)
    (target,), _ = read_targets(tmp_path / "a.wav", "a", RATE, 2.0, most=4, pitch=45.5)
    assert target.pitch == 45.5


def test_silence_is_called_so(tmp_path: Path) -> None:
    write_audio(tmp_path / "a.wav", np.zeros(RATE, np.float32), RATE)
    (target,), _ = read_targets(tmp_path / "a.wav", "a", RATE, 2.0, most=4)
    assert target.remarks == (SILENCE,)
    assert target.is_silent


@pytest.mark.parametrize(("length", "why"), [(0, "empty"), (1, "too short"), (1800, "too short")])
def test_what_is_no_sound_is_refused(length: int, why: str, tmp_path: Path) -> None:
    write_audio(tmp_path / "a.wav", np.full(length, 0.1, np.float32), RATE)
    with pytest.raises(UnusableAudioError, match=why):
        read_targets(tmp_path / "a.wav", "a", RATE, 2.0, most=4)


def test_sounds_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    write_audio(tmp_path / "a.wav", np.full(RATE, np.nan, np.float32), RATE)
    with pytest.raises(UnusableAudioError, match="NaN"):
        read_targets(tmp_path / "a.wav", "a", RATE, 2.0, most=4)
