"""The sounds of the example model: eight synthesised instruments, as of keyboards of the seventies.

Every note evolves: a filter opens, a vowel turns into another, a pulse gets narrow. So the latents
of a model describe transitions instead of eight separate clusters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vschaos.audio.files import Waveform
from vschaos.demo.sounds import DYNAMICS, OCTAVES, Note, write_dataset

Curve = np.ndarray[tuple[int], np.dtype[np.float64]]  # [T], a value for each sample

DURATION_SECONDS = 1.6
RELEASE_SECONDS = 0.1
REST_SECONDS = 0.025  # of silence after a note: enough to learn it, too little to get lost in it
RMS = {"soft": 0.075, "loud": 0.14}
HIGHEST_PEAK = 0.8
HIGHEST_HZ = 13000.0
MIDDLE_C_HZ = 261.63
MAX_HARMONICS = 120

VOWELS_HZ = {
    "a": (720.0, 1150.0, 2600.0, 3300.0),
    "e": (460.0, 1900.0, 2550.0, 3400.0),
    "i": (300.0, 2250.0, 2950.0, 3600.0),
    "o": (460.0, 820.0, 2500.0, 3300.0),
    "u": (330.0, 720.0, 2400.0, 3200.0),
}
FORMANT_WIDTHS_HZ = (90.0, 110.0, 160.0, 220.0)
FORMANT_LEVELS = (1.0, 0.6, 0.3, 0.2)
# partials of a glass chime: ratio, level, and decay in 1 / s after the stroke. Only the upper ones
# are inharmonic, and none lies below the note, which keeps its octave unambiguous
CHIME = (
    (1.0, 1.0, 0.6),
    (2.0, 0.3, 0.9),
    (3.01, 0.12, 1.5),
    (4.24, 0.14, 2.5),
    (5.43, 0.1, 3.5),
    (6.79, 0.1, 5.0),
)


class Take(NamedTuple):
    """A note to synthesise.

    Attributes:
        note: its labels.
        sample_rate: Hz.
        seconds: since its beginning, `[T]`.
        random: draws all other parameters.
    """

    note: Note
    sample_rate: int
    seconds: Curve
    random: np.random.Generator

    @property
    def is_loud(self) -> bool:
        return self.note.dynamics == "loud"

    @property
    def depth(self) -> float:
        """1 at the middle C, 2 two octaves below: low notes need more overtones to be audible."""
        return float(np.sqrt(MIDDLE_C_HZ / self.note.frequency_hz))

    @property
    def progress(self) -> Curve:
        """From 0 at the beginning to 1 at the end, with zero slope at both."""
        return 0.5 - 0.5 * np.cos(np.pi * self.seconds / self.seconds[-1])

    def journey(self, low: float, high: float) -> Curve:
        """From one value to another, both drawn log-uniformly."""
        start, end = self.random.uniform(np.log(low), np.log(high), size=2)
        return np.exp(start + (end - start) * self.progress)

    def swing(self, rate_hz: float) -> Curve:
        """A sine of random phase."""
        return np.sin(2 * np.pi * (rate_hz * self.seconds + self.random.uniform()))

    def turns(self, vibrato: float = 0.0) -> Curve:
        """Periods of the note since its beginning, with a delayed vibrato (share of the
        frequency)."""
        rate_hz = self.random.uniform(4.8, 5.8)
        bend = vibrato * np.minimum(self.seconds / 0.5, 1.0) * self.swing(rate_hz)
        return np.cumsum(self.note.frequency_hz * (1.0 + bend)) / self.sample_rate


class Player(NamedTuple):
    """A synthesiser of notes, `[T]` at any level, and the duration of its attack."""

    play: Callable[[Take], Curve]
    attack_seconds: float


def all_parts() -> Iterator[Note]:
    """Every player at every pitch, soft and loud, in the same order each time."""
    for timbre in PLAYERS:
        for octave in OCTAVES:
            for pitch in range(12):
                for dynamics in DYNAMICS:
                    yield Note(timbre, pitch, octave, dynamics)


def write_notes(root: Path, only: str = "") -> int:
    """Writes the notes whose names hold a text, and their labels; returns their number."""
    notes = [note for note in all_parts() if only in note.name]
    return write_dataset(root, notes=notes, play=perform)


def perform(
    note: Note, sample_rate: int = 44100, duration_seconds: float = DURATION_SECONDS
) -> Waveform:
    """The sound of a note, `[T]`; all players are about as loud."""
    player = PLAYERS[note.timbre]
    seconds = np.arange(round(duration_seconds * sample_rate)) / sample_rate
    random = np.random.default_rng(list(note.name.encode()))
    sound = player.play(Take(note, sample_rate, seconds, random))
    sound *= np.sin(0.5 * np.pi * np.minimum(seconds / player.attack_seconds, 1.0))
    remaining = duration_seconds - REST_SECONDS - seconds
    sound *= np.clip(remaining / RELEASE_SECONDS, 0.0, 1.0)
    loudness = np.sqrt(np.mean(sound**2))
    gain = min(RMS[note.dynamics] / loudness, HIGHEST_PEAK / np.abs(sound).max())
    return (gain * sound).astype(np.float32)


def play_strings(take: Take) -> Curve:
    """A string machine: one sawtooth through three delays with slow and fast modulation."""
    cutoff_hz = take.journey(1500.0, 9000.0 if take.is_loud else 4000.0)
    slow, fast = take.random.uniform(size=2)
    turns = take.turns()
    sound = np.zeros(len(turns))
    for third in range(3):
        sweep = np.sin(2 * np.pi * (0.6 * take.seconds + slow + third / 3))
        tremble = np.sin(2 * np.pi * (5.9 * take.seconds + fast + third / 3))
        delay_seconds = 1.2e-3 * sweep + 0.1e-3 * tremble
        voice = turns - take.note.frequency_hz * delay_seconds
        sound += _harmonics(take, voice, lambda k, hz: _low_pass(hz, cutoff_hz) / k)
    return sound


def play_choir(take: Take) -> Curve:
    """Voices that move from one vowel to another, with a little breath."""
    turns = take.turns(vibrato=0.007)
    first, second = take.random.choice(list(VOWELS_HZ), size=2, replace=False)
    formants_hz = [
        low ** (1.0 - take.progress) * high**take.progress
        for low, high in zip(VOWELS_HZ[first], VOWELS_HZ[second], strict=True)
    ]
    tilt = 0.6 if take.is_loud else 1.0

    def level(k: int, hz: float) -> Curve:
        resonances = (
            peak / (1.0 + ((hz - formant_hz) / width) ** 2)
            for formant_hz, width, peak in zip(
                formants_hz, FORMANT_WIDTHS_HZ, FORMANT_LEVELS, strict=True
            )
        )
        return (0.02 + sum(resonances, np.zeros(1))) / k**tilt

    sound = _harmonics(take, turns, level)
    return sound + 0.03 * np.std(sound) * _noise(take, 3000.0, 1.0)


def play_flute(take: Take) -> Curve:
    """A flute from a worn tape: few harmonics, breath around them, a wow."""
    turns = take.turns(vibrato=0.004)
    brightness = take.journey(0.12, 0.45 if take.is_loud else 0.25) ** (1.0 / take.depth)
    tremolo = 1.0 + 0.12 * take.swing(4.5)
    sound = tremolo * _harmonics(take, turns, lambda k, hz: brightness ** (k - 1), 12)
    breath = take.journey(0.03, 0.2)
    return sound + breath * np.std(sound) * _noise(take, 2.0 * take.note.frequency_hz, 0.8)


def play_reed(take: Take) -> Curve:
    """A pulse of changing width through the resonance of a reed organ."""
    width = take.journey(0.08, 0.5) * (1.0 + 0.06 * take.swing(1.1))
    cutoff_hz = 6000.0 if take.is_loud else 3000.0
    throat_hz = take.journey(700.0, 1800.0)

    def level(k: int, hz: float) -> Curve:
        nasal = 1.0 + 2.0 / (1.0 + ((hz - throat_hz) / 300.0) ** 2)
        return np.sin(np.pi * k * width) / k * nasal * _low_pass(hz, cutoff_hz)

    return _harmonics(take, take.turns(), level)


def play_brass(take: Take) -> Curve:
    """A sawtooth through a resonant filter that opens with the attack and goes on moving."""
    top_hz = take.journey(1200.0, 7000.0 if take.is_loud else 3000.0)
    opening = 1.0 - 0.85 * np.exp(-take.seconds / 0.09)
    cutoff_hz = np.maximum(top_hz * opening, 1.3 * take.note.frequency_hz)
    turns = take.turns(vibrato=0.003)

    def level(k: int, hz: float) -> Curve:
        ratio = hz / cutoff_hz
        return 1.0 / (k * np.sqrt((1.0 - ratio**2) ** 2 + (ratio / 1.8) ** 2))

    return _harmonics(take, turns, level)


def play_tines(take: Take) -> Curve:
    """An electric piano: a bar with phase modulation by its own vibration, and the struck tine."""
    turns = 2 * np.pi * take.turns()
    force = take.depth**0.5 * (take.journey(1.2, 3.0) if take.is_loud else take.journey(0.5, 1.2))
    bent = np.sin(turns + force * np.exp(-1.5 * take.seconds) * np.sin(turns))
    bar = np.sin(turns) + 0.7 * bent  # alone, `bent` loses its fundamental at some depths
    ratio = 14.0 if 14.0 * take.note.frequency_hz < HIGHEST_HZ else 7.0
    tine = np.exp(-9.0 * take.seconds) * np.sin(ratio * turns)
    tremolo = 1.0 + 0.2 * take.swing(3.0)
    return np.exp(-0.9 * take.seconds) * tremolo * (bar + 0.15 * tine)


def play_harp(take: Take) -> Curve:
    """A plucked string, each harmonic with the decay it has in the loop of Karplus and Strong."""
    hz = take.note.frequency_hz
    place = take.random.uniform(0.1, 0.4)
    softness = take.random.uniform(0.4, 0.7) if take.is_loud else take.random.uniform(0.8, 1.2)

    def level(k: int, partial_hz: float) -> Curve:
        # a mean of two samples in each period of the string
        damping = -0.25 * hz * np.log(np.cos(np.pi * partial_hz / take.sample_rate))
        pluck = np.sin(np.pi * k * place) / k**softness
        return pluck * np.exp(-(0.9 + 0.12 * k + damping) * take.seconds)

    return _harmonics(take, take.turns(), level)


def play_glass(take: Take) -> Curve:
    """Glass that is struck, or rubbed with hardly any decay."""
    turns = take.turns()
    struck = take.random.uniform(0.3, 1.0)
    overtones = take.depth * (1.5 if take.is_loud else 0.8)
    sound = np.zeros(len(turns))
    for ratio, level, decay in CHIME:
        if ratio * take.note.frequency_hz < HIGHEST_HZ:
            gain = level * np.exp(-decay * struck * take.seconds) * (overtones if ratio > 1 else 1)
            sound += gain * np.sin(2 * np.pi * (ratio * turns + take.random.uniform()))
    return (1.0 + 0.15 * take.swing(take.random.uniform(3.0, 7.0))) * sound


PLAYERS = {
    "strings": Player(play_strings, 0.12),
    "choir": Player(play_choir, 0.1),
    "flute": Player(play_flute, 0.05),
    "reed": Player(play_reed, 0.03),
    "brass": Player(play_brass, 0.03),
    "tines": Player(play_tines, 0.002),
    "harp": Player(play_harp, 0.002),
    "glass": Player(play_glass, 0.01),
}


def _harmonics(
    take: Take,
    turns: Curve,
    level: Callable[[int, float], float | Curve],
    count: int = MAX_HARMONICS,
) -> Curve:
    """Harmonics of the phase `turns`, in periods, each at `level(number, hz)`."""
    circle = np.exp(2j * np.pi * turns)
    power = np.ones_like(circle)
    sound = np.zeros(len(turns))
    highest_hz = min(HIGHEST_HZ, 0.45 * take.sample_rate)
    for k in range(1, min(count, int(highest_hz / take.note.frequency_hz)) + 1):
        power *= circle
        start = np.exp(2j * np.pi * take.random.uniform())
        sound += level(k, k * take.note.frequency_hz) * (start * power).imag
    return sound


def _low_pass(hz: float, cutoff_hz: float | Curve) -> float | Curve:
    return 1.0 / (1.0 + (hz / cutoff_hz) ** 4)


def _noise(take: Take, centre_hz: float, octaves: float) -> Curve:
    """Noise of unit standard deviation around a frequency, `octaves` wide."""
    length = len(take.seconds)
    hz = np.fft.rfftfreq(length, 1 / take.sample_rate)
    distance = np.log2(np.maximum(hz, 1.0) / centre_hz)
    spectrum = np.fft.rfft(take.random.standard_normal(length))
    noise = np.fft.irfft(spectrum * np.exp(-0.5 * (distance / octaves) ** 2), length)
    return noise / np.std(noise)
