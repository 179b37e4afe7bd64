"""Numbers that tell how a sound differs from another one."""

from vschaos.evaluation.measures.comparison import (
    AFTER_PHASE,
    BEFORE_PHASE,
    LSD,
    Measure,
    Measured,
    compare_magnitudes,
    compare_sounds,
    compared_pitch,
    pooled,
)
from vschaos.evaluation.measures.fundamental import (
    PitchKept,
    default_tracker,
    follow_pitch,
    pitch_kept,
)
from vschaos.evaluation.measures.loudness import loudness_lufs
from vschaos.evaluation.measures.onsets import onset_sharpness
from vschaos.evaluation.measures.treble import Treble, treble_kept

__all__ = [
    "AFTER_PHASE",
    "BEFORE_PHASE",
    "LSD",
    "Measure",
    "Measured",
    "PitchKept",
    "Treble",
    "compare_magnitudes",
    "compare_sounds",
    "compared_pitch",
    "default_tracker",
    "follow_pitch",
    "loudness_lufs",
    "onset_sharpness",
    "pitch_kept",
    "pooled",
    "treble_kept",
]
