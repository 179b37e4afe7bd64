"""What one does with a run away from the stage: reconstructions, walks, morphs, pictures."""

from vschaos.generation.reconstruct import morph, reconstruct, without_edges
from vschaos.generation.trajectories import KINDS, trajectory

__all__ = ["KINDS", "morph", "reconstruct", "trajectory", "without_edges"]
