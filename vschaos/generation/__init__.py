"""What one does with a run away from the stage: reconstructions, walks, morphs, sweeps."""

from vschaos.generation.inputs import KnownLabels, find_inputs, read_input
from vschaos.generation.labels import parse_labels, sweep
from vschaos.generation.reconstruct import morph, reconstruct, without_edges
from vschaos.trajectories import KINDS, trajectory

__all__ = [
    "KINDS",
    "KnownLabels",
    "find_inputs",
    "morph",
    "parse_labels",
    "read_input",
    "reconstruct",
    "sweep",
    "trajectory",
    "without_edges",
]
