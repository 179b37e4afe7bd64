"""Phases of a stream, found in the way that a player chooses."""

import torch
from torch import Tensor, nn

from vschaos.transforms.phase.rtisi import RTISI
from vschaos.transforms.phase.scan import PhaseScan
from vschaos.transforms.phase.spectrum import apply_phase, random_phase


class LivePhase(nn.Module):
    """Magnitudes to spectra by `rtisi`, `scan` or `random`.

    A way that is taken anew begins without a past: what it heard long ago is not heard again.

    Args:
        n_fft, hop_length: of the transform, in samples.

    Attributes:
        look_ahead: frames by which `rtisi` is late; the others are not.
    """

    def __init__(self, n_fft: int, hop_length: int) -> None:
        super().__init__()
        self.scan = PhaseScan(n_fft, hop_length)
        self.rtisi = RTISI(n_fft, hop_length)
        self.look_ahead = self.rtisi.delay
        self.mode = "rtisi"

    @torch.jit.export
    def reset(self) -> None:
        self.scan.reset()
        self.rtisi.reset()

    def forward(self, magnitudes: Tensor, mode: str) -> Tensor:
        """`[B, F, N]` -> complex `[B, F, N]`."""
        if mode != self.mode:
            self.reset()
            self.mode = mode
        if mode == "random":
            return random_phase(magnitudes)
        if mode == "scan":
            return apply_phase(magnitudes, self.scan(magnitudes))
        return self.rtisi(magnitudes)
