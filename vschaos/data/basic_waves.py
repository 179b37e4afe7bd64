"""Sine, triangle, saw and square, made on the spot: a first material for any instrument."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from vschaos.audio.files import Waveform, write_audio
from vschaos.data.metadata.writing import Segment, TaskLabels, write_labels
from vschaos.dsp.wavetable import WavetableOscillator
from vschaos.files import partial_folder

WAVES = ("sine", "triangle", "saw", "square")
SAMPLE_RATE = 44100  # Hz
LEVELS_DB = (-12.0, -24.0, -36.0)  # rms; a sine of full scale has -3 dB
LEVEL_SECONDS = 0.5
RAMP_SECONDS = 0.02  # from one level to the next, and at both ends
SILENT_DB = -100.0
HOP = 2048  # of the oscillator, whose frames are all the same
LOWEST, HIGHEST = 0, 127  # MIDI notes
logger = logging.getLogger(__name__)


class BasicWaves(NamedTuple):
    """The four waves at each note, band-limited, soft and loud.

    All have the same levels, rms. The name of a file says its wave and its note, the label `wave`
    the wave. Nothing is drawn by chance: the sounds are the same each time.

    Attributes:
        lowest, highest: MIDI notes.
    """

    lowest: int = 33
    highest: int = 95

    @property
    def names(self) -> dict[str, tuple[str, int]]:
        """Wave and note of each file, by its name in the dataset."""
        notes = range(self.lowest, self.highest + 1)
        return {f"data/{wave}_{note:03d}.wav": (wave, note) for wave in WAVES for note in notes}

    def make(self, root: Path) -> None:
        """Writes them as a dataset, if they are not there: whole, or not at all.

        Args:
            root: the folder of the dataset.

        Raises:
            ValueError: there are no such notes, or other sounds lie there.
            OSError: they cannot be written.
        """
        if not LOWEST <= self.lowest <= self.highest <= HIGHEST:
            raise ValueError(
                f"the notes of the basic waves (data.dataset.made_by) must be from {LOWEST} to "
                f"{HIGHEST}, the lowest first, got {self.lowest} to {self.highest}"
            )
        if root.is_dir() and any(root.iterdir()):
            self._check(root)
            return
        logger.info("making basic waves of notes %d to %d in %s", *self, root)
        with partial_folder(root) as partial:
            for name, (wave, note) in self.names.items():
                write_audio(partial / name, render(wave, note), SAMPLE_RATE)
            seconds = LEVEL_SECONDS * len(LEVELS_DB)
            tracks = {
                name: [Segment(0.0, seconds, WAVES.index(wave))]
                for name, (wave, _) in self.names.items()
            }
            write_labels(partial, [TaskLabels("wave", WAVES, tracks)])
            try:
                partial.replace(root)
            except OSError:  # another training was quicker
                self._check(root)

    def _check(self, root: Path) -> None:
        """
        Raises:
            ValueError: the dataset holds others, or lacks some.
        """
        there = {path.relative_to(root).as_posix() for path in (root / "data").rglob("*.*")}
        others = sorted(there ^ self.names.keys())
        if others:
            what = "holds" if others[0] in there else "lacks"
            raise ValueError(
                f"basic waves are made in a folder of their own, got {root}, which {what} "
                f"{others[0]}: name another one with data.dataset.root, or take data=sounds for "
                "your sounds"
            )


def render(wave: str, note: int) -> Waveform:
    """A wave `[T]` at its three levels, one after the other.

    Args:
        wave: one of `WAVES`.
        note: MIDI note.
    """
    hertz = 440.0 * 2.0 ** ((note - 69) / 12)
    shares = spectrum(wave, max(1, int(SAMPLE_RATE / 2 / hertz)))
    gains = _gains(np.arange(int(LEVEL_SECONDS * len(LEVELS_DB) * SAMPLE_RATE)) / SAMPLE_RATE)
    num_frames = -(-len(gains) // HOP) + 1
    oscillator = WavetableOscillator(SAMPLE_RATE, HOP, len(shares))
    f0_hz = torch.full([1, num_frames], hertz, dtype=torch.float64)
    amplitudes = (2.0**0.5 * shares / shares.norm()).reshape(1, -1, 1).expand(-1, -1, num_frames)
    steady = oscillator(f0_hz, amplitudes)[0, HOP:].numpy()  # after it has risen
    return (steady[: len(gains)] * gains).astype(np.float32)


def spectrum(wave: str, num_partials: int) -> Tensor:
    """Amplitudes of the partials of a wave, relative to the first, `[P]`, float64; those of a
    triangle have both signs."""
    numbers = torch.arange(1, num_partials + 1, dtype=torch.float64)
    odd = numbers % 2
    if wave == "sine":
        return (numbers == 1).double()
    if wave == "triangle":
        return odd * (2.0 - numbers % 4) / numbers.square()
    if wave == "square":
        return odd / numbers
    return 1.0 / numbers


def _gains(seconds: np.ndarray) -> np.ndarray:
    """Factors at times, with ramps that are straight in dB."""
    knots, levels = [], []
    for number, level in enumerate(LEVELS_DB):
        start = number * LEVEL_SECONDS
        knots += [start + RAMP_SECONDS, start + LEVEL_SECONDS - RAMP_SECONDS]
        levels += [level, level]
    end = LEVEL_SECONDS * len(LEVELS_DB)
    level_db = np.interp(seconds, [0.0, *knots, end], [SILENT_DB, *levels, SILENT_DB])
    gains: np.ndarray = 10.0 ** (level_db / 20.0)
    return gains
