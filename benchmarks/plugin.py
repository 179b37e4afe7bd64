#!/usr/bin/env python3
"""A plug-in hosted and rendered in bulk: speed, failures, resumption, preset files.

    python benchmarks/plugin.py [PLUGIN] [-n 10000] [--presets 32] [--json FILE]

Rendering: sounds a second and CPU milliseconds of all processes a sound, by 1 process for a tenth
of the sounds and by 2 for all, with the rest between two sounds, loudness and flac; draws that were
silent; sounds that were skipped since the plug-in crashed or hung. Resumption: the tenth once more,
ended by SIGKILL half-way and started again; sounds whose samples differ. Presets: those held out,
each from its own preset file in a new process: the greatest difference of a parameter, and the
log-spectral distance from a new process whose parameters were set. Beside it `repeat`: the same
sounds twice in one process, by which other distances of this plug-in are to be judged.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
from measuring import Clock, Row, command_line, heading, show, write

from vschaos.plugin.banks import Presets, read_presets, split_presets
from vschaos.plugin.checking import AUDIBLE_DB, preset_differences
from vschaos.plugin.description import Description, read_description
from vschaos.plugin.draws import Draw, Source, free_parameters
from vschaos.plugin.host import Host
from vschaos.plugin.levels import loudness_db, spectral_distance_db
from vschaos.plugin.player import Player
from vschaos.plugin.rendering import Job, hashes, render

SEED = 0
NOTE, VELOCITY = 60, 100  # of presets


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("plugin", nargs="?", default="amsynth")
    parser.add_argument("-n", "--count", type=int, default=10000, help="sounds by 2 processes")
    parser.add_argument("--presets", type=int, default=32, help="of those held out")
    parser.add_argument("--unfinished", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    description = read_description(options.plugin)
    presets = split_presets(read_presets(description.find_banks(), description), description)
    few = max(options.count // 10, 2)
    if options.unfinished:
        render(job_of(description, presets, options.unfinished, few))
        return
    print(heading())
    with tempfile.TemporaryDirectory() as folder:
        rows = [
            rendering(description, presets, Path(folder) / "one", few, 1),
            rendering(description, presets, Path(folder) / "two", options.count, 2),
        ]
        kept = resumption(description, presets, Path(folder), few)
    show(
        rows,
        {
            "processes": "d",
            "sounds": "d",
            "sounds_a_second": ".1f",
            "cpu_ms_a_sound": ".1f",
            "silent": "d",
            "skipped": "d",
            "mb": ".0f",
        },
    )
    print()
    show([kept], {"killed_after": "d", "sounds": "d", "different": "d"})
    print()
    faithful = presets_again(description, presets, options.presets)
    columns = {"presets": "d", "parameters_within": ".1e", "distance_db": ".2f"}
    show([faithful], {**columns, "repeat_median_db": ".2f", "repeat_greatest_db": ".2f"})
    write(options.json, {"rendering": rows, "resumption": kept, "presets": faithful})


def job_of(description: Description, presets: Presets, root: Path, count: int) -> Job:
    parents = np.array([preset.positions for preset in presets.parents])
    source = Source(
        description,
        description.base(),
        free_parameters(description, None),
        parents.reshape(-1, len(description.parameters)),
        description.notes,
        description.velocities,
        SEED,
    )
    held, seconds = description.held_seconds, description.seconds
    return Job(root, description.find(), source, count, held, seconds)


def rendering(
    description: Description, presets: Presets, root: Path, count: int, num_processes: int
) -> Row:
    started = Clock.now()
    found = render(job_of(description, presets, root, count), num_processes)
    spent = Clock.now().since(started)
    return {
        "processes": num_processes,
        "sounds": found.num_sounds,
        "sounds_a_second": count / spent.wall,
        "cpu_ms_a_sound": 1000 * spent.cpu / count,
        "silent": found.num_silent,
        "skipped": len(found.skipped),
        "mb": sum(path.stat().st_size for path in root.rglob("*") if path.is_file()) / 1e6,
    }


def resumption(description: Description, presets: Presets, folder: Path, count: int) -> Row:
    """The tenth, killed when half of its shards are there, and started again."""
    job = job_of(description, presets, folder / "killed", count)
    command = [sys.executable, __file__, description.name, "-n", str(10 * count)]
    process = subprocess.Popen([*command, "--unfinished", str(job.root)])
    while process.poll() is None:
        there = sum(map(job.is_there, range(job.num_shards)))
        if there >= job.num_shards / 2:
            os.kill(process.pid, signal.SIGKILL)
            break
        time.sleep(0.02)
    process.wait()
    render(job, 2)
    again, whole = hashes(job), hashes(job_of(description, presets, folder / "one", count))
    return {
        "killed_after": there,
        "sounds": len(whole),
        "different": sum(again.get(name) != digest for name, digest in whole.items()),
    }


def presets_again(description: Description, presets: Presets, count: int) -> Row:
    errors: list[float] = []
    distances: list[float] = []
    repeats: list[float] = []
    with Host(description.find(), description.sample_rate) as host:
        for preset in presets.test[:count]:
            draw = Draw(0, 0, preset.positions, NOTE, VELOCITY, "test")
            error, distance = preset_differences(Player(host, description), draw)
            if error is not None and distance is not None:
                errors.append(error)
                distances.append(distance)
            player = Player(host, description)
            sound, again = player.draw(draw), player.draw(draw)
            if loudness_db(sound, description.sample_rate) > AUDIBLE_DB:
                repeats.append(spectral_distance_db(again, sound))
    return {
        "presets": len(errors),
        "parameters_within": max(errors, default=None),
        "distance_db": max(distances, default=None),
        "repeat_median_db": median(repeats) if repeats else None,
        "repeat_greatest_db": max(repeats, default=None),
    }


if __name__ == "__main__":
    main()
