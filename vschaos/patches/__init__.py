"""Patches for Max and PureData, made from what a model says of itself."""

from typing import TYPE_CHECKING

from vschaos.lazy import lazily

if TYPE_CHECKING:
    from vschaos.patches.instrument import CARD, Instrument, read_instrument
    from vschaos.patches.writing import write_example, write_patches

__all__ = ["CARD", "Instrument", "read_instrument", "write_example", "write_patches"]
if not TYPE_CHECKING:  # which would take any name for one of these
    __getattr__ = lazily(__name__, __all__, "instrument", "writing")
