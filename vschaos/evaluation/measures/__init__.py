"""Measures of the difference between two sounds."""

from vschaos.evaluation.measures.comparison import (
    LSD,
    MAGNITUDE_MEASURES,
    SC,
    SOUND_MEASURES,
    Measure,
    Measured,
    compare_magnitudes,
    compare_sounds,
    pitch_measures,
    pooled,
)
from vschaos.evaluation.measures.fundamental import (
    PitchComparison,
    compare_pitch,
    default_tracker,
    follow_pitch,
)
from vschaos.evaluation.measures.loudness import loudness_lufs
from vschaos.evaluation.measures.onsets import onset_sharpness
from vschaos.evaluation.measures.treble import Treble, compare_treble

__all__ = [
    "LSD",
    "MAGNITUDE_MEASURES",
    "SC",
    "SOUND_MEASURES",
    "Measure",
    "Measured",
    "PitchComparison",
    "Treble",
    "compare_magnitudes",
    "compare_pitch",
    "compare_sounds",
    "compare_treble",
    "default_tracker",
    "follow_pitch",
    "loudness_lufs",
    "onset_sharpness",
    "pitch_measures",
    "pooled",
]
