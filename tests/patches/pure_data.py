"""Runs patches in a real PureData, without window, sound card or clock, nn~ played by a stand-in.

    played = play_patch(Path("my_training.pd"), 2.0, [(0, "mine-gain -6"), (500, "mine-play 1")])
    assert not complaints(played.lines)
    played.objects[0].settings                     # what nn~ was sent, and took: ("gain", "...")
    played.objects[0].host.get("gain")             # how it was left

    played = play_patch(path, 2.0, messages, listen_to=["mine-out"])     # its [send~ mine-out]
    played = play_patch(path, 2.0, messages, recordings=[tmp_path / "a.wav"])  # it wrote them

    played = play_object("mine~ 3", sound, outlets=2, paths=[patches])   # an abstraction, an object
    played.sound                                   # [2, T], and listen_to's after them

- Messages are `(milliseconds, "receiver words...")`, to `[receive receiver]`; `inlet-1` and so on
  are the inlets of what `play_object` plays. Those of 0 ms are sent before DSP is switched on, the
  others before the block of 64 samples that holds their moment. Their words are those of a message
  box: escape spaces by `\\ `.
- Pd runs faster than time, always with the same result. Sound is recorded from 0 ms, sample by
  sample, without limits. With `recordings`, that a patch makes by itself, it runs in real time (its
  writer loses sounds otherwise), and they are waited for.
- What is opened finds the files beside it, those of `paths`, and our stand-in (`stand_in/nn~.c`).
- A test that comes here is skipped where there is no Pd, C compiler or m_pd.h, but fails there if
  VSCHAOS_CI is set: all is to be tested there.
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.patches.driver import Driver, read_sound
from tests.patches.stand_in import PlayedObject, Server

__all__ = ["Played", "complaints", "play_object", "play_patch", "read_sound", "require_pure_data"]

SOURCE = Path(__file__).parent / "stand_in" / "nn~.c"
INCLUDES = [Path(folder) for folder in ("/usr/include/pd", "/usr/local/include/pd", "/usr/include")]
PATIENCE_SECONDS = 120.0
COMPLAINTS = (
    "couldn't create",
    "connection failed",
    "error",
    "no such",
    "no method",
    "can't",
    "not found",
    "multiply defined",
    "bad arguments",
    "stack overflow",
)


@dataclass
class Played:
    """What came of a patch.

    Attributes:
        lines: what Pd printed.
        sound: `[C, T]`, of the outlets, then of the sends listened to.
        objects: its nn~, in the order they were made.
    """

    lines: list[str]
    sound: np.ndarray
    objects: list[PlayedObject]


def complaints(lines: Sequence[str]) -> list[str]:
    """The lines that say that something is wrong.

    The real nn~ posts an empty error at each word it is set to; that one does not count.
    """
    found = [line for line in lines if line.strip() not in ("error:", "error: nn~:")]
    return [line for line in found if any(word in line.lower() for word in COMPLAINTS)]


def play_patch(
    patch: Path,
    seconds: float,
    messages: Sequence[tuple[float, str]] = (),
    *,
    listen_to: Sequence[str] = (),
    recordings: Sequence[Path] = (),
    paths: Sequence[Path] = (),
    sample_rate: int = 44100,
) -> Played:
    """Opens a patch as a user does, and plays it for so long.

    Args:
        patch: a `.pd` file.
        seconds: of sound.
        messages: when, in milliseconds, and what.
        listen_to: names of `[send~]` in it.
        recordings: wav files that the patch writes, and has stopped writing before the end.
        paths: folders of abstractions, externals and models.
        sample_rate: Hz, of Pd.
    """
    driver = Driver(round(seconds * sample_rate), sample_rate, messages)
    driver.listen(listen_to)
    return _run(driver, [patch.resolve()], recordings, [patch.resolve().parent, *paths])


def play_object(
    text: str,
    sound: np.ndarray | None = None,
    *,
    outlets: int = 1,
    seconds: float | None = None,
    messages: Sequence[tuple[float, str]] = (),
    listen_to: Sequence[str] = (),
    printed: Sequence[int] = (),
    paths: Sequence[Path] = (),
    sample_rate: int = 44100,
) -> Played:
    """Makes an object or an abstraction, plays a sound into it and records its outlets.

    Args:
        text: as written in its box, `mine~ 3`.
        sound: `[C, T]` or `[T]`, for its first inlets; a channel each.
        outlets: how many to hear.
        seconds: to be recorded; the length of the sound if it is not given.
        messages: when, in milliseconds, and what; `(0, "inlet-1 set gain -6")`.
        listen_to: names of `[send~]` in it.
        printed: numbers of outlets, from 1, whose messages are printed, as `outlet-3: words`.
        paths: folders of abstractions, externals and models.
        sample_rate: Hz, of Pd.
    """
    channels = np.zeros((0, 0)) if sound is None else np.atleast_2d(sound)
    length = channels.shape[1] if seconds is None else round(seconds * sample_rate)
    driver = Driver(length, sample_rate, messages)
    driver.play(text, channels, outlets, printed)
    driver.listen(listen_to)
    return _run(driver, [], [], paths)


def require_pure_data() -> None:
    """Skips the test where patches cannot run; fails it in CI."""
    lacking = missing()
    if lacking and os.environ.get("VSCHAOS_CI"):
        pytest.fail(lacking)
    if lacking:
        pytest.skip(lacking)


@functools.cache
def missing() -> str:
    """What patches need that this machine lacks, in a sentence; empty if it has all."""
    lacking = []
    if not shutil.which("pd"):
        lacking.append("PureData (puredata)")
    if not (shutil.which("cc") or shutil.which("gcc")):
        lacking.append("a C compiler (gcc)")
    if not any((folder / "m_pd.h").is_file() for folder in INCLUDES):
        lacking.append("the headers of PureData (puredata-dev)")
    return f"running patches takes {', '.join(lacking)}" if lacking else ""


@functools.cache
def stand_in() -> Path:
    """The folder of the external, compiled once for each process."""
    folder = Path(tempfile.mkdtemp(prefix="vschaos-stand-in-"))
    atexit.register(shutil.rmtree, folder)
    compiler = shutil.which("cc") or "gcc"
    suffix = "pd_darwin" if sys.platform == "darwin" else "pd_linux"
    flags = ["-O2", "-shared", "-fPIC", *(f"-I{path}" for path in INCLUDES)]
    if sys.platform == "darwin":
        flags += ["-undefined", "dynamic_lookup"]
    command = [compiler, *flags, str(SOURCE), "-o", str(folder / f"nn~.{suffix}")]
    subprocess.run(command, check=True)
    return folder


def environment(server: Server) -> dict[str, str]:
    """In which Pd finds who plays for the stand-in."""
    return {**os.environ, "VSCHAOS_STAND_IN": str(server.address)}


def _run(
    driver: Driver, patches: list[Path], recordings: Sequence[Path], paths: Sequence[Path]
) -> Played:
    require_pure_data()
    with tempfile.TemporaryDirectory() as name, Server() as server:
        folder = Path(name)
        driver.write(folder, quits=not recordings)
        options = ["-nogui", "-noaudio", "-nomidi", "-noprefs", "-nrt", "-stderr"]
        options += [] if recordings else ["-batch"]
        options += ["-r", str(driver.sample_rate)]
        for path in (stand_in(), *paths):
            options += ["-path", str(path)]
        # what is opened last is computed first, so that its sends are received in the same block
        for patch in (folder / "driver.pd", *patches):
            options += ["-open", str(patch)]
        log = folder / "log"
        with log.open("w") as stderr:
            pd = subprocess.Popen(
                ["pd", *options], stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr,
                env=environment(server), cwd=folder,
            )  # fmt: skip
            try:
                _wait(pd, folder / "end.txt", recordings, log)
            finally:
                pd.kill()
                pd.wait()
        lines = [line for line in log.read_text().splitlines() if not driver.is_own(line)]
        return Played(lines, driver.read(folder), server.objects)


def _wait(pd: subprocess.Popen[bytes], end: Path, recordings: Sequence[Path], log: Path) -> None:
    """Until Pd quits; where it records, until it has come to its end and its files are closed."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while pd.poll() is None:
        if recordings and end.is_file() and all(_is_closed(path) for path in recordings):
            return
        if time.monotonic() > deadline:
            raise RuntimeError(f"Pd did not end in {PATIENCE_SECONDS} s: {log.read_text()}")
        time.sleep(0.005)
    if pd.returncode or not end.is_file():
        raise RuntimeError(f"Pd ended with {pd.returncode}: {log.read_text()}")


def _is_closed(recording: Path) -> bool:
    """Pd writes lengths into the header of a wav when it closes it."""
    if not recording.is_file():
        return False
    header = recording.read_bytes()[:128]
    start = header.find(b"data") + 4
    return 4 < start <= len(header) - 4 and struct.unpack_from("<I", header, start)[0] > 0
