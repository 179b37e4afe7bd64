"""From a configuration to a trained run."""

from vschaos.training.resume import resumed
from vschaos.training.train import train

__all__ = ["resumed", "train"]
