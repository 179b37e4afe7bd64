"""Harmonic instrument (DDSP): partials, filtered noise and a room, played by pitch, loudness and
timbre.

network   controls -> amplitudes of partials and noise bands
model     the family, of what pitched families share and that network
"""

from vschaos.models.ddsp.model import DDSP
from vschaos.models.ddsp.network import ControlNetwork

__all__ = ["DDSP", "ControlNetwork"]
