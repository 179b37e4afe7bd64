"""A small labelled dataset of synthesised notes: timbres, pitches, octaves, dynamics."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vschaos.audio.files import Waveform, write_audio

PITCHES = ("A", "A#", "B", "C", "C#", "D", "D#", "E", "F", "F#", "G", "G#")
OCTAVES = (2, 3, 4, 5)
DYNAMICS = {"soft": 0.15, "loud": 0.6}  # peak amplitude
ATTACK_SECONDS = {"pluck": 0.003, "reed": 0.04, "bell": 0.002, "pad": 0.25, "voice": 0.08}
FORMANTS_HZ = ((600, 90), (1040, 110), (2250, 170), (2450, 220), (2750, 280))  # an "a"; width
MAX_PARTIALS = 40


class Note(NamedTuple):
    """The labels of a note, which determine its sound."""

    timbre: str
    pitch: int  # A = 0 ... G# = 11
    octave: int  # scientific: A4 = 440 Hz, and each octave begins with its C
    dynamics: str

    @property
    def frequency_hz(self) -> float:
        above_c = (self.pitch - 3) % 12
        return 440.0 * 2.0 ** (self.octave - 4 + (above_c - 9) / 12)

    @property
    def name(self) -> str:
        return f"{self.timbre}_{PITCHES[self.pitch]}{self.octave}_{self.dynamics}"


def all_notes() -> Iterator[Note]:
    """Every timbre at every pitch, in the same order each time."""
    for timbre in ATTACK_SECONDS:
        for octave in OCTAVES:
            for pitch in range(12):
                for dynamics in DYNAMICS:
                    yield Note(timbre, pitch, octave, dynamics)


def synthesise(note: Note, sample_rate: int = 44100, duration_seconds: float = 1.0) -> Waveform:
    """The sound of a note, `[T]`: a sum of partials, each with its own level and decay."""
    random = np.random.default_rng(list(note.name.encode()))
    seconds = np.arange(round(duration_seconds * sample_rate)) / sample_rate
    brightness = 1.0 if note.dynamics == "loud" else 0.55
    ratios, levels, decays = _partials(note, brightness, sample_rate)
    vibrato = 0.004 if note.timbre in ("reed", "voice") else 0.0
    glide = vibrato * np.minimum(seconds / 0.4, 1.0) * np.sin(2 * np.pi * 5.2 * seconds)
    turns = np.cumsum(note.frequency_hz * (1.0 + glide)) / sample_rate
    sound = np.zeros(len(seconds))
    for ratio, level, decay in zip(ratios, levels, decays, strict=True):
        phase = random.uniform(0, 2 * np.pi)
        sound += level * np.exp(-decay * seconds) * np.sin(2 * np.pi * ratio * turns + phase)
    if note.timbre in ("reed", "voice", "pad"):
        sound += 0.004 * np.abs(sound).max() * random.standard_normal(len(seconds))
    sound *= np.minimum(seconds / ATTACK_SECONDS[note.timbre], 1.0)
    sound *= np.clip((duration_seconds - seconds) / 0.1, 0.0, 1.0)
    return (DYNAMICS[note.dynamics] * sound / np.abs(sound).max()).astype(np.float32)


def write_dataset(
    root: Path,
    sample_rate: int = 44100,
    notes: Sequence[Note] | None = None,
    play: Callable[[Note, int], Waveform] = synthesise,
) -> int:
    """Writes sounds to `root/data` and their labels to `root/metadata`; returns their number."""
    notes = list(all_notes()) if notes is None else notes
    labels: dict[str, list[str]] = {"pitch": [], "octave": [], "timbre": [], "dynamics": []}
    for note in notes:
        name = f"data/{note.timbre}/{note.name}.wav"
        write_audio(root / name, play(note, sample_rate), sample_rate)
        for task, lines in labels.items():
            lines.append(f"{name}\t{getattr(note, task)}\n")
    timbres = tuple(dict.fromkeys(note.timbre for note in notes))
    classes = {"pitch": PITCHES, "timbre": timbres, "dynamics": tuple(DYNAMICS)}
    for task, lines in labels.items():
        folder = root / "metadata" / task
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "metadata.txt").write_text("".join(lines), encoding="utf-8")
        if task in classes:
            numbered = [f"{number}\t{name}\n" for number, name in enumerate(classes[task])]
            (folder / "classes.txt").write_text("".join(numbered), encoding="utf-8")
    return len(notes)


def _partials(
    note: Note, brightness: float, sample_rate: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Frequency ratios, levels and decays (1 / seconds) of the partials below Nyquist."""
    if note.timbre == "bell":
        # a handbell: the hum of a church bell, an octave below, would contradict its label
        ratios: np.ndarray = np.array([1.0, 2.0, 2.41, 3.01, 3.6, 4.2, 5.4, 6.8, 8.3])
        levels = brightness ** np.arange(len(ratios)) * np.linspace(1.0, 0.3, len(ratios))
        decays = 1.0 + 0.9 * ratios
    else:
        ratios = np.arange(1.0, MAX_PARTIALS + 1)
        levels = _harmonic_levels(note, ratios, brightness)
        decays = 1.5 + 0.35 * ratios if note.timbre == "pluck" else np.zeros(len(ratios))
    audible = ratios * note.frequency_hz < 0.45 * sample_rate
    return ratios[audible], levels[audible], decays[audible]


def _harmonic_levels(note: Note, ratios: np.ndarray, brightness: float) -> np.ndarray:
    if note.timbre == "pluck":  # plucked at a seventh of the string
        return np.abs(np.sin(np.pi * ratios / 7)) / ratios ** (2.0 - brightness)
    if note.timbre == "reed":  # odd harmonics stand out, as in a closed pipe
        return np.where(ratios % 2 == 1, 1.0, 0.15) / ratios ** (1.8 - 0.8 * brightness)
    if note.timbre == "pad":
        return 1.0 / ratios ** (2.4 - brightness)
    hz = ratios * note.frequency_hz
    vowel = sum(1.0 / (1.0 + ((hz - centre) / width) ** 2) for centre, width in FORMANTS_HZ)
    return (0.02 + vowel) / ratios ** (1.0 - 0.5 * brightness)
