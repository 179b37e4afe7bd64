"""Timbre of a frame: descriptors in standard deviations, and numbers for what they leave open."""

import torch
from torch import Tensor, nn

from vschaos.models.pitched.timbre import TimbreEncoder

NUM_DESCRIPTORS = 4  # of `vschaos.dsp.descriptors`
LARGEST = 4.0  # standard deviations that are asked for; more is far from all that was learnt
# usual tones, before any is learnt: octaves, dB, octaves, dB; and the least that spreads count as
USUAL = (1.8, 3.0, 1.4, -30.0)
USUAL_SPREAD = (0.4, 4.0, 0.2, 8.0)
LEAST_SPREAD = (0.1, 1.0, 0.05, 2.0)
SILENT_DB, AUDIBLE_DB = -70.0, -60.0  # between, descriptors fade to the mean
UNSURE, SURE = 0.5, 0.7  # confidence, likewise


class DescriptorScale(nn.Module):
    """From descriptors in their units to standard deviations of the training's sounds, and back."""

    centre: Tensor
    spread: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.largest = LARGEST
        self.silent, self.audible, self.unsure, self.sure = SILENT_DB, AUDIBLE_DB, UNSURE, SURE
        self.register_buffer("centre", torch.tensor(USUAL)[:, None])
        self.register_buffer("spread", torch.tensor(USUAL_SPREAD)[:, None])

    def forward(self, described: Tensor, played: Tensor) -> Tensor:
        """Descriptors `[B, 4, N]` of frames with such pitch, confidence and loudness `[B, 3, N]` ->
        standard deviations, 0 where nothing is heard that has a pitch."""
        standard = ((described - self.centre) / self.spread).clamp(-self.largest, self.largest)
        loud = (played[:, 2:] - self.silent) / (self.audible - self.silent)
        sure = (played[:, 1:2] - self.unsure) / (self.sure - self.unsure)
        return standard * loud.clamp(0.0, 1.0) * sure.clamp(0.0, 1.0)

    @torch.jit.export
    def inverse(self, standard: Tensor) -> Tensor:
        """Standard deviations `[B, 4, N]` -> descriptors, within four deviations."""
        return standard.clamp(-self.largest, self.largest) * self.spread + self.centre

    @torch.jit.unused
    def fit(self, described: Tensor, chosen: Tensor) -> None:
        """Takes mean and standard deviation of the chosen frames `[B, N]` of descriptors."""
        if int(chosen.sum()) < 2:
            return
        frames = described.transpose(1, 2)[chosen]
        self.centre.copy_(frames.mean(0)[:, None])
        least = torch.tensor(LEAST_SPREAD, device=frames.device)
        self.spread.copy_(torch.maximum(frames.std(0), least)[:, None])


class DescribedTimbre(TimbreEncoder):
    """A timbre encoder for what descriptors leave open, beside the scale of these."""

    def __init__(self, num_levels: int = 30, dim: int = 4) -> None:
        super().__init__(num_levels, dim)
        self.scale = DescriptorScale()
