"""Notes that are made on the spot."""

from __future__ import annotations

import numpy as np

RATE = 44100


def note(
    hertz: float, held: float, seconds: float, release: float = 0.1, decay: float = 0.0
) -> np.ndarray:
    """Partials that are held, decay by `decay` dB a second, then by 60 dB in `release` seconds."""
    times = np.arange(round(seconds * RATE)) / RATE
    partials = [k for k in range(1, 9) if k * hertz < RATE / 2]
    wave = 0.2 * sum(np.sin(2 * np.pi * hertz * k * times) / k for k in partials)
    level_db = -decay * times - 60 * np.maximum(times - held, 0) / release
    return (wave * np.minimum(times / 0.003, 1) * 10 ** (level_db / 20)).astype(np.float32)
