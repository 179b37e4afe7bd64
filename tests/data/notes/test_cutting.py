"""Notes are found where they begin, with their pitch and how long they are held."""

from __future__ import annotations

import numpy as np
import pytest

from tests.data.notes.tones import RATE, note
from vschaos.data.notes.cutting import cut, held_seconds
from vschaos.data.notes.pitch import pitch_of


@pytest.mark.parametrize("hertz", [41.2, 110.0, 440.0, 1760.0, 3520.0])
def test_the_pitch_is_that_of_the_note(hertz: float) -> None:
    pitch, confidence = pitch_of(note(hertz, 0.4, 0.5), RATE)
    # 10 cents, what two notes one after the other may differ by unheard; in the highest octave, of
    # which few samples make a period, a quarter-tone, so that it is the right note
    assert pitch == pytest.approx(69 + 12 * np.log2(hertz / 440), abs=0.1 if hertz < 2000 else 0.5)
    assert confidence > 0.9


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


@pytest.mark.parametrize("hertz", [65.4, 110.0, 262.0])
def test_a_note_that_beats_is_one_piece(hertz: float) -> None:
    """Two oscillators out of tune, as in half of all synthesiser sounds."""
    both = note(hertz, 0.8, 1.0) + note(1.006 * hertz, 0.8, 1.0)
    assert len(cut(both, RATE, longest_seconds=2.0)) == 1
