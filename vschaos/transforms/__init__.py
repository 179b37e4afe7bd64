"""Waveform <-> spectrum, and the contrast in which a network sees magnitudes."""

from vschaos.transforms.magnitude import LogMagnitude
from vschaos.transforms.phase import PhaseScan, apply_phase, griffin_lim
from vschaos.transforms.stft import STFT, StreamingSTFT

__all__ = ["STFT", "LogMagnitude", "PhaseScan", "StreamingSTFT", "apply_phase", "griffin_lim"]
