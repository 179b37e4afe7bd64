"""Sounds of anybody become notes to match."""

from pathlib import Path

import numpy as np
import pytest

from vschaos.audio.files import UnusableAudioError, write_audio
from vschaos.matching.targets import (
    NO_PITCH,
    SILENCE,
    cut,
    describe,
    held_seconds,
    pitch_of,
    read_targets,
)

RATE = 44100


def note(
    hertz: float, held: float, seconds: float, release: float = 0.1, decay: float = 0.0
) -> np.ndarray:
    """Partials that are held, decay by `decay` dB a second, then by 60 dB in `release` seconds."""
    times = np.arange(round(seconds * RATE)) / RATE
    partials = [k for k in range(1, 9) if k * hertz < RATE / 2]
    wave = 0.2 * sum(np.sin(2 * np.pi * hertz * k * times) / k for k in partials)
    level_db = -decay * times - 60 * np.maximum(times - held, 0) / release
    return (wave * np.minimum(times / 0.003, 1) * 10 ** (level_db / 20)).astype(np.float32)


@pytest.mark.parametrize("hertz", [41.2, 110.0, 440.0, 1760.0, 3520.0])
def test_the_pitch_is_that_of_the_note(hertz: float) -> None:
    pitch, confidence = pitch_of(note(hertz, 0.4, 0.5), RATE)
    # 10 cents, what two notes one after the other may differ by unheard; in the highest octave, of
    # which few samples make a period, a quarter-tone, so that it is the right note
    assert pitch == pytest.approx(69 + 12 * np.log2(hertz / 440), abs=0.1 if hertz < 2000 else 0.5)
    assert confidence > 0.9


def test_noise_has_no_pitch_and_says_so() -> None:
    noise = np.random.default_rng(0).standard_normal(RATE // 2).astype(np.float32)
    target = describe("noise", Path("noise.wav"), 0.0, 0.1 * noise, RATE)
    assert target.remarks == (NO_PITCH,)
    assert target.pitch == 60.0
    assert target.level_db == pytest.approx(-20.0, abs=0.3)


@pytest.mark.parametrize("held", [0.1, 0.3, 0.7])
@pytest.mark.parametrize("decay", [0.0, 12.0])
def test_a_release_is_found_by_its_fall(held: float, decay: float) -> None:
    sound = note(220.0, held, 1.0, release=0.2, decay=decay)
    assert held_seconds(sound, RATE) == pytest.approx(held, abs=0.03)


def test_what_rings_is_held_to_its_end() -> None:
    assert held_seconds(note(220.0, 9.0, 1.0, decay=50.0), RATE) == pytest.approx(1.0)


def test_notes_are_cut_at_their_onsets() -> None:
    rest = np.zeros(round(0.3 * RATE), np.float32)
    melody = np.concatenate([rest, *(note(hz, 0.25, 0.4) for hz in (220, 330, 440)), rest])
    pieces = cut(melody, RATE, longest_seconds=2.0)
    starts = [first / RATE for first, _ in pieces]
    assert starts == pytest.approx([0.3, 0.7, 1.1], abs=0.01)
    assert pieces[-1][1] / RATE < 1.5  # what follows is silence
    pitches = [pitch_of(melody[first:end], RATE)[0] for first, end in pieces]
    assert pitches == pytest.approx([57.0, 64.0, 69.0], abs=0.1)


def test_long_notes_lose_their_end() -> None:
    ((first, end),) = cut(note(220.0, 3.0, 3.0), RATE, longest_seconds=0.5)
    assert end - first == RATE // 2


def test_a_swell_is_one_piece() -> None:
    swell = note(220.0, 2.0, 2.0) * np.linspace(0, 1, 2 * RATE, dtype=np.float32)
    assert len(cut(swell, RATE, longest_seconds=4.0)) == 1


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


@pytest.mark.parametrize("hertz", [65.4, 110.0, 262.0])
def test_a_note_that_beats_is_one_piece(hertz: float) -> None:
    """Two oscillators out of tune, as in half of all synthesiser sounds."""
    both = note(hertz, 0.8, 1.0) + note(1.006 * hertz, 0.8, 1.0)
    assert len(cut(both, RATE, longest_seconds=2.0)) == 1


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
