"""Recordings of one instrument or voice at a time, as Debian's packages install them."""

from __future__ import annotations

import shutil
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

SONIC_PI = Path("/usr/share/sonic-pi/samples")
ASTERISK = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
SPOKEN_SECONDS = (2.5, 12.0)  # of a prompt


class Recordings(NamedTuple):
    """
    Attributes:
        package: that installs them.
        files: gives their paths; none where it is not installed.
    """

    package: str
    files: Callable[[], Iterator[Path]]


def _prompts() -> Iterator[Path]:
    """Every other one of the prompts that are a sentence or two: some five minutes."""
    lowest, highest = SPOKEN_SECONDS
    for path in sorted(ASTERISK.glob("*.wav")):
        with wave.open(str(path)) as file:
            seconds = file.getnframes() / file.getframerate()
        if lowest <= seconds <= highest:
            yield path


RECORDINGS = {
    "voice": Recordings("asterisk-core-sounds-en-wav", lambda: iter([*_prompts()][::2])),
    "tabla": Recordings("sonic-pi-samples", lambda: SONIC_PI.glob("tabla_*.flac")),
    "synthbass": Recordings("sonic-pi-samples", lambda: SONIC_PI.glob("bass_*_c.flac")),
}


def write_recordings(folder: Path, name: str) -> bool:
    """Copies recordings, once; says so, and returns False, where they are not installed."""
    if folder.is_dir():
        return True
    files = sorted(RECORDINGS[name].files())
    if not files:
        print(f"{name} is left out: install {RECORDINGS[name].package}")
        return False
    folder.mkdir(parents=True)
    for path in files:
        shutil.copy(path, folder)
    return True
