#!/usr/bin/env python3
"""The cost of importing sounds: CPU a minute, memory and disk, by kind of file.

    python benchmarks/importing.py [--minutes 10] [--repeats 3] [--only KIND ...] [--json FILE]

The sounds are made here, ten files of each kind, and imported to the rate of the recipes into an
empty cache, each time in a process of its own. The floor reads the same files by soundfile and
does nothing with them; `times` is the ratio to it. Memory is what the import adds to the peak of
its process. CPU times are those of all threads and processes, medians, start-up left out.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
import soundfile
from measuring import Clock, Row, command_line, heading, in_a_process, peak_memory_mb, show, write

from vschaos.data.cache.store import SoundStore, open_store

RATE = 44100
FILES = 10
BLOCK = 1 << 16  # samples


class Kind(NamedTuple):
    ending: str
    subtype: str
    rate: int
    channels: int


KINDS = {
    "wav, 44.1 kHz": Kind("wav", "PCM_16", 44100, 1),
    "wav, 48 kHz, stereo": Kind("wav", "PCM_24", 48000, 2),
    "flac, 44.1 kHz": Kind("flac", "PCM_16", 44100, 1),
    "mp3, 44.1 kHz": Kind("mp3", "MPEG_LAYER_III", 44100, 1),
}


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="of sound of each kind")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=KINDS, default=list(KINDS), metavar="KIND")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure_here(options.one)))
        return
    print(heading())
    rows = [measure(kind, options.minutes, options.repeats) for kind in options.only]
    columns = {"kind": "<", "cpu_s_a_minute": ".3f", "reading_alone": ".3f", "times": ".1f"}
    show(rows, {**columns, "memory_mb": ".0f", "disk_mb_a_minute": ".1f"})
    write(options.json, rows)


def measure(kind: str, minutes: float, repeats: int) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        write_sounds(Path(folder), KINDS[kind], minutes)
        found = [json.loads(in_a_process(__file__, "--one", folder)[1]) for _ in range(repeats)]
    medians: dict[str, Any] = {key: median(one[key] for one in found) for key in found[0]}
    importing, reading = (medians.pop(key) / minutes for key in ("importing", "reading"))
    disk_mb = medians.pop("disk_mb") / minutes
    row = {"kind": kind, "cpu_s_a_minute": importing, "reading_alone": reading, **medians}
    return {**row, "times": importing / reading, "disk_mb_a_minute": disk_mb}


def measure_here(root: Path) -> dict[str, float]:
    """Seconds of CPU and megabytes, in this process."""
    read_alone(root)  # once for the disk
    reading = _cpu(lambda: read_alone(root))
    before_mb = peak_memory_mb()
    with tempfile.TemporaryDirectory() as cache:
        importing = _cpu(lambda: import_sounds(root, Path(cache)))
        disk = sum(path.stat().st_size for path in Path(cache).rglob("*") if path.is_file())
    memory_mb = peak_memory_mb() - before_mb
    return {
        "importing": importing,
        "reading": reading,
        "memory_mb": memory_mb,
        "disk_mb": disk / 1e6,
    }


def _cpu(call: Callable[[], object]) -> float:
    started = Clock.now()
    call()
    return Clock.now().since(started).cpu


def import_sounds(root: Path, cache: Path) -> SoundStore:
    """Imports as a training with the recipes does."""
    return open_store(root, RATE, "mix", min_length=512, cache=cache)


def read_alone(root: Path) -> None:
    for path in sorted((root / "data").iterdir()):
        for _ in soundfile.blocks(path, BLOCK, dtype="float32"):
            pass


def write_sounds(root: Path, kind: Kind, minutes: float, files: int = FILES) -> None:
    """Writes tones and noise, with a different level in each file."""
    length = round(60 * minutes * kind.rate / files)
    seconds = np.arange(min(length, 10 * kind.rate)) / kind.rate
    random = np.random.default_rng(0)
    sound = 0.3 * np.sin(2 * np.pi * 220 * seconds) + 0.1 * random.standard_normal(len(seconds))
    turn = np.repeat(sound[:, None], kind.channels, axis=1)
    (root / "data").mkdir(parents=True, exist_ok=True)
    for number in range(files):
        path = root / f"data/sound_{number:03}.{kind.ending}"
        with soundfile.SoundFile(path, "w", kind.rate, kind.channels, kind.subtype) as file:
            for start in range(0, length, len(turn)):
                file.write(turn[: length - start] * (1 - number / (2 * files)))


if __name__ == "__main__":
    main()
