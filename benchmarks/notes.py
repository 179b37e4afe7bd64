#!/usr/bin/env python3
"""Writes notes of twelve General MIDI instruments, played by fluidsynth, as a dataset to train on.

    python benchmarks/notes.py FOLDER [--notes 40] [--seed 0]

Each instrument plays so many notes, semitone by semitone, of 1.1 s and their release, each with a
velocity of its own. `FOLDER/data/INSTRUMENT/` holds them: 1.45 s at 44.1 kHz. Needs
`fluid-soundfont-gm`; the same font and seed give the same sounds.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from measuring import command_line
from pitched_sounds import RATE, render

from vschaos.audio.files import write_audio

# General MIDI programs and their lowest notes
INSTRUMENTS = {
    **{"piano": (0, 45), "vibraphone": (11, 45), "organ": (19, 45), "guitar": (24, 45)},
    **{"bass": (32, 36), "violin": (40, 45), "strings": (48, 45), "choir": (52, 45)},
    **{"trumpet": (56, 45), "saxophone": (65, 45), "flute": (73, 45), "ocarina": (79, 45)},
}
HELD_MS, SECONDS = 1100, 1.45
VELOCITIES = (50, 120)


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--notes", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    random = np.random.default_rng(options.seed)
    for name, (program, lowest) in INSTRUMENTS.items():
        for note in range(lowest, lowest + options.notes):
            velocity = int(random.integers(*VELOCITIES))
            audio = render(program, [(0, HELD_MS, note, velocity)])[: round(SECONDS * RATE)]
            write_audio(options.folder / "data" / name / f"{note:03d}.wav", audio, RATE)


if __name__ == "__main__":
    main()
