"""The phrases that are played into the example models."""

import wave
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from patches.example_model.phrase import CHOIR, KEYBOARDS, NOTE_SECONDS, Part, phrase, write_phrase
from vschaos.audio.files import read_channels
from vschaos.demo.sounds import PITCHES, Note


@pytest.mark.parametrize("parts", [KEYBOARDS, CHOIR])
def test_it_is_small_mono_and_loops_without_a_click(tmp_path: Path, parts: Sequence[Part]) -> None:
    path = tmp_path / "deep" / "phrase.wav"
    write_phrase(path, parts)
    assert path.stat().st_size < 300_000
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 44100)
    (sound,) = read_channels(path)
    assert np.abs(sound - phrase(parts)).max() < 5e-5  # 16 bits
    assert np.abs(sound[[0, -1]]).max() < 1e-3
    assert 0.3 < np.abs(sound).max() < 0.95


@pytest.mark.parametrize("parts", [KEYBOARDS, CHOIR])
def test_it_plays_its_notes(
    parts: Sequence[Part], fundamental_hz: Callable[[np.ndarray, int], float]
) -> None:
    sound, length = phrase(parts), round(44100 * NOTE_SECONDS)
    assert len(sound) == length * len(parts)
    for number, (timbre, name, octave) in enumerate(parts):
        note = Note(timbre, PITCHES.index(name), octave, "loud")
        held = sound[number * length + length // 3 : (number + 1) * length - length // 4]
        cents = 1200 * np.log2(fundamental_hz(held, 44100) / note.frequency_hz)
        assert abs(cents) < 40, note
