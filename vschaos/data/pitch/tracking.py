"""Fundamental frequencies of a sound of any length, frame by frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

import numpy as np

from vschaos.audio.files import Waveform

SAMPLE_RATE = 16_000  # Hz, of the input of trackers
LEVEL_WINDOW = 1024  # samples
FRAMES_AT_ONCE = 400


class Frames(NamedTuple):
    """Pitches of N frames; frame n is centred at sample `n * hop_length`.

    Attributes:
        pitch_hz: `[N]`, the likeliest fundamental, whether there is one or not.
        confidence: `[N]`, 0 to 1, that there is one.
        level_db: `[N]`, of the samples around, root mean square; 0 is full scale.
    """

    pitch_hz: np.ndarray
    confidence: np.ndarray
    level_db: np.ndarray


class Tracker(Protocol):
    """Finds fundamentals in sound at 16 kHz.

    Attributes:
        name: distinguishes its frames from those of other trackers.
        hop_length: samples between frames.
        context: how many frames at the edge of a sound would change if the sound continued there.
        threshold: confidence from which a frame is voiced, where nobody says otherwise.
        range_hz: the lowest and the highest pitch that it can find.
    """

    name: str
    hop_length: int
    context: int
    threshold: float
    range_hz: tuple[float, float]

    def __call__(self, audio: Waveform) -> tuple[np.ndarray, np.ndarray]:
        """`[T]` to pitches in Hz and confidences, both `[N]`, `N = max(1, T // hop_length)`."""
        ...


def track(tracker: Tracker, blocks: Iterable[Waveform]) -> Iterator[Frames]:
    """Frames of a sound of any length, some at a time; the same as of one long call.

    Args:
        blocks: the sound at 16 kHz, in blocks of any lengths.

    Yields:
        frames, `max(1, T // hop_length)` in all, and none of a sound without samples.
    """
    hop, context = tracker.hop_length, tracker.context
    step = max(FRAMES_AT_ONCE, context)
    sound = np.zeros(0, np.float32)
    before = 0  # frames at the start of `sound` that were given already
    for block in blocks:
        sound = np.concatenate([sound, block])
        while len(sound) >= (before + step + context) * hop:
            yield _frames(tracker, sound[: (before + step + context) * hop], before, step)
            sound = sound[(before + step - context) * hop :]
            before = context
    if len(sound):
        yield _frames(tracker, sound, before, max(1, len(sound) // hop) - before)


def _frames(tracker: Tracker, sound: Waveform, first: int, num_frames: int) -> Frames:
    pitch_hz, confidence = tracker(sound)
    level_db = _levels_db(sound, tracker.hop_length)
    return Frames(
        *(
            values[first : first + num_frames].astype(np.float32)
            for values in (pitch_hz, confidence, level_db)
        )
    )


def _levels_db(sound: Waveform, hop_length: int) -> np.ndarray:
    """`[T]` to `[max(1, T // hop_length)]`."""
    centres = np.arange(max(1, len(sound) // hop_length)) * hop_length
    energy = np.concatenate([[0.0], np.cumsum(np.square(sound, dtype=np.float64))])
    first = (centres - LEVEL_WINDOW // 2).clip(0)
    last = (centres + LEVEL_WINDOW // 2).clip(max=len(sound))
    power = (energy[last] - energy[first]) / LEVEL_WINDOW
    return 10 * np.log10(power.clip(1e-16))
