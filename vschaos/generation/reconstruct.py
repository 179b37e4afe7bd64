"""Sounds through a model: one by one, and from one to the next."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from vschaos.audio import Waveform
from vschaos.runs import Given, Run
from vschaos.trajectories import resample_frames, smooth_step

SEGMENT_SECONDS = 60.0  # long sounds go through the model in such parts
CROSSFADE_SECONDS = 0.05
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
    hop = run.model.hop_length
    segment = round(SEGMENT_SECONDS * run.sample_rate / hop) * hop
    fade = round(CROSSFADE_SECONDS * run.sample_rate)
    if len(audio) <= segment + fade:
        return run.reconstruct(audio, labels, temperature, inversion)
    output = np.zeros(len(audio), dtype=np.float32)
    rise = np.linspace(0.0, 1.0, fade, dtype=np.float32)
    for start in range(0, len(audio), segment):
        excerpt = audio[start : start + segment + fade]
        first, count = start // hop, len(run.model.centres(len(excerpt)))
        told = {
            task: value[first : first + count] if isinstance(value, np.ndarray) else value
            for task, value in (labels or {}).items()
        }
        part = run.reconstruct(excerpt, told, temperature, inversion)
        if start > 0:
            part[:fade] *= rise[: len(part)]
        if start + segment < len(audio):
            part[segment:] *= 1.0 - rise[: len(part) - segment]
        output[start : start + len(part)] += part
    return output


def morph(
    run: Run,
    sounds: Sequence[Waveform],
    labels: Given | None = None,
    temperature: float = 0.0,
) -> np.ndarray:
    """Latents `[Z, N]` that go from each sound to the next while both are heard.

    Between two sounds the longer one gives the pace, the other one is stretched to it.
    """
    if len(sounds) < 2:
        raise ValueError(f"a morph needs at least two sounds, {len(sounds)} came")
    latents = [run.encode(sound, labels, temperature) for sound in sounds]
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
    length = min(round(EDGE_SECONDS * sample_rate), len(sound) // 2)
    rise = 0.5 - 0.5 * np.cos(np.pi * np.arange(length) / max(length, 1))
    gain = np.ones(len(sound))
    gain[:length] = rise
    gain[len(sound) - length :] = rise[::-1]
    return (gain * sound).astype(np.float32)
