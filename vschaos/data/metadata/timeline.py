"""Labels along the sounds of a store: what is known at any of their samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from vschaos.data.cache.store import StoredFile
from vschaos.data.metadata.tracks import Segment

NANOSECONDS = 1_000_000_000


class LabelTrack:
    """A label along all sounds of a store, laid one after the other as they lie there.

    Args:
        files: of the store.
        segments: by name of the file; in seconds, sorted and apart from each other.
        sample_rate: Hz, of the store.
    """

    def __init__(
        self,
        files: Sequence[StoredFile],
        segments: Mapping[str, Sequence[Segment]],
        sample_rate: int,
    ) -> None:
        rows = [
            (
                file.start + max(onset * sample_rate, 0.0),
                file.start + min(offset * sample_rate, file.length),
                value,
            )
            for file in sorted(files, key=lambda file: file.start)
            for onset, offset, value in segments.get(file.name, ())
            if onset * sample_rate < file.length
        ]
        table = np.array(rows, dtype=np.float64).reshape(-1, 3)
        self.onsets, self.offsets, self.values = table.T.copy()

    def at(self, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Values and where they are known, at positions in samples of the store, of any shape; a
        segment holds from its onset to just before its offset."""
        if not len(self.onsets):
            return np.zeros(positions.shape, np.float32), np.zeros(positions.shape, bool)
        before = np.searchsorted(self.onsets, positions, side="right") - 1
        index = np.maximum(before, 0)
        known = (before >= 0) & (positions < self.offsets[index])
        return np.where(known, self.values[index], 0.0).astype(np.float32), known


class LabelTracks:
    """The tracks of L tasks.

    Args:
        tracks: by task, in the order that counts.
    """

    def __init__(self, tracks: Mapping[str, LabelTrack]) -> None:
        self.tasks = list(tracks)
        self.tracks = list(tracks.values())

    def at(
        self, starts: np.ndarray, lengths: np.ndarray, positions: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Values and where they are known, `[B, L, N]`.

        Args:
            starts: `[B]`, where the sounds begin in the store.
            lengths: `[B]`, of these sounds.
            positions: `[B, N]`, in samples from each sound's beginning; before and after a sound
                nothing is known.
        """
        inside = (positions >= 0) & (positions < lengths[:, None])
        found = [track.at(starts[:, None] + positions) for track in self.tracks]
        shape = (len(positions), len(self.tracks), positions.shape[1])
        if not found:
            return np.zeros(shape, np.float32), np.zeros(shape, bool)
        values = np.stack([values for values, _ in found], axis=1)
        known = np.stack([known for _, known in found], axis=1)
        return values, known & inside[:, None]


def values_at(
    segments: Sequence[Segment], seconds: np.ndarray, duration_seconds: float
) -> np.ndarray:
    """The label of one sound at times `[N]`; NaN where it is unknown, before and after it too."""
    file = StoredFile("", 0, round(duration_seconds * NANOSECONDS))
    track = LabelTrack([file], {"": segments}, NANOSECONDS)
    values, known = track.at(seconds * NANOSECONDS)
    inside = (seconds >= 0) & (seconds < duration_seconds)
    return np.where(known & inside, values, np.nan).astype(np.float32)
