"""How much room sounds take once they are imported."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from vschaos.audio import UnusableAudioError, duration_seconds

FILES_ASKED = 100  # headers are read of that many, the others guessed by their size
BYTES_PER_SAMPLE = 4


def room_for(paths: Sequence[Path], sample_rate: int) -> int:
    """Bytes that sounds take once imported, about: one channel, float32, at `sample_rate` Hz."""
    sizes = np.array([path.stat().st_size for path in paths], dtype=float)
    asked = np.unique(np.linspace(0, len(paths) - 1, FILES_ASKED).round().astype(int))
    seconds = 0.0
    for index in asked:
        with suppress(UnusableAudioError):  # told when it is imported
            seconds += duration_seconds(paths[index])
    by_size = sizes.sum() / max(sizes[asked].sum(), 1.0)
    return int(seconds * by_size * sample_rate) * BYTES_PER_SAMPLE
