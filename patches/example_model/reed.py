"""The sounds of the harmonic example: melodies of one blown reed.

Its spectrum follows three things, each of which a model can learn from the sound alone: loud notes
are brighter, low ones nearly lack the even partials, and the mouth moves a resonance at leisure.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from patches.example_model.orchestra import HIGHEST_HZ, Curve
from vschaos.audio.files import Waveform, write_audio

SAMPLE_RATE = 44100
NUM_MELODIES = 14  # of some 20 s
NUM_NOTES = 40
LOWEST_NOTE, HIGHEST_NOTE = 48, 84  # MIDI
SCALE = (0, 2, 3, 5, 7, 8, 10)  # natural minor
PHRASE_NOTES = 8  # between breaths, with one arch of loudness
REST_SECONDS = 0.35
VIBRATO = 0.22  # semitones
SOFTEST_DB, LOUDEST_DB = -38.0, -14.0  # root mean square re full scale
NUM_PARTIALS = 60
CONTROL_HZ = 200.0  # of the levels of partials, with straight lines between
NOISE_DB = -34.0  # of the breath below the tone, as loud as can be; softer tones have more


class Note(NamedTuple):
    """
    Attributes:
        midi: its pitch.
        seconds: until the next note begins.
        force: of the breath, 0 to 1.
        held: share of its time in which it sounds; 1 ties it to the next.
    """

    midi: float
    seconds: float
    force: float
    held: float


class Gestures(NamedTuple):
    """How a melody is played, a value for each sample: `[T]`.

    Attributes:
        midi: pitch with vibrato.
        force: of the breath, 0 to 1.
        opening: of the tone, 0 in silence and 1 in a note.
        mouth: -1 to 1, from dark to bright.
    """

    midi: Curve
    force: Curve
    opening: Curve
    mouth: Curve


def melody(number: int) -> Iterator[Note]:
    """Small steps and a few leaps through all of the range, loud and soft, tied and separate."""
    random = np.random.default_rng(number)
    notes = [12 * octave + step + number % 12 for octave in range(9) for step in SCALE]
    ladder = sorted(midi for midi in notes if LOWEST_NOTE <= midi <= HIGHEST_NOTE)
    place = int(random.integers(len(ladder)))
    for count in range(NUM_NOTES):
        within = count % PHRASE_NOTES
        if within == 0:
            peak, is_legato = random.uniform(0.2, 1.0), random.random() < 0.6
        arch = np.sin(np.pi * (within + 1) / (PHRASE_NOTES + 1))
        step = int(random.choice([-7, -3, -2, -1, 1, 2, 3, 7], p=[0.05, *[0.15] * 6, 0.05]))
        place = abs(place + step)
        place = min(place, 2 * (len(ladder) - 1) - place)  # turns at both ends
        seconds = float(random.choice([0.25, 0.4, 0.8], p=[0.4, 0.4, 0.2]))
        held = 1.0 if is_legato else float(random.uniform(0.6, 0.85))
        yield Note(ladder[place], seconds, peak * (0.3 + 0.7 * float(arch)), held)


def perform(notes: list[Note], seed: int = 0, sample_rate: int = SAMPLE_RATE) -> Waveform:
    """The sound of a melody, `[T]`."""
    random = np.random.default_rng(seed)
    gestures = play(notes, random, sample_rate)
    return blow(gestures, random, sample_rate).astype(np.float32)


def play(notes: list[Note], random: np.random.Generator, sample_rate: int) -> Gestures:
    """The gestures of a melody; rests are at both ends and between phrases."""
    stretches = [_rest(notes[0], sample_rate)]
    for count, note in enumerate(notes):
        if count and count % PHRASE_NOTES == 0:
            stretches.append(_rest(notes[count - 1], sample_rate))
        stretches.append(_finger(note, sample_rate))
    stretches.append(_rest(notes[-1], sample_rate))
    midi, force, opening, depth = np.concatenate(stretches, axis=1)
    time = np.arange(len(midi)) / sample_rate
    vibrato = np.sin(2 * np.pi * (random.uniform(4.8, 5.6) * time + random.uniform()))
    moving = _smooth(depth, 0.05, sample_rate) * vibrato
    return Gestures(
        _smooth(midi, 0.03, sample_rate) + moving,
        np.clip(_smooth(force, 0.15, sample_rate) + 0.15 * moving, 0.0, 1.0),
        _smooth(opening, 0.05, sample_rate),
        np.sin(2 * np.pi * (random.uniform(0.08, 0.15) * time + random.uniform())),
    )


def blow(gestures: Gestures, random: np.random.Generator, sample_rate: int) -> Curve:
    """Partials and breath as the gestures say, `[T]`."""
    hz = 440.0 * 2.0 ** ((gestures.midi - 69.0) / 12.0)
    circle = np.exp(2j * np.pi * np.cumsum(hz) / sample_rate)
    time = np.arange(len(hz))
    points = np.arange(0, len(hz), round(sample_rate / CONTROL_HZ))
    levels = spectrum(hz[points], Gestures(*(values[points] for values in gestures)))
    tone, power = np.zeros(len(hz)), np.ones_like(circle)
    for level in levels:
        power *= circle
        tone += (
            np.interp(time, points, level) * (power * np.exp(2j * np.pi * random.uniform())).imag
        )
    softness = 12.0 * (1.0 - gestures.force)  # dB
    breath = 10.0 ** ((NOISE_DB + softness) / 20) * _breath(random, len(hz), sample_rate)
    level_db = SOFTEST_DB + (LOUDEST_DB - SOFTEST_DB) * gestures.force
    return gestures.opening * 10.0 ** (level_db / 20) * (tone + breath)


def spectrum(hz: Curve, gestures: Gestures) -> np.ndarray:
    """Levels of the partials `[P, T]` of fundamentals `[T]`, together of an RMS of 1."""
    number = np.arange(1, NUM_PARTIALS + 1)[:, None]
    partial_hz = number * hz
    register = np.clip((gestures.midi - LOWEST_NOTE) / (HIGHEST_NOTE - LOWEST_NOTE), 0.0, 1.0)
    levels = number ** -(1.5 - 0.7 * gestures.force)
    levels = levels * np.where(number % 2 == 0, 0.05 + 0.75 * register, 1.0)
    throat_hz = 1300.0 * 2.0 ** (0.5 * gestures.mouth)
    levels *= 0.4 + 1.6 / (1.0 + ((partial_hz - throat_hz) / 350.0) ** 2)
    levels /= 1.0 + (partial_hz / (1500.0 * 2.0 ** (2.0 * gestures.force))) ** 4
    levels[partial_hz > HIGHEST_HZ] = 0.0
    return levels * np.sqrt(2.0 / (levels**2).sum(0))


def write_melodies(root: Path, only: str = "") -> int:
    """Writes melodies whose names hold a text to `root/data`; returns their number."""
    names = {number: f"reed_{number:02d}" for number in range(NUM_MELODIES)}
    chosen = {number: name for number, name in names.items() if only in name}
    for number, name in chosen.items():
        sound = perform(list(melody(number)), number)
        write_audio(root / "data" / f"{name}.wav", sound, SAMPLE_RATE)
    return len(chosen)


def _finger(note: Note, sample_rate: int) -> np.ndarray:
    """Pitch, force, opening and depth of the vibrato in semitones, `[4, T]`, with corners."""
    seconds = np.arange(round(note.seconds * sample_rate)) / sample_rate
    opening = np.where(seconds < note.held * note.seconds, 1.0, 0.0)
    depth = VIBRATO * np.clip((seconds - 0.2) / 0.3, 0.0, 1.0)  # long notes alone
    steady = np.ones(len(seconds))
    return np.stack([note.midi * steady, note.force * steady, opening, depth])


def _rest(after: Note, sample_rate: int) -> np.ndarray:
    """The same without breath; the finger stays where it is."""
    still = np.zeros((4, round(REST_SECONDS * sample_rate)))
    still[0] = after.midi
    return still


def _smooth(values: Curve, seconds: float, sample_rate: int) -> Curve:
    """The mean over a window of this duration, twice: no corners."""
    length = round(seconds * sample_rate / 2)
    for _ in range(2):
        sums = np.cumsum(np.pad(values, (length - length // 2, length // 2), mode="edge"))
        values = (sums[length:] - sums[:-length]) / length
    return values


def _breath(random: np.random.Generator, length: int, sample_rate: int) -> Curve:
    """Noise of unit standard deviation, most of it around 2.5 kHz."""
    hz = np.fft.rfftfreq(length, 1 / sample_rate)
    octaves = np.log2(np.maximum(hz, 1.0) / 2500.0)
    noise = np.fft.irfft(
        np.fft.rfft(random.standard_normal(length)) * np.exp(-0.5 * octaves**2), length
    )
    return noise / np.std(noise)
