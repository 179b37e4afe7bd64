"""Synthesised sounds of many kinds, to test phase reconstruction."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from vschaos.demo.sounds import PITCHES, Note, synthesise

Sound = NDArray[np.float64]
RATE = 44100  # Hz
SECONDS = 3.0
LENGTH = round(RATE * SECONDS)
TIME: Sound = np.arange(LENGTH) / RATE
# first three formants of vowels of a man's voice, Hz
VOWELS = {
    "a": (730, 1090, 2440),
    "i": (270, 2290, 3010),
    "u": (300, 870, 2240),
    "e": (530, 1840, 2480),
}


def made_sounds() -> dict[str, dict[str, Sound]]:
    """By kind and name, sounds `[T]` of 3 s at 44.1 kHz with a peak of 0.5."""
    makers: dict[str, dict[str, Callable[[np.random.Generator], Sound]]] = {
        "plucks": {"melody": lambda r: melody("pluck", 3), "broken chord": broken_chord},
        "winds": {"reed": lambda r: melody("reed", 4), "low reed": lambda r: melody("reed", 2)},
        "flute": {"breathy": lambda r: flute(r, 587.3), "high": lambda r: flute(r, 1318.5)},
        "bells": {"one by one": lambda r: melody("bell", 4), "low": lambda r: melody("bell", 3)},
        "chords": {
            "pads": lambda r: chord("pad", ("A", "C#", "E", "G#")),
            "reeds": lambda r: chord("reed", ("D", "F", "A")),
            "cluster": cluster,
        },
        "bass": {"plucked": lambda r: melody("pluck", 2) + bass(r, 3.0), "slides": slides},
        "voices": {
            "sung": lambda r: melody("voice", 3),
            "choir": lambda r: chord("voice", ("A", "C#", "E")),
        },
        "speech": {
            "low": lambda r: speech(r, 110),
            "high": lambda r: speech(r, 220),
            "whispered": lambda r: speech(r, 0),
        },
        "drums": {"kit": drum_kit, "toms": toms, "cymbals": cymbals},
        "chirps": {"linear": linear_chirp, "exponential": exponential_chirp, "crossing": crossing},
        "noise": {"white": white, "pink": pink, "bands": noise_bands},
        "impulses": {"slow": lambda r: clicks(r, 6), "fast": lambda r: clicks(r, 40)},
    }
    found: dict[str, dict[str, Sound]] = {}
    for kind, named in makers.items():
        found[kind] = {}
        for name, make in named.items():
            sound = make(np.random.default_rng(list(f"{kind} {name}".encode())))
            found[kind][name] = 0.5 * sound / np.abs(sound).max()
    return found


def melody(timbre: str, octave: int) -> Sound:
    starts = (0.0, 0.45, 0.9, 1.5, 2.1)
    return _notes(timbre, octave, zip(starts, ("A", "E", "D", "G", "B"), strict=True), 0.85)


def chord(timbre: str, pitches: tuple[str, ...]) -> Sound:
    high = tuple(reversed(pitches))
    return _notes(timbre, 3, [(0.0, p) for p in pitches], 1.4) + _notes(
        timbre, 4, [(1.5, p) for p in high[:-1]], 1.4
    )


def broken_chord(random: np.random.Generator) -> Sound:
    pitches = ("E", "B", "E", "G#", "B", "D", "F#", "A", "C#", "E")
    return _notes("pluck", 3, [(0.13 * n, pitch) for n, pitch in enumerate(pitches)], 1.5)


def cluster(random: np.random.Generator) -> Sound:
    """Forty steady tones, some closer than a window resolves."""
    hz = np.exp(random.uniform(np.log(100), np.log(6000), 40))
    phases = random.uniform(0, 2 * np.pi, 40)
    return _partials(hz, 1 / np.sqrt(hz), phases) * _swell(0.05, 0.2)


def flute(random: np.random.Generator, hz: float) -> Sound:
    glide = 1 + 0.006 * np.minimum(TIME, 1) * np.sin(2 * np.pi * 5.1 * TIME)
    steps = np.where(TIME < 1.2, 1.0, np.where(TIME < 2.1, 9 / 8, 5 / 4))
    turns = np.cumsum(hz * glide * steps) / RATE
    sound = sum(
        level * np.sin(2 * np.pi * k * turns) for k, level in ((1, 1.0), (2, 0.2), (3, 0.06))
    )
    breath = 0.02 * _band(random, hz, 8 * hz)
    return (sound + breath) * _swell(0.06, 0.15)


def bass(random: np.random.Generator, decay: float) -> Sound:
    sound = np.zeros(LENGTH)
    for start, hz in ((0.0, 41.2), (0.7, 55.0), (1.4, 49.0), (2.2, 36.7)):
        since = np.maximum(TIME - start, 0)
        levels = [np.exp(-(decay + 0.6 * k) * since) / k for k in range(1, 20)]
        tone = sum(a * np.sin(2 * np.pi * hz * k * since) for k, a in enumerate(levels, 1))
        held = np.minimum(since / 0.003, 1) * (since < 0.7)
        sound += tone * held
    return sound


def slides(random: np.random.Generator) -> Sound:
    """A synthetic bass, rich in harmonics, that slides from note to note."""
    hz = np.interp(TIME, (0, 0.6, 0.8, 1.4, 1.7, 2.4, 2.6, 3), (41, 41, 62, 62, 49, 49, 37, 37))
    turns = np.cumsum(hz) / RATE
    sound = sum(np.sin(2 * np.pi * k * turns) / k * np.exp(-k / 25) for k in range(1, 60))
    return sound * (0.4 + 0.6 * np.exp(-4 * (TIME % 0.75)))


def speech(random: np.random.Generator, hz: float) -> Sound:
    """Vowels that glide into each other between hisses and stops; 0 Hz: whispered."""
    order = [random.choice(list(VOWELS)) for _ in range(9)]
    times = np.linspace(0, SECONDS, len(order))
    formants = [np.interp(TIME, times, [VOWELS[v][k] for v in order]) for k in range(3)]
    syllable = TIME % 0.375
    voiced = np.clip(np.minimum(syllable - 0.1, 0.375 - syllable) / 0.03, 0, 1)
    if hz:
        contour = hz * (1 + 0.12 * np.sin(2 * np.pi * 0.6 * TIME) - 0.05 * TIME)
        jitter = np.repeat(random.standard_normal(LENGTH // 100 + 1), 100)[:LENGTH]
        turns = np.cumsum(contour * (1 + 0.01 * jitter)) / RATE
        sources = [(k * contour, np.sin(2 * np.pi * k * turns)) for k in range(1, int(6000 / hz))]
    else:
        sources = [
            (f * np.ones(LENGTH), _band(random, f - 60, f + 60)) for f in range(200, 6000, 120)
        ]
    sound = np.zeros(LENGTH)
    for frequency, source in sources:
        level = sum(
            g / (1 + ((frequency - centre) / 90) ** 2)
            for g, centre in zip((1.0, 0.5, 0.25), formants, strict=True)
        )
        sound += (0.01 + level) * source
    hiss = _band(random, 3500, 9000) * np.clip(1 - np.abs(syllable - 0.05) / 0.05, 0, 1)
    hiss *= (TIME // 0.375) % 2
    burst = _band(random, 800, 5000) * np.exp(-syllable / 0.008) * ((TIME // 0.375 + 1) % 2)
    return sound * voiced / np.abs(sound).max() + 0.08 * hiss + 0.15 * burst


def drum_kit(random: np.random.Generator) -> Sound:
    sound = np.zeros(LENGTH)
    for n in range(12):
        _strike(sound, 0.25 * n, 0.25 * _band(random, 6000, 16000), 60 if n % 2 else 25)
    kick = np.sin(2 * np.pi * np.cumsum(48 + 120 * np.exp(-35 * TIME)) / RATE)
    for start in (0.0, 0.75, 1.5, 2.0):
        _strike(sound, start, kick, 9)
    skin = 0.6 * np.sin(2 * np.pi * 185 * TIME) + 0.4 * np.sin(2 * np.pi * 331 * TIME)
    for start in (0.5, 1.25, 2.5):
        _strike(sound, start, 0.5 * skin + 0.5 * _band(random, 1000, 9000), 16)
    return sound


def toms(random: np.random.Generator) -> Sound:
    sound = np.zeros(LENGTH)
    for n, hz in enumerate((190, 160, 130, 105, 85, 190, 105, 85)):
        glide = hz * (1 + 0.4 * np.exp(-20 * TIME))
        modes = sum(
            np.sin(2 * np.pi * ratio * np.cumsum(glide) / RATE) * np.exp(-3 * k * TIME) / (k + 1)
            for k, ratio in enumerate((1.0, 1.59, 2.14, 2.3, 2.65))
        )
        _strike(sound, 0.36 * n, np.asarray(modes), 7)
        _strike(sound, 0.36 * n, 0.4 * _band(random, 300, 6000), 60)
    return sound


def cymbals(random: np.random.Generator) -> Sound:
    sound = np.zeros(LENGTH)
    hz = np.exp(random.uniform(np.log(400), np.log(15000), 150))
    metal = _partials(hz, random.uniform(0.2, 1, 150) / 12, random.uniform(0, 2 * np.pi, 150))
    for start, level in ((0.0, 1.0), (0.8, 0.4), (1.2, 0.4), (1.6, 1.0)):
        _strike(sound, start, level * (metal + 0.5 * _band(random, 3000, 18000)), 2.5)
    return sound


def linear_chirp(random: np.random.Generator) -> Sound:
    return np.sin(2 * np.pi * (100 * TIME + 2500 * TIME**2)) * _swell(0.01, 0.05)


def exponential_chirp(random: np.random.Generator) -> Sound:
    octaves = 1.6 * TIME
    return np.sin(2 * np.pi * np.cumsum(60 * 2**octaves) / RATE) * _swell(0.01, 0.05)


def crossing(random: np.random.Generator) -> Sound:
    up = np.cumsum(np.interp(TIME, (0, 3), (300, 5000))) / RATE
    down = np.cumsum(np.interp(TIME, (0, 3), (6000, 200))) / RATE
    return (np.sin(2 * np.pi * up) + np.sin(2 * np.pi * down)) * _swell(0.01, 0.05)


def white(random: np.random.Generator) -> Sound:
    return random.standard_normal(LENGTH)


def pink(random: np.random.Generator) -> Sound:
    spectrum = np.fft.rfft(random.standard_normal(LENGTH))
    return np.fft.irfft(spectrum / np.sqrt(np.arange(len(spectrum)) + 30), n=LENGTH)


def noise_bands(random: np.random.Generator) -> Sound:
    """Bands of noise that come and go."""
    bands = [(150, 400), (600, 900), (1500, 2500), (4000, 8000)]
    swells = [0.5 - 0.5 * np.cos(2 * np.pi * (k + 1) * TIME / SECONDS) for k in range(len(bands))]
    return sum(
        (s * _band(random, *b) for s, b in zip(swells, bands, strict=True)), np.zeros(LENGTH)
    )


def clicks(random: np.random.Generator, rate: int) -> Sound:
    """Single samples, about `rate` a second, at irregular times."""
    sound = np.zeros(LENGTH)
    where = (np.arange(1, int(rate * SECONDS)) + random.uniform(-0.3, 0.3)) * RATE / rate
    where += random.uniform(-0.3, 0.3, len(where)) * RATE / rate
    sound[where.astype(int)] = random.uniform(0.4, 1, len(where))
    return sound


def _notes(timbre: str, octave: int, starts: object, seconds: float) -> Sound:
    sound = np.zeros(LENGTH)
    for start, name in starts:  # type: ignore[attr-defined]
        note = Note(timbre, PITCHES.index(name), octave, "loud")
        played = synthesise(note, RATE, seconds)
        first = round(start * RATE)
        kept = played[: LENGTH - first]
        sound[first : first + len(kept)] += kept
    return sound


def _partials(hz: Sound, levels: Sound, phases: Sound) -> Sound:
    sound = np.zeros(LENGTH)
    for frequency, level, phase in zip(hz, levels, phases, strict=True):
        sound += level * np.sin(2 * np.pi * frequency * TIME + phase)
    return sound


def _strike(sound: Sound, start: float, source: Sound, decay: float) -> None:
    """Adds `source` from `start` seconds on, decaying by `decay` nepers a second."""
    first = round(start * RATE)
    sound[first:] += (source * np.exp(-decay * TIME))[: LENGTH - first]


def _band(random: np.random.Generator, low_hz: float, high_hz: float) -> Sound:
    """Noise between two frequencies, of a root mean square of 1."""
    spectrum = np.fft.rfft(random.standard_normal(LENGTH))
    hz = np.fft.rfftfreq(LENGTH, 1 / RATE)
    band = np.fft.irfft(spectrum * ((hz >= low_hz) & (hz < high_hz)), n=LENGTH)
    return band / np.sqrt(np.mean(band**2))


def _swell(attack: float, release: float) -> Sound:
    return np.minimum(np.minimum(TIME / attack, 1), np.minimum((SECONDS - TIME) / release, 1))
