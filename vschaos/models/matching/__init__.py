"""Sound matching: from a sound to the settings of a synthesiser; shared by families.

front      what is seen of a sound
network    from there to numbers
heads      numbers as distributions of positions
committee  several networks, asked together
matcher    the model: losses, metrics, proposals
"""

from vschaos.models.matching.matcher import SoundMatcher

__all__ = ["SoundMatcher"]
