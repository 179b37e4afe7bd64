"""Patches for PureData, and the abstractions they are made of."""

from vschaos.patches.pure_data.library import ABSTRACTIONS, FOLDER
from vschaos.patches.pure_data.library.help import help_patch
from vschaos.patches.pure_data.patch import write_pure_data

__all__ = ["ABSTRACTIONS", "FOLDER", "help_patch", "write_pure_data"]
