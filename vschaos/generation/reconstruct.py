"""Sounds through a model: one by one, and from one to the next."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from vschaos.audio.files import Waveform
from vschaos.generation.segments import encode_segments, reconstruct_segments
from vschaos.runs import Given, Run
from vschaos.trajectories import resample_frames, smooth_step

EDGE_SECONDS = 0.02  # over which a sound that begins or ends in its middle rises and falls


def reconstruct(
    run: Run,
    audio: Waveform,
    labels: Given | None = None,
    temperature: float = 0.0,
    inversion: str | None = None,
) -> Waveform:
    """A sound `[T]` of any length through the model and back, in time with itself, `[T]`.

    Args:
        audio: at the run's sample rate.
        labels: by task, for the whole sound or one number for each of its frames.
        temperature: 0 decodes the likeliest latents, 1 draws them as uncertain as learnt.
        inversion: how the phase is found, one of the model's `inversions`.
    """
    return np.concatenate(list(reconstruct_segments(run, [audio], labels, temperature, inversion)))


def morph(
    run: Run,
    sounds: Sequence[Waveform | Iterable[Waveform]],
    labels: Given | None = None,
    temperature: float = 0.0,
) -> np.ndarray:
    """Latents `[Z, N]` that go from each sound to the next while both are heard.

    Between two sounds the longer one gives the pace, the other one is stretched to it.

    Args:
        sounds: `[T]` each, or in blocks of that.
    """
    if len(sounds) < 2:
        raise ValueError(f"a morph needs at least two sounds, {len(sounds)} came")
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
    """A sound `[T]` that begins and ends at zero: what was decoded starts in the middle of things
    and would click."""
    return np.concatenate([sound[:0], *blocks_without_edges([sound], sample_rate)])


def blocks_without_edges(blocks: Iterable[Waveform], sample_rate: int) -> Iterator[Waveform]:
    """The same of a sound in blocks `[T]`, each of which comes out once the next is there."""
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
