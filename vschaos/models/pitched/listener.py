"""Hears the controls in a sound: pitch, confidence, loudness and timbre, all of one moment."""

import torch
from torch import Tensor, nn

from vschaos.dsp.band_levels import BandMeter
from vschaos.dsp.loudness import LoudnessMeter
from vschaos.dsp.pitch import PitchTracker
from vschaos.instrument.live import Delay
from vschaos.models.pitched.timbre import TimbreEncoder

WINDOWS = (2048, 1024, 512)  # the best first
RESTING_NOTE = 60.0


class Listener(nn.Module):
    """Measures a stream at each hop.

    Frame n is what is known at the end of its hop, and describes the moment `delay` samples before:
    of pitch, loudness and band levels the quicker ones wait for the slowest.

    Args:
        sample_rate: Hz.
        hop_length: samples from frame to frame.
        window: samples of a frame, see `PitchTracker`.
        timbre: its weights are shared.
        num_levels: bands that it is told by.

    Attributes:
        delay: see above.
    """

    def __init__(
        self,
        sample_rate: int,
        hop_length: int,
        window: int,
        timbre: TimbreEncoder,
        num_levels: int = 30,
    ) -> None:
        super().__init__()
        self.tracker = PitchTracker(sample_rate, hop_length, window, resting_note=RESTING_NOTE)
        self.meter = LoudnessMeter(sample_rate, hop_length, window)
        self.bands = BandMeter(sample_rate, hop_length, window, num_levels)
        self.timbre = timbre
        self.delay = max(self.tracker.delay, self.meter.delay, self.bands.delay)
        self.to_tracker = Delay(self.delay - self.tracker.delay, hop_length)
        self.to_meter = Delay(self.delay - self.meter.delay, hop_length)
        self.to_bands = Delay(self.delay - self.bands.delay, hop_length)

    @torch.jit.export
    def take_rate(self, sample_rate: int) -> None:
        """Hears sound of another rate, in Hz, as that of the training; the delay keeps its
        samples."""
        self.hear_at(sample_rate)

    @torch.jit.export
    def reset(self) -> None:
        """Clears all state."""
        self.forget()

    def hear_at(self, sample_rate: int) -> None:
        """As `take_rate`, for listeners that hear more than this one."""
        self.tracker.take_rate(sample_rate)
        self.meter.take_rate(sample_rate)
        self.bands.take_rate(sample_rate)

    def forget(self) -> None:
        """As `reset`, likewise."""
        self.tracker.reset()
        self.meter.reset()
        self.bands.reset()
        self.to_tracker.reset()
        self.to_meter.reset()
        self.to_bands.reset()

    def forward(self, audio: Tensor) -> Tensor:
        """`[B, N * hop_length]` -> controls `[B, 3 + K, N]`; goes on from the call before."""
        return self.hear(audio)

    def hear(self, audio: Tensor) -> Tensor:
        """As `forward`, for listeners that hear more than this one."""
        tracked = self.tracker(self.to_tracker(audio, self.delay - self.tracker.delay))
        loudness = self.meter(self.to_meter(audio, self.delay - self.meter.delay))
        timbre = self.timbre(self.bands(self.to_bands(audio, self.delay - self.bands.delay)))
        return torch.cat([tracked, loudness, timbre], 1)


def delay_of(sample_rate: int, hop_length: int, window: int) -> int:
    """Of a listener, samples."""
    return Listener(sample_rate, hop_length, window, TimbreEncoder()).delay


def window_within(sample_rate: int, hop_length: int, max_delay: int) -> int:
    """The longest window whose listener is not later than that.

    Raises:
        ValueError: even the shortest one is.
    """
    delays = [delay_of(sample_rate, hop_length, window) for window in WINDOWS]
    for window, delay in zip(WINDOWS, delays, strict=True):
        if delay <= max_delay:
            return window
    raise ValueError(
        f"max_delay must be at least {delays[-1]} samples, the delay of the shortest window of the "
        f"pitch ({WINDOWS[-1]}), got {max_delay}"
    )
