"""Trajectories of an instrument's controls, latents among them, in plain numpy.

shapes    oscillations, lines, walks, orbits, in the unit of each control
melodies  notes of a scale, for a pitch and its loudness
"""

from vschaos.trajectories.melodies import melody
from vschaos.trajectories.shapes import (
    KINDS,
    Trajectory,
    control_trajectory,
    random_frames,
    resample_frames,
    smooth_step,
    trajectory,
)

__all__ = [
    "KINDS",
    "Trajectory",
    "control_trajectory",
    "melody",
    "random_frames",
    "resample_frames",
    "smooth_step",
    "trajectory",
]
