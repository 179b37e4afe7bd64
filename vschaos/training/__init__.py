"""From a configuration to a trained run."""

from vschaos.training.resume import resumed
from vschaos.training.settings import check_choice, check_settings, shipped_settings
from vschaos.training.train import train

__all__ = ["check_choice", "check_settings", "resumed", "shipped_settings", "train"]
