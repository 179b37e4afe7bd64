#!/usr/bin/env python3
"""Writes sentences spoken by espeak-ng as a dataset to train on.

    python benchmarks/speech.py FOLDER [--sentences 144] [--seed 0]

Sentences are put together from a few words; each has a voice, a pitch and a speed of its own. The
same seed gives the same sounds with the same espeak-ng. `FOLDER/data/VOICE/` holds them, 22050 Hz.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
from measuring import command_line

VOICES = ("en-us+m1", "en-us+m3", "en-gb+m5", "en-us+f1", "en-gb+f2", "en-gb+f4")
WHO = ["the old singer", "a young dancer", "our neighbour", "the captain", "every player"]
DOES = ["carries", "remembers", "follows", "quietly breaks", "is looking for", "cannot hear"]
WHAT = ["a wooden flute", "seven bright bells", "the last train", "grey wool", "her own voice"]
WHERE = ["under the bridge", "before sunrise", "in the empty hall", "as the water rises"]
AND_THEN = ["then goes home", "but nobody asks why", "and the choir joins in", "while we wait"]


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sentences", type=int, default=144)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    random = np.random.default_rng(options.seed)
    for number in range(options.sentences):
        voice = VOICES[number % len(VOICES)]
        file = options.folder / "data" / voice / f"{number:03d}.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        speak(sentence(random), voice, random, file)


def sentence(random: np.random.Generator) -> str:
    parts = [str(random.choice(words)) for words in (WHO, DOES, WHAT, WHERE, AND_THEN)]
    return " ".join(parts).capitalize() + "."


def speak(text: str, voice: str, random: np.random.Generator, file: Path) -> None:
    pitch, words_per_minute = random.integers(25, 76), random.integers(130, 191)
    settings = ["-v", voice, "-p", str(pitch), "-s", str(words_per_minute)]
    subprocess.run(["espeak-ng", *settings, "-w", str(file), text], check=True)


if __name__ == "__main__":
    main()
