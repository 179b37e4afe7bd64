"""From where excerpts are taken: evenly, or as often from each class of a label."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from vschaos.data.cache.store import StoredFile
from vschaos.data.metadata.labels import LabelTracks


class Draw(Protocol):
    """A way to draw excerpts."""

    def __call__(
        self, random: np.random.Generator, lengths: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Numbers of files and the samples in them at which excerpts of those lengths begin,
        `[B] -> [B], [B]`."""


class EvenDraw:
    """Every sample is as likely, those at the edges of a sound as well.

    Args:
        files: to draw from.
        length: samples of an excerpt; it may begin before a sound.
    """

    def __init__(self, files: Sequence[StoredFile], length: int) -> None:
        self._lengths = np.array([file.length for file in files])
        self._ends = np.cumsum(self._lengths + length - 1)

    def __call__(
        self, random: np.random.Generator, lengths: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        positions = random.integers(self._ends[-1], size=len(lengths))
        indices = np.searchsorted(self._ends, positions, side="right")
        # how far the end of that file's positions is: from 1 to all of them
        left = self._ends[indices] - positions
        return indices, self._lengths[indices] - left


class BalancedDraw:
    """Every class is as likely, or every combination of classes of several labels; what is not
    labelled at all keeps its share of the time.

    Args:
        files: to draw from.
        tracks: of the labels to balance, all of them classes.
    """

    def __init__(self, files: Sequence[StoredFile], tracks: LabelTracks) -> None:
        stretches = defaultdict(list)
        for index, file in enumerate(files):
            for first, end, key in _stretches(file, tracks):
                stretches[key].append((index, first, end))
        self._groups = [np.array(group) for key, group in sorted(stretches.items()) if any(key)]
        unlabelled = np.array(stretches[(0.0,) * len(tracks.tasks)]).reshape(-1, 3)
        self._groups.append(unlabelled)
        time = [float((group[:, 2] - group[:, 1]).sum()) for group in self._groups]
        if len(self._groups) == 1:
            raise ValueError(
                f"data.loading.balance: no sound to learn from is labelled with "
                f"{' and '.join(tracks.tasks)}"
            )
        share = time[-1] / sum(time)
        even = (1.0 - share) / (len(self._groups) - 1)
        self._chances = [even] * (len(self._groups) - 1) + [share]

    def __call__(
        self, random: np.random.Generator, lengths: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        indices, starts = np.empty(len(lengths), int), np.empty(len(lengths), int)
        chosen = random.choice(len(self._groups), size=len(lengths), p=self._chances)
        for number in np.unique(chosen):
            rows = np.flatnonzero(chosen == number)
            group = self._groups[number]
            ends = np.cumsum(group[:, 2] - group[:, 1])
            positions = random.uniform(0.0, ends[-1], size=len(rows))
            picked = np.minimum(np.searchsorted(ends, positions, side="right"), len(group) - 1)
            centres = group[picked, 2] - (ends[picked] - positions)
            indices[rows] = group[picked, 0]
            starts[rows] = np.floor(centres).astype(int) - lengths[rows] // 2
        return indices, starts


def _stretches(
    file: StoredFile, tracks: LabelTracks
) -> list[tuple[float, float, tuple[float, ...]]]:
    """Stretches of a file within which no label changes: first and last sample, and for each label
    its value + 1, or 0 where it is unknown."""
    edges = {0.0, float(file.length)}
    for track in tracks.tracks:
        inner = np.concatenate([track.onsets, track.offsets]) - file.start
        edges |= set(inner[(inner > 0) & (inner < file.length)].tolist())
    cuts = np.array(sorted(edges))
    middles = 0.5 * (cuts[:-1] + cuts[1:])
    start, length = np.array([file.start]), np.array([file.length])
    values, known = tracks.at(start, length, middles[None])
    keys = np.where(known, values + 1.0, 0.0)[0].T
    return [
        (float(first), float(end), tuple(key.tolist()))
        for first, end, key in zip(cuts[:-1], cuts[1:], keys, strict=True)
    ]
