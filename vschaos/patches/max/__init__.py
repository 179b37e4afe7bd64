"""Patches for Max."""

from vschaos.patches.max.check import check_max
from vschaos.patches.max.multichannel import write_max_multichannel
from vschaos.patches.max.page import write_max

__all__ = ["check_max", "write_max", "write_max_multichannel"]
