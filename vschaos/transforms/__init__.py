"""Waveform <-> spectrum, and the contrast in which a network sees magnitudes."""

from vschaos.transforms.magnitude import LogMagnitude
from vschaos.transforms.phase import (
    INVERSIONS,
    RTISI,
    PhaseScan,
    StreamingPhase,
    StreamingPhaseInterface,
    apply_phase,
    griffin_lim,
    invert,
    keep_phase,
    random_phase,
    refined_scan,
)
from vschaos.transforms.stft import STFT, StreamingSTFT, StreamingSTFTInterface

__all__ = [
    "INVERSIONS",
    "RTISI",
    "STFT",
    "LogMagnitude",
    "PhaseScan",
    "StreamingPhase",
    "StreamingPhaseInterface",
    "StreamingSTFT",
    "StreamingSTFTInterface",
    "apply_phase",
    "griffin_lim",
    "invert",
    "keep_phase",
    "random_phase",
    "refined_scan",
]
