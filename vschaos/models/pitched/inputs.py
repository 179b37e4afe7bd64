"""Controls of a frame as inputs of a network."""

import math

import torch
from torch import Tensor, nn

from vschaos.models.pitched.controls import NUM_PLAYED

PITCH_WAVES = 6  # sines and cosines of the pitch, an octave of periods apart
LONGEST_WAVE = 96.0  # semitones


class ControlInputs(nn.Module):
    """Pitch, confidence and loudness as numbers of the order of 1; all others pass as they are.

    The pitch is told by waves of several periods too, so that a network may tell a semitone from
    the next and knows what is common to a register.

    Args:
        num_others: C, features after the first three controls.

    Attributes:
        dim: I, numbers of a frame.
    """

    waves: Tensor

    def __init__(self, num_others: int) -> None:
        super().__init__()
        self.num_played = NUM_PLAYED
        self.dim = 2 * PITCH_WAVES + NUM_PLAYED + num_others
        periods = LONGEST_WAVE / 2.0 ** torch.arange(PITCH_WAVES)
        self.register_buffer("waves", 2.0 * math.pi / periods[:, None], persistent=False)

    def forward(self, controls: Tensor) -> Tensor:
        """`[B, 3 + C, N]` -> `[B, I, N]`."""
        angles = controls[:, :1] * self.waves
        scaled = torch.stack(
            [
                (controls[:, 0] - 60.0) / 24.0,
                2.0 * controls[:, 1] - 1.0,
                (controls[:, 2] + 40.0) / 20.0,
            ],
            1,
        )
        others = controls[:, self.num_played :]
        return torch.cat([torch.sin(angles), torch.cos(angles), scaled, others], 1)
