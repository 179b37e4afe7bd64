"""Harmonic instrument (DDSP): partials, filtered noise and a room, played by pitch and loudness.

controls   of a frame: pitch, confidence, loudness, timbre
listener   sound -> controls, live; timbre tells what pitch and loudness leave open
network    controls -> amplitudes of partials and noise bands
model      the family: losses, metrics, encode, decode
"""

from vschaos.models.ddsp.controls import frame_controls
from vschaos.models.ddsp.listener import Listener
from vschaos.models.ddsp.model import DDSP
from vschaos.models.ddsp.network import ControlNetwork
from vschaos.models.ddsp.timbre import TimbreEncoder

__all__ = ["DDSP", "ControlNetwork", "Listener", "TimbreEncoder", "frame_controls"]
