"""The players of the example play what their labels say, and none sounds like another."""

from collections.abc import Callable
from functools import cache
from itertools import combinations

import numpy as np
import pytest

from patches.example_model.orchestra import PLAYERS, RMS, all_parts, perform
from vschaos.demo.sounds import Note

pytestmark = (
    pytest.mark.slow
)  # only `make example-model` plays it; what came of it is heard in test_model.py

RATE = 44100


@cache
def performed(timbre: str, pitch: int, octave: int, dynamics: str) -> np.ndarray:
    """What several tests listen to."""
    return perform(Note(timbre, pitch, octave, dynamics))


def middle(sound: np.ndarray) -> np.ndarray:
    """A quarter of a second, well after the attack."""
    return sound[RATE // 2 : 3 * RATE // 4]


def difference_db(first: np.ndarray, second: np.ndarray) -> float:
    """How far spectra are from each other, where either is within 60 dB of its peak."""
    spectra = []
    for sound in (first, second):
        power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
        spectra.append(10 * np.log10(power / power.max() + 1e-7))
    audible = np.maximum(*spectra) > -60.0
    return float(np.sqrt(np.mean((spectra[0] - spectra[1])[audible] ** 2)))


@pytest.mark.parametrize("timbre", PLAYERS)
@pytest.mark.parametrize("dynamics", ["soft", "loud"])
@pytest.mark.parametrize("octave", [2, 3, 4, 5])
def test_a_note_sounds_at_its_pitch(
    timbre: str, dynamics: str, octave: int, fundamental_hz: Callable[[np.ndarray, int], float]
) -> None:
    note = Note(timbre, 5 * octave % 12, octave, dynamics)
    cents = 1200 * np.log2(fundamental_hz(middle(perform(note)), RATE) / note.frequency_hz)
    assert abs(cents) < 35  # an ensemble and a vibrato bend by a third of a semitone


@pytest.mark.parametrize("timbre", PLAYERS)
@pytest.mark.parametrize("octave", [2, 5])
def test_nothing_sounds_below_a_note(timbre: str, octave: int) -> None:
    note = Note(timbre, 7, octave, "loud")
    sound = performed(timbre, 7, octave, "loud")[RATE // 4 : RATE]
    spectrum = np.abs(np.fft.rfft(sound * np.blackman(len(sound)))) ** 2
    hz = np.fft.rfftfreq(len(sound), 1 / RATE)
    below = spectrum[hz < 0.75 * note.frequency_hz].sum() / spectrum.sum()
    assert below < 1e-3  # a sub-octave would make the label of the octave a lie


@pytest.mark.parametrize("timbre", PLAYERS)
def test_notes_are_about_as_loud_and_do_not_click(timbre: str) -> None:
    for octave in (2, 5):
        for dynamics, rms in RMS.items():
            sound = performed(timbre, 7, octave, dynamics)
            assert sound.dtype == np.float32
            assert len(sound) == 70560
            assert (
                -4.0 < 20 * np.log10(np.std(sound) / rms) < 0.1
            )  # a pluck is held down by its peak
            assert np.abs(sound).max() <= 0.801
            assert abs(float(sound[0])) < 0.02
            assert np.abs(sound[-RATE // 40 :]).max() < 1e-3  # a rest


def test_no_player_sounds_like_another() -> None:
    for pitch in range(0, 12, 3):
        sounds = [middle(performed(timbre, pitch, 3, "loud")) for timbre in PLAYERS]
        for first, second in combinations(sounds, 2):
            assert difference_db(first, second) > 6.0


@pytest.mark.parametrize("timbre", PLAYERS)
def test_every_player_moves_while_it_plays(timbre: str) -> None:
    for pitch in range(0, 12, 3):
        sound = performed(timbre, pitch, 3, "loud")
        early, late = sound[RATE // 4 : RATE // 2], sound[RATE * 3 // 4 : RATE]
        assert difference_db(early, late) > 3.0


@pytest.mark.slow
def test_a_loud_note_is_brighter() -> None:
    def centre(sound: np.ndarray) -> float:
        power = np.abs(np.fft.rfft(sound)) ** 2
        return float((np.arange(len(power)) * power).sum() / power.sum())

    for timbre in PLAYERS:
        soft, loud = (
            np.mean([centre(perform(Note(timbre, pitch, 4, dynamics))) for pitch in range(12)])
            for dynamics in ("soft", "loud")
        )
        assert loud > soft, timbre


def test_all_parts_are_there_once_and_the_same_each_time() -> None:
    notes = list(all_parts())
    assert len({note.name for note in notes}) == len(notes) == 8 * 4 * 12 * 2
    assert np.array_equal(perform(notes[5], 8000), perform(notes[5], 8000))
