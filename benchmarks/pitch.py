#!/usr/bin/env python3
"""The accuracy of the pitches of `extract_pitch.py`, and their cost.

    python benchmarks/pitch.py [full tiny swift] [--notes folder] [--thresholds 0.3 0.5 0.7]
        [--seconds 1] [--json FILE]

Two sets: notes made on the spot (52 Hz to 1.9 kHz, up to 30 cents off; a sine, all harmonics,
odd ones, and a fundamental 20 dB below; white noise at 20 dB of SNR), and the first seconds of a
folder's notes, whose names give the MIDI number (`flute_72_loud.wav`). Of the frames that are
voiced: how many lie within a semitone, and how many have the very pitch class and octave. Of those
that sound, the ones within 30 dB of the loudest: how many are voiced. CPU seconds are those of one
thread for one second of sound.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from measuring import command_line, cpu_seconds, heading, write

from vschaos.audio.files import Waveform, read_audio
from vschaos.data.pitch.extraction import Voicing, find_notes
from vschaos.data.pitch.networks import MODELS, make_tracker
from vschaos.data.pitch.tracking import SAMPLE_RATE, Frames, Tracker, track

TIMBRES = ("sine", "harmonics", "odd", "weak fundamental")
MIDI_NUMBERS = range(32, 95, 3)
SNR_DB = 20.0
SOUNDING_DB = 30.0


class Note(NamedTuple):
    name: str
    midi: int
    sound: Waveform


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("models", nargs="*", default=MODELS, metavar="MODEL")
    parser.add_argument("--notes", type=Path, help="folder of notes, name_MIDI.wav")
    parser.add_argument("--seconds", type=float, default=1.0, help="of each of these notes")
    parser.add_argument("--thresholds", type=float, nargs="+", help="default: each model's own")
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(heading())
    print(f"{'':28}threshold  semitone  class+octave  voiced  CPU s/s")
    materials = {"synthesised": list(synthesise())}
    if options.notes:
        materials["rendered"] = list(read_notes(options.notes, options.seconds))
    results = []
    for model in options.models:
        tracker = make_tracker(model)
        for material, notes in materials.items():
            for result in measure(tracker, notes, options.thresholds or [tracker.threshold]):
                result = {"model": model, "material": material, **result}
                show(result)
                results.append(result)
    write(options.json, results)


def show(result: dict[str, Any]) -> None:
    print(
        f"{result['model']:<8}{result['material']:<20}{result['threshold']:>9.2f}"
        f"{result['semitone']:>10.1%}{result['exact']:>14.1%}{result['voiced']:>8.1%}"
        f"{result['cpu_seconds']:>9.3f}"
    )
    worst = sorted(result["wrong"].items(), key=lambda pair: -pair[1])[:6]
    if worst:
        print("        most wrong: " + ", ".join(f"{name} {share:.0%}" for name, share in worst))


def measure(
    tracker: Tracker, notes: list[Note], thresholds: list[float]
) -> Iterator[dict[str, Any]]:
    tracked: list[Frames] = []
    spent = cpu_seconds(lambda: tracked.extend(listen(tracker, note.sound) for note in notes))
    seconds = sum(len(note.sound) for note in notes) / SAMPLE_RATE
    for threshold in thresholds:
        counts = [
            count(frames, note.midi, Voicing(threshold, *tracker.range_hz))
            for frames, note in zip(tracked, notes, strict=True)
        ]
        near, exact, voiced, voiced_sounding, sounding = np.sum(counts, axis=0)
        yield {
            "threshold": threshold,
            "semitone": near / voiced,
            "exact": exact / voiced,
            "voiced": voiced_sounding / sounding,
            "cpu_seconds": spent / seconds,
            "wrong": {
                note.name: 1 - own[0] / own[2]
                for note, own in zip(notes, counts, strict=True)
                if own[0] < own[2]
            },
        }


def listen(tracker: Tracker, sound: Waveform) -> Frames:
    parts = zip(*track(tracker, [sound]), strict=True)
    return Frames(*(np.concatenate(values) for values in parts))


def count(frames: Frames, midi: int, voicing: Voicing) -> list[int]:
    """Frames within a semitone, right, voiced, voiced where it sounds, and where it sounds."""
    notes = find_notes(frames, voicing)
    is_voiced = notes >= 0
    is_sounding = frames.level_db >= frames.level_db.max() - SOUNDING_DB
    exact_midi = 69 + 12 * np.log2(frames.pitch_hz.clip(1.0) / 440)
    # the pitch itself where it is the frame's own, the note where its neighbours decided
    error = np.minimum(np.abs(exact_midi - midi), np.abs(notes - midi))
    return [
        int(mask.sum())
        for mask in (
            is_voiced & (error <= 1),
            is_voiced & (notes == midi),
            is_voiced,
            is_voiced & is_sounding,
            is_sounding,
        )
    ]


def synthesise() -> Iterator[Note]:
    random = np.random.default_rng(0)
    seconds = np.arange(SAMPLE_RATE // 2) / SAMPLE_RATE
    for timbre in TIMBRES:
        for midi in MIDI_NUMBERS:
            hz = 440 * 2 ** ((midi - 69 + random.uniform(-0.3, 0.3)) / 12)
            numbers = np.arange(1, 41)[np.arange(1, 41) * hz < 0.45 * SAMPLE_RATE]
            levels = {
                "sine": np.where(numbers == 1, 1.0, 0.0),
                "harmonics": 1.0 / numbers,
                "odd": np.where(numbers % 2 == 1, 1.0, 0.1) / numbers,
                "weak fundamental": np.where(numbers == 1, 0.1, 1.0 / numbers),
            }[timbre]
            phases = random.uniform(0, 2 * np.pi, len(numbers))
            turns = hz * numbers[:, None] * seconds
            sound = (levels[:, None] * np.sin(2 * np.pi * turns + phases[:, None])).sum(axis=0)
            noise = random.standard_normal(len(sound)) * sound.std() * 10 ** (-SNR_DB / 20)
            sound = 0.5 * (sound + noise) / np.abs(sound).max()
            yield Note(f"{timbre} {midi}", midi, sound.astype(np.float32))


def read_notes(folder: Path, seconds: float) -> Iterator[Note]:
    for path in sorted(folder.glob("*.wav")):
        number = re.search(r"_(\d+)(?=_|$)", path.stem)
        if number is None:
            raise SystemExit(f"{path}: a name with a MIDI number was expected, as flute_72.wav")
        sound = read_audio(path, SAMPLE_RATE)[: round(seconds * SAMPLE_RATE)]
        yield Note(path.stem, int(number[1]), sound)


if __name__ == "__main__":
    main()
