"""Waveform <-> spectrum, and the contrast in which a network sees magnitudes."""

from vschaos.transforms.magnitude import LogMagnitude
from vschaos.transforms.phase import (
    RTISI,
    LivePhase,
    PhaseScan,
    apply_phase,
    griffin_lim,
    keep_phase,
)
from vschaos.transforms.stft import STFT, StreamingSTFT

__all__ = [
    "RTISI",
    "STFT",
    "LivePhase",
    "LogMagnitude",
    "PhaseScan",
    "StreamingSTFT",
    "apply_phase",
    "griffin_lim",
    "keep_phase",
]
