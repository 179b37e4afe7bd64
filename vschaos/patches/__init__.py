"""Patches for Max and PureData, made from what a model says of itself."""

from vschaos.patches.instrument import CARD, Instrument, read_instrument

__all__ = ["CARD", "Instrument", "read_instrument"]
