"""Features: named and versioned functions of a waveform, computed once per file and cached.

feature      the contract: `[T]` -> `[C, N]`, and the identity under which results are cached
windowed     features of one window per frame
loudness, pitch   A-weighted level, and fundamental with its confidence
harmonics    what a harmonic instrument hears, and its partials and noise
descriptors  timbre by names: brightness, odd to even, richness, noisiness
live         pitch and loudness as an instrument measures them, by the same streaming modules
store        features of a dataset, memory-mapped; computes those that are missing
"""

from vschaos.data.features.descriptors import LiveDescriptors
from vschaos.data.features.feature import Feature
from vschaos.data.features.harmonics import Harmonics
from vschaos.data.features.live import LiveLoudness, LivePitch
from vschaos.data.features.loudness import Loudness
from vschaos.data.features.pitch import Pitch
from vschaos.data.features.windowed import WindowedFeature

__all__ = [
    "Feature",
    "Harmonics",
    "LiveDescriptors",
    "LiveLoudness",
    "LivePitch",
    "Loudness",
    "Pitch",
    "WindowedFeature",
]
