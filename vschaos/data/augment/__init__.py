"""What makes more of few sounds: changes of sound, and of labels with it, drawn for each batch."""

from vschaos.data.augment.bins import BinShift
from vschaos.data.augment.chain import Augmentations, Lengths
from vschaos.data.augment.level import Gain, Polarity
from vschaos.data.augment.mixing import MixUp
from vschaos.data.augment.speed import Varispeed
from vschaos.data.augment.stretch import PitchShift, TimeStretch
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
