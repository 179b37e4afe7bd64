"""Finds clicks: bends of a waveform, of a few samples, that what is around does not explain."""

from __future__ import annotations

import numpy as np

FRAME = 32  # samples; a click lies in one or two of these
AROUND = 32  # frames on either side that say what is usual: 1024 samples, a period of 43 Hz
FACTOR = 5.0  # times the usual is a click; clean sounds stay below 3
QUIET = 3e-5  # bends that nobody hears


def clicks(sound: np.ndarray) -> list[int]:
    """The samples of `[T]`, to about `FRAME`, at which it clicks."""
    return [int(frame) * FRAME for frame in np.flatnonzero(clickiness(sound) > FACTOR)]


def clicking_hops(sound: np.ndarray, hop_length: int) -> list[int]:
    """The hops of `[T]` at whose beginning it clicks.

    There lies all that a stream can break; a frame of its own may well hold a pulse of the sound.
    """
    found = np.array(clicks(sound))
    hops = np.round(found / hop_length).astype(int)
    return sorted({int(hop) for hop in hops[np.abs(found - hops * hop_length) <= FRAME]})


def clickiness(sound: np.ndarray) -> np.ndarray:
    """For each frame of `[T]`, its largest second difference over what is usual before it or after
    it, whichever is more: an attack is explained by what follows."""
    bends = np.abs(np.diff(sound.astype(np.float64), 2))
    largest = bends[: len(bends) // FRAME * FRAME].reshape(-1, FRAME).max(axis=1)
    reach = AROUND + 1  # the frames beside a click may hold a part of it
    padded = np.pad(largest, reach + 1, mode="reflect")
    usual = np.median(np.lib.stride_tricks.sliding_window_view(padded, AROUND), axis=1)
    before, after = usual[: len(largest)], usual[reach + 2 :][: len(largest)]
    return largest / (np.maximum(before, after) + QUIET)
