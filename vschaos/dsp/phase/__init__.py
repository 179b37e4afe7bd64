"""Phase from magnitudes, of whole sounds and in a stream."""

from vschaos.dsp.phase.griffin_lim import griffin_lim
from vschaos.dsp.phase.modes import (
    INVERSIONS,
    StreamingPhase,
    StreamingPhaseInterface,
    invert,
    refined_scan,
)
from vschaos.dsp.phase.pghi import PGHI
from vschaos.dsp.phase.rtisi import RTISI
from vschaos.dsp.phase.spectrum import apply_phase, keep_phase, random_phase

__all__ = [
    "INVERSIONS",
    "PGHI",
    "RTISI",
    "StreamingPhase",
    "StreamingPhaseInterface",
    "apply_phase",
    "griffin_lim",
    "invert",
    "keep_phase",
    "random_phase",
    "refined_scan",
]
