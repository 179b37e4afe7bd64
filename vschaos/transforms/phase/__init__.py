"""Phase from magnitudes, of whole sounds and in a stream."""

from vschaos.transforms.phase.griffin_lim import griffin_lim
from vschaos.transforms.phase.modes import (
    INVERSIONS,
    StreamingPhase,
    StreamingPhaseInterface,
    invert,
    refined_scan,
)
from vschaos.transforms.phase.rtisi import RTISI
from vschaos.transforms.phase.scan import PhaseScan
from vschaos.transforms.phase.spectrum import apply_phase, keep_phase, random_phase

__all__ = [
    "INVERSIONS",
    "RTISI",
    "PhaseScan",
    "StreamingPhase",
    "StreamingPhaseInterface",
    "apply_phase",
    "griffin_lim",
    "invert",
    "keep_phase",
    "random_phase",
    "refined_scan",
]
