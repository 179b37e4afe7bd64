"""Settings of a plug-in that others made, found in a sound.

model      the network's settings are those of the plug-in; the plug-in is its decoder
"""

from vschaos.models.preset.model import Preset

__all__ = ["Preset"]
