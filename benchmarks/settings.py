#!/usr/bin/env python3
"""The effect of each setting of a `.ts` on a sound, as pictures.

    python benchmarks/settings.py my_model.ts sound.wav [--out docs]

Plays the sound through `forward` (`encode` and `decode` for settings of latents alone), block by
block as nn~ does, under some values of each setting, and writes a PNG of spectrograms for each:
`settings_<name>.png`, and the sounds beside it as wav.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from vschaos.audio.files import read_channels, write_audio
from vschaos.export.host import Host
from vschaos.pictures import draw_sounds

BUFFER = 2048
COLOURS = 48  # enough for the eye, and a quarter of the bytes
# clearly audible values, by setting; the first is the default
VALUES: dict[str, list[str | float]] = {
    "inversion_mode": ["keep_input", "rtisi", "scan", "random"],
    "temperature": [0.0, 1.0, 3.0],
    "smoothing": [0.0, 100.0, 1000.0],
    "jitter": [0.0, 0.3, 1.0],
    "mix": [1.0, 0.5, 0.0],
    "texture": [0.0, 0.5, 1.0],
    "match": [0.0, 1.0],
}
FREEZE_AT = 0.35  # of the sound


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("model", type=Path)
    parser.add_argument("sound", type=Path)
    parser.add_argument("--out", type=Path, default=Path("out"))
    parser.add_argument(
        "--only", nargs="+", choices=[*VALUES, "freeze"], default=[*VALUES, "freeze"]
    )
    parser.add_argument("--set", nargs="+", default=[], metavar="NAME=VALUE", help="in all of them")
    options = parser.parse_args()
    host = Host(options.model, "forward", BUFFER)
    rate = host.get("model_rate")[0]
    sound = read_channels(options.sound, rate).mean(axis=0)
    options.out.mkdir(parents=True, exist_ok=True)
    fixed = dict(pair.split("=", 1) for pair in options.set)
    for name in options.only:
        if name not in VALUES or name not in host.attributes:
            continue
        played = {
            f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}": play(
                options.model, sound, {**fixed, name: value}
            )
            for value in VALUES[name]
        }
        write(options.out, name, played, rate)
    if "freeze" not in options.only:
        return
    frozen = play(
        options.model, sound, {**fixed, "freeze": 1}, from_sample=int(FREEZE_AT * len(sound))
    )
    write(options.out, "freeze", {"freeze 0, then 1": frozen}, rate)


def play(
    path: Path, sound: np.ndarray, settings: dict[str, str | float], from_sample: int = 0
) -> np.ndarray:
    """The sound `[T]` through a fresh `forward`, set after so many samples; labels unknown."""
    host = Host(path, "forward", BUFFER)
    channels = np.full((host.inlets, len(sound)), -1.0, dtype=np.float32)
    channels[0] = sound
    first = from_sample // BUFFER * BUFFER
    before = host.process(channels[:, :first])
    for name, value in settings.items():
        host.set(name, value)
    return np.concatenate([before, host.process(channels[:, first:])], axis=1)[0]


def write(folder: Path, name: str, played: dict[str, np.ndarray], rate: int) -> None:
    picture = folder / f"settings_{name}.png"
    draw_sounds(picture, played, rate)
    with Image.open(picture) as drawn:
        drawn.quantize(COLOURS).save(picture, optimize=True)
    for title, sound in played.items():
        write_audio(folder / f"{title.replace(' ', '_')}.wav", sound[None], rate)


if __name__ == "__main__":
    main()
