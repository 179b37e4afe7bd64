"""Notes of the equal temperament, as labels count them.

A pitch class counts semitones from A = 0 to G# = 11, an octave is the scientific one: A4 = 440 Hz,
C4 is the middle C, and each octave begins with its C, so that B3 lies just below C4.
"""

from __future__ import annotations

import numpy as np

PITCH_CLASSES = ("A", "A#", "B", "C", "C#", "D", "D#", "E", "F", "F#", "G", "G#")
A4_HZ = 440.0
A4_MIDI = 69
C_ABOVE_A = 3


def nearest_note(frequency_hz: np.ndarray) -> np.ndarray:
    """Hz -> MIDI numbers, whole; a quarter-tone between two notes is the upper one.

    Example:
        >>> nearest_note(np.array([440.0, 261.63])).tolist()
        [69, 60]
    """
    midi = A4_MIDI + 12 * np.log2(np.asarray(frequency_hz) / A4_HZ)
    return np.floor(midi + 0.5).astype(int)


def pitch_and_octave(midi: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """MIDI numbers -> pitch classes and octaves.

    Example:
        >>> [numbers.tolist() for numbers in pitch_and_octave(np.array([69, 60, 59]))]
        [[0, 3, 2], [4, 4, 3]]
    """
    return (midi - A4_MIDI) % 12, midi // 12 - 1


def midi_number(pitch: np.ndarray, octave: np.ndarray) -> np.ndarray:
    """Pitch classes and octaves -> MIDI numbers.

    Example:
        >>> midi_number(np.array([0, 3, 2]), np.array([4, 4, 3])).tolist()
        [69, 60, 59]
    """
    return 12 * (octave + 1) + (pitch - C_ABOVE_A) % 12
