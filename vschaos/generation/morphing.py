"""Morphs of sounds, and fades at their edges."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from vschaos.audio.files import Waveform
from vschaos.generation.segments import encode_segments
from vschaos.runs import Given, Run
from vschaos.trajectories import resample_frames, smooth_step

EDGE_SECONDS = 0.02  # of the fades at both ends of a sound


def morph(
    run: Run,
    sounds: Sequence[Waveform | Iterable[Waveform]],
    labels: Given | None = None,
    temperature: float = 0.0,
) -> np.ndarray:
    """Latents `[Z, N]` that are crossfaded from each sound to the next.

    The shorter one of two sounds is stretched to the length of the other.

    Args:
        sounds: `[T]` each, or in blocks of that.
    """
    if len(sounds) < 2:
        raise ValueError(f"a morph needs at least two sounds, got {len(sounds)}")
    latents = [
        encode_segments(
            run, [sound] if isinstance(sound, np.ndarray) else sound, labels, temperature
        )
        for sound in sounds
    ]
    parts = []
    for first, second in itertools.pairwise(latents):
        num_frames = max(first.shape[1], second.shape[1])
        share = smooth_step(np.linspace(0.0, 1.0, num_frames))
        parts.append(
            (1.0 - share) * resample_frames(first, num_frames)
            + share * resample_frames(second, num_frames)
        )
    return np.concatenate(parts, axis=1)


def without_edges(sound: Waveform, sample_rate: int) -> Waveform:
    """Fades a sound `[T]` in and out, since decoded ones begin and end abruptly and would click."""
    return np.concatenate([sound[:0], *blocks_without_edges([sound], sample_rate)])


def blocks_without_edges(blocks: Iterable[Waveform], sample_rate: int) -> Iterator[Waveform]:
    """The same for a sound in blocks `[T]`; each is yielded after the next has arrived."""
    length = round(EDGE_SECONDS * sample_rate)
    held: np.ndarray | None = None
    is_begun = False
    for block in blocks:
        if held is not None and min(len(held), len(block)) >= 2 * length:
            yield _edged(held, 0 if is_begun else length, 0)
            is_begun, held = True, block
        else:
            held = block if held is None else np.concatenate([held, block])
    if held is not None:
        edge = min(length, len(held) // 2)
        yield _edged(held, 0 if is_begun else edge, edge)


def _edged(sound: Waveform, rising: int, falling: int) -> Waveform:
    gain = np.ones(len(sound))
    gain[:rising] = _rise(rising)
    gain[len(sound) - falling :] *= _rise(falling)[::-1]
    return (gain * sound).astype(np.float32)


def _rise(length: int) -> np.ndarray:
    return 0.5 - 0.5 * np.cos(np.pi * np.arange(length) / max(length, 1))
