"""Wavetable instrument: the cycle of a tone from descriptors of timbre, pitch and loudness.

timbre      descriptors in standard deviations, and what they leave open
listener    sound -> pitch, confidence, loudness, descriptors, residual timbre
obedience   moves a spectrum to the descriptors that are asked for
network     controls -> partials of a cycle, and noise
model       the family
"""

from vschaos.models.wavetable.model import Wavetable
from vschaos.models.wavetable.network import CycleNetwork
from vschaos.models.wavetable.obedience import Obedience
from vschaos.models.wavetable.timbre import DescribedTimbre, DescriptorScale

__all__ = ["CycleNetwork", "DescribedTimbre", "DescriptorScale", "Obedience", "Wavetable"]
