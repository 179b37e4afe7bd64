"""Timbre of a sound as four numbers with names, as an instrument measures it live."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from vschaos.audio.files import Waveform
from vschaos.data.features.feature import Feature
from vschaos.data.features.harmonics import RESTING_NOTE
from vschaos.data.features.live import measured
from vschaos.dsp.descriptors import DESCRIPTORS, DescriptorMeter
from vschaos.dsp.loudness import LoudnessMeter
from vschaos.dsp.pitch import PitchTracker


@dataclass(frozen=True)
class LiveDescriptors(Feature):
    """Brightness, odd to even, richness and noisiness, see `vschaos.dsp.descriptors.Descriptors`.

    Measured as a stream does, at the pitch that `PitchTracker` hears; in time with `Harmonics` of
    the same window: frame n describes the moment `delay` samples before the end of its hop. Frames
    in which that feature's confidence is below .5 have no meaning.

    Args:
        sample_rate, hop_length: see `Feature`.
        window: samples of a frame.
        num_partials: K, of the harmonic bank; what is above counts as noise.

    Example:
        >>> seconds = np.arange(22050) / 44100
        >>> sine = 0.3 * np.sin(2 * np.pi * 441 * seconds).astype(np.float32)
        >>> [round(abs(float(value))) for value in LiveDescriptors(44100, 256)(sine)[:, 40]]
        [0, 40, 0, 60]
    """

    window: int = 2048
    num_partials: int = 100

    name = "live_descriptors"
    version = 1
    channels = DESCRIPTORS
    outside = (0.0, 0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_whole("window", lowest=self.hop_length)
        self.check_whole("num_partials", lowest=1)

    @property
    def delay(self) -> int:
        """Samples from the moment that a frame describes to the end of its hop."""
        return LoudnessMeter(self.sample_rate, self.hop_length, self.window).delay

    def __call__(self, waveform: Waveform) -> np.ndarray:
        """`[T] -> [4, N]`, float32; zeros follow the last sample."""
        given = self.sample_rate, self.hop_length, self.window
        tracker = PitchTracker(*given, resting_note=RESTING_NOTE)
        meter = DescriptorMeter(*given, self.num_partials)
        delay = self.delay
        tracked = measured(tracker, waveform, self.hop_length, delay - tracker.delay)
        late = np.zeros(tracked.shape[1] * self.hop_length, np.float32)
        behind = delay - meter.delay
        late[behind : behind + len(waveform)] = waveform[: max(len(late) - behind, 0)]
        with torch.inference_mode():
            found: np.ndarray = meter(
                torch.from_numpy(late)[None], torch.from_numpy(tracked)[None]
            ).numpy()
        return found[0]
