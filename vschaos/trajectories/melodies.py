"""Melodies: a pitch that goes from note to note of a scale, and the loudness that belongs to it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vschaos.trajectories.shapes import Trajectory, normal_cdf, trajectory

SCALES = (  # semitones above the root
    (0, 2, 4, 5, 7, 9, 11),
    (0, 2, 3, 5, 7, 8, 10),
    (0, 2, 3, 5, 7, 9, 10),
    (0, 2, 4, 7, 9),
)
BEAT_SECONDS = (0.24, 0.5)
BEATS = (0.5, 1.0, 1.0, 1.0, 2.0)  # of a note, each as likely
OCTAVE = 12.0
SOFTEST = 0.4  # share of the levels: those of a training are also its fading tails
LEAST_EXTENT = 1.8  # standard deviations: two thirds of a register
REST_SHARE = 0.2  # of the notes, which end early
SOUNDING = 0.7  # of their length until then
GLIDE_SECONDS = 0.02  # time constant from note to note
SWELL_SECONDS = 0.012  # time constant of the loudness
DIP_DB, DIP_SECONDS = 8.0, 0.03  # before a note that is not preceded by a rest
FADING_DB = 4.0  # per second of a note
VIBRATO_HZ, VIBRATO_SEMITONES = (4.8, 6.2), (0.12, 0.3)
VIBRATO_AFTER, VIBRATO_GROWS = 0.2, 0.3  # seconds into a note


class Note(NamedTuple):
    """
    Attributes:
        start, end, next: frames; it sounds until `end`, the next one starts at `next`.
        pitch: MIDI note.
        loudness: dB.
    """

    start: int
    end: int
    next: int
    pitch: float
    loudness: float


def melody(
    kind: str,
    register: tuple[float, float],
    level: tuple[float, float],
    num_frames: int,
    frame_rate: float,
    random: np.random.Generator,
    scale: float = 1.0,
    silence_db: float = -80.0,
) -> Trajectory:
    """Pitch (MIDI note) and loudness (dB) of a melody, `[2, N]`.

    A shape is its contour: notes of a scale are read from it where they begin, and no leap is
    longer than an octave. Long notes have a vibrato; some notes end early; the last one ends.

    Args:
        kind: of `vschaos.trajectories.KINDS`, of the contours of pitch and dynamics.
        register: lowest and highest note.
        level: softest and loudest note, dB.
        num_frames: N.
        frame_rate: frames per second.
        random: draws contours, scale, tempo, rhythm and vibrato.
        scale: of the contours, in standard deviations; 0 repeats the middle note.
        silence_db: between notes.
    """
    contours = _spread(trajectory(kind, 2, num_frames, frame_rate, random, scale), scale)
    notes = _notes(contours, register, level, frame_rate, random)
    pitch, loudness = np.empty(num_frames), np.full(num_frames, silence_db)
    for note in notes:
        pitch[note.start : note.next] = note.pitch
        seconds = np.arange(note.end - note.start) / frame_rate
        loudness[note.start : note.end] = note.loudness - FADING_DB * seconds
        if note.end == note.next:
            dip = max(note.end - round(DIP_SECONDS * frame_rate), note.start + 1)
            loudness[dip : note.end] -= DIP_DB
    pitch = _smoothed(pitch, pitch[0], frame_rate * GLIDE_SECONDS)
    loudness = _smoothed(loudness, silence_db, frame_rate * SWELL_SECONDS)
    return np.stack([pitch + _vibrato(notes, num_frames, frame_rate, random), loudness]).astype(
        np.float32
    )


def _spread(contours: Trajectory, scale: float) -> Trajectory:
    """Contours that hardly move, about their means, as far as a melody has to."""
    means = contours.mean(axis=1, keepdims=True)
    extent = np.ptp(contours, axis=1, keepdims=True)
    factor = np.maximum(LEAST_EXTENT * scale / np.maximum(extent, 1e-6), 1.0)
    spread: Trajectory = means + np.where(extent > 0.0, factor, 1.0) * (contours - means)
    return spread


def _notes(
    contours: Trajectory,
    register: tuple[float, float],
    level: tuple[float, float],
    frame_rate: float,
    random: np.random.Generator,
) -> list[Note]:
    shares, num_frames = normal_cdf(contours.astype(float)), contours.shape[1]
    steps = _scale(register, random)
    beat = random.uniform(*BEAT_SECONDS) * frame_rate
    notes: list[Note] = []
    start = 0
    while start < num_frames:
        after = min(start + max(round(random.choice(BEATS) * beat), 2), num_frames)
        if num_frames - after < beat:  # no note too short to end
            after = num_frames
        is_cut = random.uniform() < REST_SHARE or after == num_frames
        end = start + max(round(SOUNDING * (after - start)), 1) if is_cut else after
        pitch = float(steps[min(int(shares[0, start] * len(steps)), len(steps) - 1)])
        if notes:
            pitch = _within_an_octave(pitch, notes[-1].pitch)
        loudness = level[0] + (level[1] - level[0]) * (SOFTEST + (1 - SOFTEST) * shares[1, start])
        notes.append(Note(start, end, after, pitch, float(loudness)))
        start = after
    return notes


def _scale(register: tuple[float, float], random: np.random.Generator) -> np.ndarray:
    """The notes of a scale in a register; its middle if there are none."""
    root, steps = int(random.integers(12)), SCALES[random.integers(len(SCALES))]
    all_notes = np.arange(np.ceil(register[0]), np.floor(register[1]) + 1)
    inside = all_notes[np.isin((all_notes - root) % OCTAVE, steps)]
    return inside if len(inside) else np.array([(register[0] + register[1]) / 2])


def _within_an_octave(pitch: float, before: float) -> float:
    leap = pitch - before
    return pitch - OCTAVE * np.sign(leap) * max(np.ceil(abs(leap) / OCTAVE) - 1, 0)


def _vibrato(
    notes: list[Note], num_frames: int, frame_rate: float, random: np.random.Generator
) -> np.ndarray:
    """Semitones `[N]`."""
    hz, depth = random.uniform(*VIBRATO_HZ), random.uniform(*VIBRATO_SEMITONES)
    swing = np.zeros(num_frames)
    for note in notes:
        seconds = np.arange(note.next - note.start) / frame_rate
        growing = np.clip((seconds - VIBRATO_AFTER) / VIBRATO_GROWS, 0.0, 1.0)
        falling = np.clip((seconds[-1] - seconds) / VIBRATO_AFTER, 0.0, 1.0)  # no step at its end
        turns = hz * (seconds - VIBRATO_AFTER)
        swing[note.start : note.next] = growing * falling * np.sin(2 * np.pi * turns)
    return depth * swing


def _smoothed(values: np.ndarray, before: float, frames: float) -> np.ndarray:
    """Values `[N]` through an exponential smoothing with a time constant of so many frames."""
    decay = np.exp(-1.0 / max(frames, 1e-6))
    smoothed = np.empty_like(values)
    for n, value in enumerate(values):
        before = value + decay * (before - value)
        smoothed[n] = before
    return smoothed
