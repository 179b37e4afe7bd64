"""From a configuration to a trained run."""

from vschaos.training.train import train

__all__ = ["train"]
