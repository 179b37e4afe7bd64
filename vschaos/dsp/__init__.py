"""Signal processing: STFT, log-magnitudes, phase reconstruction, pitch and loudness; offline and
streaming."""

from vschaos.dsp.loudness import LoudnessMeter
from vschaos.dsp.magnitude import LogMagnitude
from vschaos.dsp.phase import (
    INVERSIONS,
    PGHI,
    RTISI,
    StreamingPhase,
    StreamingPhaseInterface,
    apply_phase,
    griffin_lim,
    invert,
    keep_phase,
    random_phase,
    refined_scan,
)
from vschaos.dsp.pitch import PitchTracker
from vschaos.dsp.rate import TransformSizes, sizes_at_rate
from vschaos.dsp.stft import STFT, StreamingSTFT, StreamingSTFTInterface, magnitudes_of

__all__ = [
    "INVERSIONS",
    "PGHI",
    "RTISI",
    "STFT",
    "LogMagnitude",
    "LoudnessMeter",
    "PitchTracker",
    "StreamingPhase",
    "StreamingPhaseInterface",
    "StreamingSTFT",
    "StreamingSTFTInterface",
    "TransformSizes",
    "apply_phase",
    "griffin_lim",
    "invert",
    "keep_phase",
    "magnitudes_of",
    "random_phase",
    "refined_scan",
    "sizes_at_rate",
]
