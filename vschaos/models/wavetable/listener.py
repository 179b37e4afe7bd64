"""Hears the controls of a wavetable in a sound."""

import torch
from torch import Tensor

from vschaos.dsp.descriptors import DescriptorMeter
from vschaos.instrument.live import Delay
from vschaos.models.pitched.listener import Listener
from vschaos.models.wavetable.timbre import DescribedTimbre


class DescribingListener(Listener):
    """A listener that describes the timbre too, all of one moment.

    Args:
        sample_rate, hop_length, window, timbre, num_levels: see `Listener`.
        num_partials: of the instrument, see `DescriptorMeter`.
    """

    def __init__(
        self,
        sample_rate: int,
        hop_length: int,
        window: int,
        timbre: DescribedTimbre,
        num_levels: int,
        num_partials: int,
    ) -> None:
        super().__init__(sample_rate, hop_length, window, timbre, num_levels)
        self.num_played = 3
        self.describe = DescriptorMeter(sample_rate, hop_length, window, num_partials)
        self.scale = timbre.scale
        self.to_describe = Delay(self.delay - self.describe.delay, hop_length)

    @torch.jit.export
    def take_rate(self, sample_rate: int) -> None:
        """Hears sound of another rate, in Hz, as that of the training; the delay keeps its
        samples."""
        self.hear_at(sample_rate)
        self.describe.take_rate(sample_rate)

    @torch.jit.export
    def reset(self) -> None:
        """Clears all state."""
        self.forget()
        self.describe.reset()
        self.to_describe.reset()

    def forward(self, audio: Tensor) -> Tensor:
        """`[B, N * hop_length]` -> controls `[B, 3 + 4 + K, N]`; goes on from the call before."""
        heard = self.hear(audio)
        played = heard[:, : self.num_played]
        late = self.to_describe(audio, self.delay - self.describe.delay)
        described = self.scale(self.describe(late, played[:, :2]), played)
        return torch.cat([played, described, heard[:, self.num_played :]], 1)
