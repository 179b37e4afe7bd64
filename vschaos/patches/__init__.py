"""Patches for Max and PureData, made from what a model says of itself."""

from vschaos.patches.instrument import CARD, Instrument, read_instrument
from vschaos.patches.writing import write_example, write_patches

__all__ = ["CARD", "Instrument", "read_instrument", "write_example", "write_patches"]
