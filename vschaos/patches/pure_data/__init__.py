"""Patches for PureData, and the abstractions they are made of."""

from vschaos.patches.pure_data.abstractions import FOLDER
from vschaos.patches.pure_data.patch import write_pure_data

__all__ = ["FOLDER", "write_pure_data"]
