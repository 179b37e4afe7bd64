"""Sounds beyond full scale, as float files may have: scaled, kept or left out."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

FULL_SCALE_DB = 3.0  # above 1.0, up to which a peak is a matter of taste
BEYOND = 10 ** (FULL_SCALE_DB / 20)
CHOICES = ("scale", "keep", "skip")  # data.dataset.beyond_full_scale
OUTLIER_DB = 20.0  # that a file is louder than nine of ten others; from p to f it is about that
OTHERS = 0.9


def check_choice(choice: str) -> str:
    """
    Raises:
        ValueError: it is none of them.
    """
    if choice not in CHOICES:
        raise ValueError(
            f"data.dataset.beyond_full_scale must be one of {', '.join(CHOICES)}, got {choice!r}"
        )
    return choice


def is_beyond(peak: float) -> bool:
    """Whether a file is so loud that likely nobody meant it."""
    return peak > BEYOND


def usual_peak(peaks: Sequence[float]) -> float:
    """The median peak of those files that are not beyond full scale, at most 1; 1 without any."""
    usual = [peak for peak in peaks if peak > 0.0 and not is_beyond(peak)]
    return min(float(np.median(usual)), 1.0) if usual else 1.0


def gain_for(peak: float, choice: str, usual: float = 1.0) -> float:
    """The factor for a file of that peak; `scale` gives it the `usual_peak` of a dataset."""
    return usual / peak if choice == "scale" and is_beyond(peak) else 1.0


def beyond(peak: float) -> str:
    """Says that it is."""
    return f"its peak is {peak:,.1f}, {20 * math.log10(peak):.0f} dB above full scale"


def loudest_usual(peaks: Sequence[float]) -> float:
    """The peak above which a file says nothing about the others: one of three files or more cannot
    move it."""
    if len(peaks) < 3:
        return math.inf
    ordered = sorted(peaks)
    return float(ordered[int(OTHERS * (len(ordered) - 1))] * 10 ** (OUTLIER_DB / 20))
