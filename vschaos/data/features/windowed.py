"""Features that are computed from one window of samples per frame."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from vschaos.audio.files import Waveform
from vschaos.data.features.feature import Feature

AT_A_TIME = 1 << 16  # samples in the windows of a block: .5 MB, stays in the processor's cache


@dataclass(frozen=True)
class WindowedFeature(Feature):
    """A feature of which frame n depends on `window` samples around sample `n * hop_length`.

    These are the samples s with

        n * hop_length + look_ahead - window  <=  s  <  n * hop_length + look_ahead

    with zeros before and after the sound. A live stream knows frame n once `look_ahead` samples
    from `n * hop_length` on have arrived, so its latency is decided here.

    Args:
        window: samples per frame.
        look_ahead: of them, those from the frame's own sample on: by default half of the window
            (the frame is its centre); 0 is causal, strictly of the past; `hop_length` is known as
            soon as the block of the frame has arrived.
    """

    window: int = 2048
    look_ahead: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_whole("window", lowest=1)
        if self.look_ahead is not None:
            self.check_whole("look_ahead", lowest=0, highest=self.window)

    @property
    def samples_ahead(self) -> int:
        """`look_ahead`, with its default resolved."""
        return self.window // 2 if self.look_ahead is None else self.look_ahead

    @property
    def arguments(self) -> Mapping[str, Any]:
        return {**super().arguments, "look_ahead": self.samples_ahead}

    @abstractmethod
    def describe(self, windows: np.ndarray) -> np.ndarray:
        """`[N, window] -> [C, N]`, each frame from its own window; windows are float64."""

    def __call__(self, waveform: Waveform) -> np.ndarray:
        """`[T] -> [C, N]`, float32."""
        values = np.empty((len(self.channels), self.num_frames(len(waveform))), np.float32)
        first = 0
        for windows in self.windows(waveform):
            values[:, first : first + len(windows)] = self.describe(windows)
            first += len(windows)
        return values

    def windows(self, waveform: Waveform) -> Iterator[np.ndarray]:
        """The windows of all frames in blocks of some: `[T]` -> `[n, window]`, float64."""
        at_a_time = max(AT_A_TIME // self.window, 1)
        num_frames = self.num_frames(len(waveform))
        for first in range(0, num_frames, at_a_time):
            count = min(at_a_time, num_frames - first)
            start = first * self.hop_length + self.samples_ahead - self.window
            samples = np.zeros((count - 1) * self.hop_length + self.window)
            known = waveform[max(start, 0) : max(start + len(samples), 0)]
            offset = max(-start, 0)
            samples[offset : offset + len(known)] = known
            yield np.lib.stride_tricks.sliding_window_view(samples, self.window)[:: self.hop_length]
