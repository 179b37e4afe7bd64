"""Patches for Max."""

from vschaos.patches.max.page import write_max

__all__ = ["write_max"]
