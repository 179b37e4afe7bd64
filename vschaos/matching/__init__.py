"""From a sound to the settings of a synthesiser: a voice of ours, or a plug-in of others.

targets     files of anybody, cut into notes, with their pitch
objective   how far settings are from a target
search      evolution strategies and gradients, which lessen that
library     rendered draws, among which the nearest is found
proposers   where a search begins
match       hypotheses, search, and what they are judged beside
writing     presets, sounds and pictures; `table`, `page`

What a synthesiser is, `instrument/synthesiser` says.
"""

from vschaos.matching.library import Library, open_library
from vschaos.matching.match import Effort, Match, match
from vschaos.matching.proposers import Neighbours, Network, Proposer
from vschaos.matching.search import SEARCHES
from vschaos.matching.targets import Target, read_targets
from vschaos.matching.writing import MatchWriter

__all__ = [
    "SEARCHES",
    "Effort",
    "Library",
    "Match",
    "MatchWriter",
    "Neighbours",
    "Network",
    "Proposer",
    "Target",
    "match",
    "open_library",
    "read_targets",
]
