"""Phase from magnitudes, whole or in a stream."""

from vschaos.transforms.phase.griffin_lim import griffin_lim
from vschaos.transforms.phase.live import LivePhase
from vschaos.transforms.phase.rtisi import RTISI
from vschaos.transforms.phase.scan import PhaseScan
from vschaos.transforms.phase.spectrum import apply_phase, keep_phase, random_phase

__all__ = [
    "RTISI",
    "LivePhase",
    "PhaseScan",
    "apply_phase",
    "griffin_lim",
    "keep_phase",
    "random_phase",
]
