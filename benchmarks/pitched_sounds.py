"""Sounds of which the pitch is known at each sample: synthesised, played from notes, spoken."""

from __future__ import annotations

import shutil
import struct
import subprocess
import wave
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from speech import VOICES, sentence, speak

from vschaos.audio.files import Waveform, read_audio
from vschaos.data.pitch.networks import make_tracker
from vschaos.data.pitch.tracking import SAMPLE_RATE as TRACKED_RATE
from vschaos.data.pitch.tracking import track

RATE = 44100
LEVEL = 0.1  # root mean square of a synthesised tone
MOTIONS = ("steady", "vibrato", "glide")
TIMBRES = ("sine", "saw", "soft", "odd", "no fundamental")
SOUND_FONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
# General MIDI programs and a range of notes that each is written for
INSTRUMENTS = {
    "violin": (40, 55, 88),
    "trumpet": (56, 54, 82),
    "clarinet": (71, 50, 84),
    "bass": (33, 30, 55),
}
MELODIES = 12  # files of an instrument
CLEAR_DB = 12.0
LEVEL_WINDOW = 2048
QUIET_DB = 60.0  # below a file's loudest frame there is no pitch, whatever a network finds


class Sound(NamedTuple):
    """
    Attributes:
        audio: `[T]` at `RATE`.
        midi: `[T]`, the fractional note of each sample; nan where there is none.
        is_clear: `[T]`, where that note is `CLEAR_DB` louder than those that still ring; None for
            everywhere.
    """

    name: str
    audio: Waveform
    midi: np.ndarray
    is_clear: np.ndarray | None = None


def synthesise(lowest: float, seconds: float = 0.5) -> Iterator[Sound]:
    """Tones from a note up to 1760 Hz, of each timbre and motion."""
    random = np.random.default_rng(0)
    time = np.arange(round(seconds * RATE)) / RATE
    for timbre in TIMBRES:
        for centre in np.linspace(lowest + 2.5, 93 - 2.5, 10):
            for motion in MOTIONS:
                midi = centre + random.uniform(-0.5, 0.5) + move(motion, time, random)
                tone = harmonics(midi, timbre, random).astype(np.float32)
                yield Sound(f"{timbre}, {motion}", tone, midi)


def in_noise(tone: Sound, snr_db: float, random: np.random.Generator) -> Sound:
    """A tone of `LEVEL` in white noise."""
    noise = LEVEL * 10 ** (-snr_db / 20) * random.standard_normal(len(tone.audio))
    return tone._replace(audio=tone.audio + noise.astype(np.float32))


def move(motion: str, time: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Semitones `[T]`: none, a vibrato of 30 cents, or a glide over four, up or down."""
    if motion == "vibrato":
        return 0.3 * np.sin(2 * np.pi * (5.5 * time + random.random()))
    if motion == "glide":
        return random.choice([-1, 1]) * np.linspace(-2, 2, len(time))
    return np.zeros(len(time))


def harmonics(midi: np.ndarray, timbre: str, random: np.random.Generator) -> np.ndarray:
    """A tone `[T]` whose partials have random phases."""
    hz = 440 * 2 ** ((midi - 69) / 12)
    cycles = np.cumsum(hz) / RATE
    numbers = np.arange(1, int(np.clip(0.45 * RATE / hz.max(), 2, 60)) + 1)
    levels = {
        "sine": np.where(numbers == 1, 1.0, 0.0),
        "saw": 1.0 / numbers,
        "soft": 1.0 / numbers**2,
        "odd": np.where(numbers % 2 == 1, 1.0, 0.1) / numbers,
        "no fundamental": np.where(numbers == 1, 0.0, 1.0) / numbers,
    }[timbre]
    tone = np.zeros(len(midi))
    for number, level in zip(numbers[levels > 0], levels[levels > 0], strict=True):
        tone += level * np.sin(2 * np.pi * (number * cycles + random.random()))
    return LEVEL * tone / tone.std()


def play(instrument: str, num_notes: int = 40, seed: int = 0) -> Sound:
    """A melody with dynamics and rests, on an instrument of General MIDI, by fluidsynth."""
    program, low, high = INSTRUMENTS[instrument]
    random = np.random.default_rng(seed)
    note, now, notes = (low + high) // 2, 100, []
    for _ in range(num_notes):
        note += int(random.integers(-7, 8))
        note = int(np.clip(note, low, high)) if low <= note <= high else (low + high) // 2
        length = int(random.integers(150, 800))
        notes.append((now, now + length, note, int(random.integers(40, 120))))
        now += length + int(random.choice([0, 0, 150, 300]))
    # every other note by itself: so it is known which one is heard where one rings into the next
    stems = [render(program, notes[first::2]) for first in (0, 1)]
    length = max(map(len, stems))
    stems = [np.pad(stem, (0, length - len(stem))) for stem in stems]
    level_db = [level(stem) for stem in stems]
    midi = np.full(length, np.nan)
    is_clear = np.ones(length, bool)
    for number, (start, end, note, _) in enumerate(notes):
        part = slice(start * RATE // 1000, end * RATE // 1000)
        own, other = level_db[number % 2][part], level_db[1 - number % 2][part]
        midi[part] = note
        is_clear[part] = own > other + CLEAR_DB
    return Sound(instrument, stems[0] + stems[1], midi, is_clear)


def write_melodies(folder: Path, name: str) -> None:
    """Some five minutes of an instrument as wav files, once."""
    if folder.is_dir():
        return
    folder.mkdir(parents=True)
    for seed in range(MELODIES):
        samples = np.round(np.clip(play(name, seed=seed).audio, -1, 1) * 32767).astype("<i2")
        with wave.open(str(folder / f"{seed:02d}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(samples.tobytes())


def render(program: int, notes: list[tuple[int, int, int, int]]) -> Waveform:
    with TemporaryDirectory() as folder:
        score, rendered = Path(folder) / "score.mid", Path(folder) / "rendered.wav"
        score.write_bytes(midi_file(program, notes))
        command = ["fluidsynth", "-niq", "-R", "0", "-C", "0", "-g", "0.8", "-r", str(RATE)]
        command += ["-F", str(rendered), str(SOUND_FONT), str(score)]
        subprocess.run(command, check=True, capture_output=True)
        return read_audio(rendered, RATE)


def level(audio: Waveform) -> np.ndarray:
    """Mean square of the `LEVEL_WINDOW` samples around each, in dB, `[T] -> [T]`."""
    power = np.pad(np.square(audio, dtype=np.float64), (LEVEL_WINDOW // 2 + 1, LEVEL_WINDOW // 2))
    total = np.cumsum(power)
    means = (total[LEVEL_WINDOW:] - total[:-LEVEL_WINDOW])[: len(audio)] / LEVEL_WINDOW
    return 10 * np.log10(means.clip(1e-12))


def midi_file(program: int, notes: list[tuple[int, int, int, int]]) -> bytes:
    """A standard MIDI file, a tick a millisecond; notes are (start, end, number, velocity)."""
    events = [(start, bytes([0x90, number, velocity])) for start, _, number, velocity in notes]
    events += [(end, bytes([0x80, number, 0])) for _, end, number, _ in notes]
    track = b"\x00\xff\x51\x03" + (1_000_000).to_bytes(3, "big") + bytes([0, 0xC0, program])
    now = 0
    for time, event in sorted(events, key=lambda pair: (pair[0], pair[1][0])):  # ends come first
        track += variable_length(time - now) + event
        now = time
    track += variable_length(1000) + b"\xff\x2f\x00"
    return struct.pack(">4sIHHH4sI", b"MThd", 6, 0, 1, 1000, b"MTrk", len(track)) + track


def variable_length(number: int) -> bytes:
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.append(number & 0x7F | 0x80)
    return bytes(reversed(digits))


def say(num_sentences: int = 12, seed: int = 0) -> Iterator[Sound]:
    """Sentences by espeak-ng; their pitch is what CREPE (full) finds."""
    random = np.random.default_rng(seed)
    judge = make_tracker("full")
    with TemporaryDirectory() as folder:
        for number in range(num_sentences):
            path, voice = Path(folder) / f"{number}.wav", VOICES[number % len(VOICES)]
            speak(sentence(random), voice, random, path)
            frames = list(track(judge, [read_audio(path, TRACKED_RATE)]))
            pitch_hz, confidence, level_db = map(np.concatenate, zip(*frames, strict=True))
            is_voiced = (confidence >= judge.threshold) & (level_db > level_db.max() - QUIET_DB)
            found = np.where(is_voiced, 69 + 12 * np.log2(pitch_hz / 440), np.nan)
            audio = read_audio(path, RATE)
            yield Sound(voice, audio, at_samples(found, judge.hop_length, len(audio)))


def at_samples(midi: np.ndarray, hop_length: int, length: int) -> np.ndarray:
    """Frames `[N]` at `hop_length` of CREPE's rate to samples `[length]`: lines where both ends
    are voiced, else the nearest frame."""
    position = np.arange(length) * TRACKED_RATE / RATE / hop_length
    line = np.interp(position, np.arange(len(midi)), midi)
    nearest = midi[np.round(position).astype(int).clip(max=len(midi) - 1)]
    return np.where(np.isnan(nearest) | np.isnan(line), nearest, line)


def is_there(*needed: str) -> bool:
    """Whether programs or files, by their paths, are installed."""
    return all(shutil.which(name) or Path(name).is_file() for name in needed)
