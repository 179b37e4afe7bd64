"""Processes long sounds in segments, so that memory does not grow with their length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from vschaos.audio.files import Waveform
from vschaos.models.capabilities import Pitched
from vschaos.runs import Given, Run

SEGMENT_SECONDS = 30.0
# processed before and after a segment and discarded, longer if the receptive field is; a recurrent
# network's state from before it is lost
CONTEXT_SECONDS = 1.0
CROSSFADE_SECONDS = 0.05  # segments may differ in phase, not in level


class Excerpt(NamedTuple):
    """A segment and its context.

    Attributes:
        values: `[..., T]`.
        start: position of `values` in the whole.
        before: number of values before the segment.
        is_last: whether `values` reach the end.
    """

    values: np.ndarray
    start: int
    before: int
    is_last: bool


def excerpts(blocks: Iterable[np.ndarray], size: int, context: int) -> Iterator[Excerpt]:
    """Blocks `[..., T]` of any lengths -> segments of `size` with up to `context` more before and
    after; the last segment lasts up to `size + context`."""
    held: np.ndarray | None = None
    start = before = 0
    for block in blocks:
        held = block if held is None else np.concatenate([held, block], axis=-1)
        while held.shape[-1] > before + size + context:
            values = held[..., : before + size + context]
            yield Excerpt(values, start, before, is_last=False)
            dropped = max(before + size - context, 0)
            start, before, held = start + dropped, before + size - dropped, held[..., dropped:]
    if held is not None:
        yield Excerpt(held, start, before, is_last=True)


def encode_segments(
    run: Run, blocks: Iterable[Waveform], labels: Given | None = None, temperature: float = 0.0
) -> np.ndarray:
    """Encodes a sound in blocks `[T]` into frames `[Z, N]`, as `Run.encode` the whole of it.

    Args:
        labels: by task, for the whole sound or one number for each of its frames.
    """
    hop, (size, context) = run.model.hop_length, _frames(run)
    parts = []
    for values, start, before, is_last in excerpts(blocks, size * hop, context * hop):
        stated = _slice(labels, start // hop, len(run.model.centres(len(values))))
        latents = run.encode(values, stated, temperature)
        first = before // hop
        parts.append(latents[:, first : None if is_last else first + size])
    return np.concatenate(parts, axis=1)


def decode_segments(
    run: Run, latents: np.ndarray, labels: Given | None = None, inversion: str | None = None
) -> Iterator[Waveform]:
    """Decodes frames `[Z, N]` into a sound in blocks `[T]`, as `Run.decode` all of them, but for
    phases, which may differ from segment to segment where the model is not `Pitched`.

    Args:
        labels: as above.
        inversion: how the phase is found, one of the `inversions` of a `Spectral` model.
    """
    if isinstance(run.model, Pitched):
        run.spectral(inversion)  # refuses one
        return run.decode_blocks(latents, labels)
    hop, (size, context) = run.model.hop_length, _frames(run)

    def parts() -> Iterator[tuple[Waveform, bool]]:
        for values, start, before, is_last in excerpts([latents], size, context):
            stated = _slice(labels, start, values.shape[1])
            yield run.decode(values, stated, inversion)[before * hop :], is_last

    return _crossfaded(parts(), size * hop, _fade(run))


def reconstruct_segments(
    run: Run,
    blocks: Iterable[Waveform],
    labels: Given | None = None,
    temperature: float = 0.0,
    inversion: str | None = None,
) -> Iterator[Waveform]:
    """Reconstructs a sound in blocks `[T]`, in time with it, in blocks."""
    hop, (size, context) = run.model.hop_length, _frames(run)

    def parts() -> Iterator[tuple[Waveform, bool]]:
        for values, start, before, is_last in excerpts(blocks, size * hop, context * hop):
            stated = _slice(labels, start // hop, len(run.model.centres(len(values))))
            yield run.reconstruct(values, stated, temperature, inversion)[before:], is_last

    return _crossfaded(parts(), size * hop, _fade(run))


def _crossfaded(parts: Iterable[tuple[Waveform, bool]], size: int, fade: int) -> Iterator[Waveform]:
    """Parts that begin every `size` samples -> blocks of `size`, crossfaded over `fade`."""
    rise = np.linspace(0.0, 1.0, fade, dtype=np.float32)
    tail: np.ndarray | None = None
    for part, is_last in parts:
        block = part.copy() if is_last else part[:size].copy()
        if tail is not None:
            length = min(fade, len(block), len(tail))
            block[:length] = rise[:length] * block[:length] + tail[:length]
        tail = (1.0 - rise) * part[size : size + fade] if not is_last else None
        yield block


def _slice(labels: Given | None, first: int, count: int) -> Given:
    """Labels of `count` frames, from frame `first` on."""
    return {
        task: value[first : first + count] if isinstance(value, np.ndarray) else value
        for task, value in (labels or {}).items()
    }


def _frames(run: Run) -> tuple[int, int]:
    """Frames of a segment, and of its context."""
    size, context = (
        round(seconds * run.frame_rate) for seconds in (SEGMENT_SECONDS, CONTEXT_SECONDS)
    )
    window = len(run.model.centres(1))  # frames that a sample lies in
    past = len(run.model.excerpt_centres)  # frames of a training example
    least = window + max(past, round(_fade(run) / run.model.hop_length) + 1)
    return max(size, 1), max(context, least)


def _fade(run: Run) -> int:
    return round(CROSSFADE_SECONDS * run.sample_rate)
