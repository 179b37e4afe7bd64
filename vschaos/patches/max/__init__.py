"""Patches for Max."""

from vschaos.patches.max.multichannel import write_max_multichannel
from vschaos.patches.max.page import write_max

__all__ = ["write_max", "write_max_multichannel"]
