"""Phrases of single notes that can be looped, as inputs of the example models."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from patches.example_model.orchestra import perform
from vschaos.audio.files import Waveform
from vschaos.demo.sounds import PITCHES, Note
from vschaos.files import written_whole

Part = tuple[str, str, int]  # a player of the orchestra, a pitch and an octave

SAMPLE_RATE = 44100
NOTE_SECONDS = 0.5
KEYBOARDS: tuple[Part, ...] = (
    ("harp", "D", 3),
    ("tines", "A", 3),
    ("flute", "F", 4),
    ("reed", "E", 4),
    ("choir", "C", 4),
    ("brass", "G", 3),
)
CHOIR: tuple[Part, ...] = (
    ("choir", "D", 3),
    ("choir", "A", 3),
    ("choir", "F", 4),
    ("choir", "E", 4),
    ("choir", "C", 4),
    ("choir", "G", 3),
)


def phrase(parts: Sequence[Part], sample_rate: int = SAMPLE_RATE) -> Waveform:
    """Notes in sequence, `[T]`; both ends are silent."""
    notes = [Note(timbre, PITCHES.index(name), octave, "loud") for timbre, name, octave in parts]
    return np.concatenate([perform(note, sample_rate, NOTE_SECONDS) for note in notes])


def write_phrase(path: Path, parts: Sequence[Part]) -> None:
    """Writes it as 16-bit wav, which every player reads and which is small."""
    samples = np.round(32767.0 * phrase(parts)).astype("<i2")
    with written_whole(path) as partial, wave.open(str(partial), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(samples.tobytes())
