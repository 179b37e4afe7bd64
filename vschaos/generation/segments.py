"""Long sounds through a model in segments, so that memory does not grow with their length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from vschaos.audio.files import Waveform
from vschaos.runs import Given, Run

SEGMENT_SECONDS = 30.0
# heard before and after a segment and left out again, or longer if the networks look back further;
# what a recurrent one still keeps of earlier frames is not heard
CONTEXT_SECONDS = 1.0
CROSSFADE_SECONDS = 0.05  # phases of two segments may differ, their levels do not


class Excerpt(NamedTuple):
    """A segment and its context.

    Attributes:
        values: `[..., T]`.
        start: of `values` in the whole.
        before: of them lie before the segment.
        is_last: nothing comes after `values`.
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
    """A sound in blocks `[T]` -> latents `[Z, N]`, as `Run.encode` gives them of the whole.

    Args:
        labels: by task, for the whole sound or one number for each of its frames.
    """
    hop, (size, context) = run.model.hop_length, _frames(run)
    parts = []
    for values, start, before, is_last in excerpts(blocks, size * hop, context * hop):
        stated = _between(labels, start // hop, len(run.model.centres(len(values))))
        latents = run.encode(values, stated, temperature)
        first = before // hop
        parts.append(latents[:, first : None if is_last else first + size])
    return np.concatenate(parts, axis=1)


def decode_segments(
    run: Run, latents: np.ndarray, labels: Given | None = None, inversion: str | None = None
) -> Iterator[Waveform]:
    """Latents `[Z, N]` -> a sound in blocks `[T]`, as `Run.decode` gives it of the whole but for
    the phases, which may differ from segment to segment.

    Args:
        labels: as above.
        inversion: how the phase is found, one of the model's `inversions`.
    """
    hop, (size, context) = run.model.hop_length, _frames(run)

    def parts() -> Iterator[tuple[Waveform, bool]]:
        for values, start, before, is_last in excerpts([latents], size, context):
            stated = _between(labels, start, values.shape[1])
            yield run.decode(values, stated, inversion)[before * hop :], is_last

    return _crossfaded(parts(), size * hop, _fade(run))


def reconstruct_segments(
    run: Run,
    blocks: Iterable[Waveform],
    labels: Given | None = None,
    temperature: float = 0.0,
    inversion: str | None = None,
) -> Iterator[Waveform]:
    """A sound in blocks `[T]` -> the same through the latent space, in time with it, in blocks."""
    hop, (size, context) = run.model.hop_length, _frames(run)

    def parts() -> Iterator[tuple[Waveform, bool]]:
        for values, start, before, is_last in excerpts(blocks, size * hop, context * hop):
            stated = _between(labels, start // hop, len(run.model.centres(len(values))))
            yield run.reconstruct(values, stated, temperature, inversion)[before:], is_last

    return _crossfaded(parts(), size * hop, _fade(run))


def _crossfaded(parts: Iterable[tuple[Waveform, bool]], size: int, fade: int) -> Iterator[Waveform]:
    """Parts that begin every `size` samples -> blocks of `size`, faded over the first `fade`."""
    rise = np.linspace(0.0, 1.0, fade, dtype=np.float32)
    tail: np.ndarray | None = None
    for part, is_last in parts:
        block = part.copy() if is_last else part[:size].copy()
        if tail is not None:
            length = min(fade, len(block), len(tail))
            block[:length] = rise[:length] * block[:length] + tail[:length]
        tail = (1.0 - rise) * part[size : size + fade] if not is_last else None
        yield block


def _between(labels: Given | None, first: int, count: int) -> Given:
    """The labels of `count` frames, from the first of them on."""
    return {
        task: value[first : first + count] if isinstance(value, np.ndarray) else value
        for task, value in (labels or {}).items()
    }


def _frames(run: Run) -> tuple[int, int]:
    """Of a segment, and of its context."""
    rate = run.sample_rate / run.model.hop_length
    size, context = (round(seconds * rate) for seconds in (SEGMENT_SECONDS, CONTEXT_SECONDS))
    window = len(run.model.centres(1))  # frames that a sample lies in
    heard = len(run.model.excerpt_centres)  # frames that training took for enough of a past
    least = window + max(heard, round(_fade(run) / run.model.hop_length) + 1)
    return max(size, 1), max(context, least)


def _fade(run: Run) -> int:
    return round(CROSSFADE_SECONDS * run.sample_rate)
