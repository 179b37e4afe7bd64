"""Features of the tests, in a module of their own: processes that compute them import it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vschaos.audio.files import Waveform
from vschaos.data.features.feature import Feature
from vschaos.data.features.windowed import WindowedFeature


@dataclass(frozen=True)
class Frames(Feature):
    """First sample of each frame, and the number of the frame."""

    name = "frames"
    version = 1
    channels = ("first", "number")
    outside = (-1.0, -2.0)

    def __call__(self, waveform: np.ndarray) -> np.ndarray:
        first = waveform[:: self.hop_length]
        return np.stack([first, np.arange(len(first))])


@dataclass(frozen=True)
class NewerFrames(Frames):
    version = 2

    def __call__(self, waveform: np.ndarray) -> np.ndarray:
        return -super().__call__(waveform)


@dataclass(frozen=True)
class Holes(Frames):
    """Not finite in frame 3 of sounds of more than `length` samples."""

    length: int = 0

    def __call__(self, waveform: np.ndarray) -> np.ndarray:
        values = super().__call__(waveform)
        if len(waveform) > self.length:
            values[1, 3] = np.nan
        return values


@dataclass(frozen=True)
class Short(Frames):
    def __call__(self, waveform: np.ndarray) -> np.ndarray:
        return super().__call__(waveform)[:, 1:]


@dataclass(frozen=True)
class Broken(Frames):
    def __call__(self, waveform: np.ndarray) -> np.ndarray:
        raise RuntimeError("no idea")


@dataclass(frozen=True)
class Settings(Frames):
    settings: Any = None


@dataclass(frozen=True)
class Sum(WindowedFeature):
    name = "sum"
    version = 1
    channels = ("sum",)
    outside = (0.0,)

    def describe(self, windows: np.ndarray) -> np.ndarray:
        return windows.sum(axis=1)[None]


@dataclass(frozen=True)
class Deadly(Frames):
    """Kills its process at the sound of `length` samples, for as long as the file `armed` is there.

    Before, it writes a line to `log` for each sound.
    """

    armed: str = ""
    log: str = ""
    length: int = 0

    def __call__(self, waveform: np.ndarray) -> np.ndarray:
        with Path(self.log).open("a") as file:
            file.write(f"{len(waveform)} {os.getpid()}\n")
        if Path(self.armed).exists() and len(waveform) == self.length:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__call__(waveform)


@dataclass(frozen=True)
class Endless(Deadly):
    """Never comes to an end, for as long as the file `armed` is there."""

    def __call__(self, waveform: np.ndarray) -> np.ndarray:
        values = super().__call__(waveform)
        while Path(self.armed).exists():
            time.sleep(0.01)
        return values


@dataclass(frozen=True)
class Refusing(Frames):
    """Names all sounds that a training would begin with."""

    name = "refusing"

    def check_sounds(
        self, values: Mapping[str, np.ndarray], waveform_of: Callable[[str], Waveform]
    ) -> None:
        shapes = ", ".join(
            f"{name} {frames.shape} of {len(waveform_of(name))}" for name, frames in values.items()
        )
        raise ValueError(f"of no use: {shapes}")
