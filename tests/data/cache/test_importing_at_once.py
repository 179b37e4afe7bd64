"""Imports that are killed, that run side by side, and that are long."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from vschaos.audio.files import write_audio
from vschaos.data.cache.store import open_store
from vschaos.locks import Lock

RATE = 8000
# on a line of input imports, each block after a rest, and reports what it read, and how much
# memory that took
PROGRAM = """
import os, re, sys, time
from pathlib import Path
from vschaos.audio import files as audio
from vschaos.data.cache import importing
from vschaos.data.cache.store import open_store

rests, kilobytes = [float(rest) for rest in sys.argv[3:]], lambda: int(
    re.search(r"RssAnon:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]
)

def report(what, path):
    os.write(1, f"{what} {path.name}\\n".encode())  # at once: other threads report as well

def read(path, *settings):
    report("begins", path)
    for block in audio.read_blocks(path, *settings):
        time.sleep(rests[0] if path.name[0] in "012" else rests[-1])
        peaks.append(kilobytes())
        yield block
    report("ends", path)

print("ready", flush=True)
sys.stdin.readline()
importing.read_blocks, peaks = read, [kilobytes()]
store = open_store(Path(sys.argv[1]), 8000, "mix", 1, cache=Path(sys.argv[2]))
for file in store.files:
    store.read(file, 0, 1000)
print("grown", max(peaks) - peaks[0], flush=True)
"""


def _start(root: Path, cache: Path, *rests: float) -> subprocess.Popen[str]:
    """An import that begins at once; the rests are of the first three files and the others."""
    (process,) = _start_together(1, root, cache, *rests)
    return process


def _start_together(
    count: int, root: Path, cache: Path, *rests: float
) -> list[subprocess.Popen[str]]:
    """So that the slowest start of Python on a busy machine takes nothing from the first."""
    command = [sys.executable, "-c", PROGRAM, str(root), str(cache), *map(str, rests or (0.0,))]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    running = [subprocess.Popen(command, text=True, **pipes) for _ in range(count)]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    return running


def _ends(output: str) -> list[str]:
    return [line.split()[1] for line in output.splitlines() if line.startswith("ends")]


@pytest.fixture
def sounds(tmp_path: Path, tone: Callable[..., np.ndarray]) -> Path:
    for number in range(8):
        write_audio(tmp_path / "sounds" / f"{number} é 音.wav", tone(200.0 + number), RATE)
    return tmp_path / "sounds"


def _assert_whole(sounds: Path, cache: Path) -> None:
    store = open_store(sounds, RATE, "mix", 1, cache=cache)
    alone = open_store(sounds, RATE, "mix", 1, cache=cache.with_name("alone"))
    assert store.files == alone.files
    assert len(store.files) == 8
    for file in store.files:
        expected = alone.read(file, 0, file.length)
        np.testing.assert_array_equal(store.read(file, 0, file.length), expected)
    assert not [*cache.rglob("*.partial")]
    for left in cache.glob("sounds/*/*.lock"):  # by a kill just before the lock is removed
        lock = Lock(left)
        assert lock.take()  # nobody holds it
        lock.let_go()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_stopped_import_goes_on_where_it_was(
    sounds: Path, tmp_path: Path, how: signal.Signals
) -> None:
    cache = tmp_path / "cache"
    with _start(sounds, cache, 0.1, 2.0) as first:  # in which the signal comes
        assert first.stdout is not None
        lines: list[str] = []
        while len(_ends("".join(lines))) < 3:
            lines.append(first.stdout.readline())
        first.send_signal(how)
        rest = first.stdout.read()
    whole = len([*cache.rglob("*.sound")])
    assert 2 <= whole < 8
    assert whole <= len(_ends("".join(lines) + rest))
    if how == signal.SIGINT:
        assert not [*cache.rglob("*.partial")]
    with _start(sounds, cache) as second:
        output, _ = second.communicate(timeout=60)
    assert len(_ends(output)) == 8 - whole
    _assert_whole(sounds, cache)


def test_two_processes_share_the_work(sounds: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    running = _start_together(2, sounds, cache, 0.4)
    shares = [_ends(process.communicate(timeout=60)[0]) for process in running]
    assert all(process.returncode == 0 for process in running)
    assert len(shares[0] + shares[1]) == len({*shares[0], *shares[1]}) == 8
    assert all(shares)  # both did some
    _assert_whole(sounds, cache)


def test_what_a_killed_process_began_another_one_takes_over(sounds: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    with _start(sounds, cache, 5.0) as slow:
        assert slow.stdout is not None
        slow.stdout.readline()
        with _start(sounds, cache) as waiting:
            time.sleep(1.0)
            slow.kill()
            waiting.communicate(timeout=60)
    assert waiting.returncode == 0
    _assert_whole(sounds, cache)


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="memory is measured on Linux alone"
)
def test_memory_does_not_grow_with_the_sounds(tmp_path: Path) -> None:
    """A file of two and one of fifteen minutes at 48 kHz; the second has 170 MB of samples."""
    grown = {}
    noise = np.random.default_rng(0).integers(-9000, 9000, 48_000 * 60, dtype=np.int16)
    for minutes in (2, 15):
        root = tmp_path / f"{minutes}"
        write_minutes(root / "long.wav", noise, minutes)
        with _start(root, tmp_path / "cache") as process:
            output, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        grown[minutes] = int(output.split()[-1]) / 1024
    assert grown[15] < grown[2] + 8  # megabytes


def write_minutes(path: Path, minute: np.ndarray, minutes: int) -> None:
    import soundfile

    path.parent.mkdir(parents=True, exist_ok=True)
    with soundfile.SoundFile(path, "w", 48_000, 1, "PCM_16") as file:
        for _ in range(minutes):
            file.write(minute)
