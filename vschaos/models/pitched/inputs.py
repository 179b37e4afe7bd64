"""Controls of a frame as inputs of a network."""

import math

import torch
from torch import Tensor, nn

from vschaos.models.pitched.controls import NUM_PLAYED

PITCH_WAVES = 6  # sines and cosines of the pitch, an octave of periods apart
LONGEST_WAVE = 96.0  # semitones
HIGHEST_NOTE = 127.0
OUTLIERS = 0.005  # share of the notes at either end, which may be errors of the tracker


class ControlInputs(nn.Module):
    """Pitch, confidence and loudness as numbers of the order of 1; all others pass as they are.

    The pitch is told by waves of several periods too, so that a network may tell a semitone from
    the next and knows what is common to a register. Notes beyond those of the training are told as
    the nearest of these: what a network makes of notes that it never heard may lack its
    fundamental, and sound an octave off.

    Args:
        num_others: C, features after the first three controls.

    Attributes:
        dim: I, numbers of a frame.
    """

    waves: Tensor
    known: Tensor

    def __init__(self, num_others: int) -> None:
        super().__init__()
        self.num_played = NUM_PLAYED
        self.dim = 2 * PITCH_WAVES + NUM_PLAYED + num_others
        periods = LONGEST_WAVE / 2.0 ** torch.arange(PITCH_WAVES)
        self.register_buffer("waves", 2.0 * math.pi / periods[:, None], persistent=False)
        self.register_buffer("known", torch.tensor([0.0, HIGHEST_NOTE]))

    @torch.jit.unused
    def fit(self, notes: Tensor) -> None:
        """Takes the range of the training's notes, `[M]`, but for outliers."""
        edges = torch.tensor([OUTLIERS, 1.0 - OUTLIERS], device=notes.device)
        self.known.copy_(torch.quantile(notes, edges))

    def forward(self, controls: Tensor) -> Tensor:
        """`[B, 3 + C, N]` -> `[B, I, N]`."""
        note = torch.minimum(torch.maximum(controls[:, :1], self.known[0]), self.known[1])
        angles = note * self.waves
        scaled = torch.stack(
            [
                (note[:, 0] - 60.0) / 24.0,
                2.0 * controls[:, 1] - 1.0,
                (controls[:, 2] + 40.0) / 20.0,
            ],
            1,
        )
        others = controls[:, self.num_played :]
        return torch.cat([torch.sin(angles), torch.cos(angles), scaled, others], 1)
