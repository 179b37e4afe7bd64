"""The pitch of a note."""

from __future__ import annotations

import numpy as np
import torch

from vschaos.audio.files import Waveform
from vschaos.dsp.pitch import PERIODS, PitchTracker

# windows of the pitch: 2048 samples at 44.1 kHz, down to 45 Hz; where nothing is sure, 4096
TRACKED_SECONDS = 0.0465, 0.093
HIGHEST_HZ = 4200.0  # of the pitch: the top of a piano
LOUD_DB = -20.0  # below the loudest frame: those that say the pitch
SURE = 0.5  # confidence of a pitch


def pitch_of(audio: Waveform, sample_rate: int) -> tuple[float, float]:
    """MIDI note of a sound `[T]` and how sure it is, 0..1: the median over its loud frames of what
    the tracker hears that every pitched instrument of the package plays by."""
    found = 0.0, 0.0
    for seconds in TRACKED_SECONDS:
        found = max(found, _followed(audio, sample_rate, seconds), key=lambda pair: pair[1])
        if found[1] >= SURE:
            break
    return found


def _followed(audio: Waveform, sample_rate: int, window_seconds: float) -> tuple[float, float]:
    """`pitch_of` by one window."""
    hop = max(sample_rate // 172, 1)  # 256 samples at 44.1 kHz
    # short sounds are followed by a shorter window, which must hold two periods
    window = max(min(round(window_seconds * sample_rate), len(audio) // 2), 2 * hop)
    highest = min(HIGHEST_HZ, sample_rate / 8)
    while PERIODS * sample_rate / window >= highest:
        window *= 2
    tracker = PitchTracker(sample_rate, hop, window, highest, hold_below=0.0)
    length = -(-len(audio) // hop) * hop
    padded = np.pad(audio, (0, length - len(audio))) / max(float(np.abs(audio).max()), 1e-9)
    with torch.inference_mode():
        note, confidence = tracker(torch.from_numpy(padded.astype(np.float32))[None])[0].numpy()
    # a frame ends with its hop: the first ones hold what was before the sound, which is nothing
    power = np.convolve(padded**2, np.ones(window) / window)[hop - 1 : length : hop]
    level = 10.0 * np.log10(np.maximum(power, 1e-12))
    counts = level >= level.max() + LOUD_DB
    first = min(window // hop, len(note) - 1)
    if counts[first:].any():
        counts[:first] = False
    sure = counts & (confidence >= SURE)
    chosen = sure if sure.any() else counts
    share = float(np.median(confidence[counts]))
    return float(np.median(note[chosen])), share
