"""Augmentations: changes of sounds, and of their labels with them, drawn for each batch."""

from vschaos.data.augment.chain import Augmentations, Lengths
from vschaos.data.augment.level import Gain, MixUp, Polarity
from vschaos.data.augment.speed import BinShift, PitchShift, TimeStretch, Varispeed
from vschaos.data.augment.transposition import Transposition

__all__ = [
    "Augmentations",
    "BinShift",
    "Gain",
    "Lengths",
    "MixUp",
    "PitchShift",
    "Polarity",
    "TimeStretch",
    "Transposition",
    "Varispeed",
]
