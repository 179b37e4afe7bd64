"""Rendered draws of a synthesiser, kept on the disk: among them the nearest to a sound is found."""

from __future__ import annotations

import hashlib
import logging
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from vschaos.evaluation.distances import NUM_BANDS, cepstra
from vschaos.files import written_whole
from vschaos.instrument.synthesiser import Synthesiser
from vschaos.matching.objective import on_steps
from vschaos.matching.targets import MIDDLE_NOTE, Target
from vschaos.models.matching.distances import HOP

VERSION = 1  # of what is kept
SECONDS, HELD_SECONDS = 1.0, 0.7  # of a draw
AT_A_TIME = 16
PARTS_SECONDS = (0.0, 0.05, 0.2, 0.6, 1.0)  # in which the timbre of a sound is averaged
NUM_PROBED = 4  # draws that are heard again, to see that the synthesiser still is what it was
SAME_DB = 3.0  # what a draw may differ by when it is heard again: noise is not twice the same
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Library:
    """Draws, and how each sounds.

    Attributes:
        positions: `[N, P]`.
        timbres: see `timbres_of`, `[N, S, C]`.
    """

    positions: np.ndarray
    timbres: np.ndarray

    def nearest(self, target: Target, count: int) -> np.ndarray:
        """Positions `[count, P]` whose timbre over time is the nearest to that of a target, the
        nearest first, whatever their notes."""
        wanted = timbres_of(target.audio[None], target.sample_rate)[0]
        squares = np.square(self.timbres - wanted).sum(axis=2) / NUM_BANDS
        order = np.nanmean(squares, axis=1).argsort(kind="stable")
        chosen: np.ndarray = self.positions[order[:count]]
        return chosen

    def mean(self, synthesiser: Synthesiser) -> np.ndarray:
        """The mean of the draws, `[1, P]`: of steps the one that is drawn most often."""
        drawn = on_steps(synthesiser, self.positions)
        columns = [
            _most_frequent(column) if knob.classes else column.mean()
            for knob, column in zip(synthesiser.parameters, drawn.T, strict=True)
        ]
        return np.array(columns)[None]


def open_library(
    synthesiser: Synthesiser,
    count: int,
    seed: int,
    cache: Path,
    progress: Callable[[int], object] = lambda number: None,
) -> Library:
    """The library of a synthesiser, rendered if it is not in the cache.

    It is known by its draws and the names of the knobs. A few of them are heard again, so that one
    of another version of the synthesiser is made anew.

    Args:
        count: of draws.
        seed: of them.
        cache: folder.
        progress: told how many sounds were just rendered.
    """
    positions = synthesiser.draw(np.random.default_rng(seed), count)
    names = [f"{knob.name} {knob.kind} {knob.num_steps}" for knob in synthesiser.parameters]
    about = f"{VERSION} {synthesiser.name} {synthesiser.sample_rate} {names}"
    digest = hashlib.sha256(about.encode() + positions.astype("<f4").tobytes()).hexdigest()
    path = cache / "matching" / f"{digest[:24]}.npz"
    kept = _read(path, positions)
    if kept is not None and _still_sounds_so(kept, synthesiser):
        return kept
    logger.info(
        "rendering %d draws of %s to compare with, kept in %s", count, synthesiser.name, path
    )
    made = Library(positions, _render(synthesiser, positions, progress))
    with written_whole(path) as partial, partial.open("wb") as file:
        np.savez(file, timbres=made.timbres.astype(np.float32))
    return made


def timbres_of(sounds: np.ndarray, sample_rate: int) -> np.ndarray:
    """Sounds `[B, T]` -> cepstral coefficients, the level among them, as means over some parts of
    the time, `[B, S, C]`; NaN for parts after the end."""
    with torch.inference_mode():
        frames = cepstra(torch.from_numpy(np.asarray(sounds, dtype=np.float32)), sample_rate)
    seconds = np.arange(frames.shape[2]) * HOP / sample_rate
    part = np.searchsorted(PARTS_SECONDS, seconds, side="right") - 1
    found = np.full((len(sounds), len(PARTS_SECONDS) - 1, frames.shape[1]), np.nan)
    for number in range(found.shape[1]):
        if (part == number).any():
            found[:, number] = frames[:, :, part == number].mean(2).numpy()
    return found


def _render(
    synthesiser: Synthesiser,
    positions: np.ndarray,
    progress: Callable[[int], object] = lambda number: None,
) -> np.ndarray:
    timbres = []
    for first in range(0, len(positions), AT_A_TIME):
        rows = positions[first : first + AT_A_TIME]
        pitch, velocity = np.full(len(rows), MIDDLE_NOTE), np.full(len(rows), synthesiser.velocity)
        sounds = synthesiser.render(rows, pitch, velocity, SECONDS, HELD_SECONDS)
        timbres.append(timbres_of(sounds, synthesiser.sample_rate))
        progress(len(rows))
    return np.concatenate(timbres)


def _most_frequent(values: np.ndarray) -> float:
    there, counts = np.unique(values, return_counts=True)
    return float(there[counts.argmax()])


def _read(path: Path, positions: np.ndarray) -> Library | None:
    """What is kept, or None if there is nothing, or something else."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as content:
            timbres = content["timbres"].astype(np.float64)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    fits = timbres.ndim == 3 and len(timbres) == len(positions)
    return Library(positions, timbres) if fits else None


def _still_sounds_so(library: Library, synthesiser: Synthesiser) -> bool:
    heard = _render(synthesiser, library.positions[:NUM_PROBED])
    before = library.timbres[:NUM_PROBED]
    if heard.shape != before.shape:
        return False
    apart = np.sqrt(np.square(heard - before).sum(axis=2) / NUM_BANDS)
    return bool((np.nan_to_num(apart) <= SAME_DB).all())
