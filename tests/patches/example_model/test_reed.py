"""The reed plays what its notes say, and its spectrum follows loudness and register."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from patches.example_model.reed import (
    HIGHEST_NOTE,
    LOWEST_NOTE,
    NUM_MELODIES,
    REST_SECONDS,
    Note,
    melody,
    perform,
    write_melodies,
)
from vschaos.audio.files import read_channels

pytestmark = (
    pytest.mark.slow
)  # only `make example-model` plays it; what came of it is heard in test_ddsp_example.py

RATE = 22050


def held(midi: float, force: float = 0.7, seconds: float = 0.8) -> np.ndarray:
    """A single note, without its ends."""
    sound = perform([Note(midi, seconds, force, 1.0)], sample_rate=RATE)
    start = round((REST_SECONDS + 0.15) * RATE)
    return sound[start : start + round((seconds - 0.3) * RATE)]


def shares(sound: np.ndarray, hz: float, count: int) -> np.ndarray:
    """Energies of the first partials."""
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    number = np.fft.rfftfreq(len(sound), 1 / RATE) / hz
    return np.array([power[np.abs(number - k) < 0.3].sum() for k in range(1, count + 1)])


def hz_of(midi: float) -> float:
    return float(440.0 * 2 ** ((midi - 69) / 12))


@pytest.mark.parametrize("midi", [LOWEST_NOTE, 60, 71, HIGHEST_NOTE])
def test_a_note_sounds_at_its_pitch(midi: int, fundamental_hz: Callable[..., float]) -> None:
    cents = 1200 * np.log2(fundamental_hz(held(midi), RATE) / hz_of(midi))
    assert abs(cents) < 30  # a vibrato of 22 cents


def test_force_makes_it_louder_and_brighter() -> None:
    soft, loud = held(55, 0.1), held(55, 1.0)
    assert 18 < 20 * np.log10(loud.std() / soft.std()) < 25  # 24 dB from no force to all
    low, high = (shares(sound, hz_of(55), 20) for sound in (soft, loud))
    assert high[9:].sum() / high.sum() > 5 * low[9:].sum() / low.sum()


def test_even_partials_grow_with_the_register() -> None:
    ratios = [shares(held(midi), hz_of(midi), 2) for midi in (50, 64, 80)]
    even = [float(energy[1] / energy[0]) for energy in ratios]
    assert even == sorted(even)
    assert even[-1] > 10 * even[0]


def test_tied_notes_have_no_silence_between_them() -> None:
    def quietest(held_share: float) -> float:
        notes = [Note(60, 0.4, 0.7, held_share), Note(64, 0.4, 0.7, held_share)]
        sound = perform(notes, sample_rate=RATE)
        between = sound[round((REST_SECONDS + 0.1) * RATE) : round((REST_SECONDS + 0.7) * RATE)]
        levels = between[: len(between) // 441 * 441].reshape(-1, 441).std(axis=1)
        return float(levels.min() / levels.max())

    assert quietest(1.0) > 0.3
    assert quietest(0.7) < 0.01


def test_melodies_use_all_of_the_range_loud_and_soft() -> None:
    notes = [note for number in range(NUM_MELODIES) for note in melody(number)]
    assert {note.midi for note in notes} >= set(range(LOWEST_NOTE + 1, HIGHEST_NOTE, 1))
    assert min(note.force for note in notes) < 0.15
    assert max(note.force for note in notes) > 0.85
    assert 0.3 < np.mean([note.held == 1.0 for note in notes]) < 0.7
    assert 200 < sum(note.seconds for note in notes) < 300


def test_it_is_the_same_each_time_does_not_clip_and_ends_in_silence(tmp_path: Path) -> None:
    assert write_melodies(tmp_path, only="_01") == 1
    (path,) = (tmp_path / "data").iterdir()
    (sound,) = read_channels(path)
    assert np.abs(sound - perform(list(melody(1)), 1)).max() < 1e-3
    assert 0.1 < np.abs(sound).max() < 0.9
    assert np.abs(sound[[0, -1]]).max() < 1e-3
