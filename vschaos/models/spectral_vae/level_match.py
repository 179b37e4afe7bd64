"""The level of an input, for frames that are decoded from it."""

import math

import torch
from torch import Tensor, nn

from vschaos.instrument.frame_smoothing import FrameSmoother
from vschaos.voices import with_new_rows

SECONDS = 0.02  # time constant
LARGEST = 16.0  # gain, and 1 / 16: 24 dB


class LevelMatch(nn.Module):
    """The gain by which each decoded frame gets the level of its input.

    The powers of both are smoothed alike, so their ratio follows changes of the model's error, and
    not the sound itself: an attack stays an attack. A new voice begins as after silence.

    Args:
        hop_length, sample_rate: of the model.
        floor: magnitude of what nobody hears; silence is not made louder.

    Example:
        >>> match = LevelMatch(512, 44100, 1e-4)
        >>> heard, decoded = torch.full([1, 3, 9], 0.2), torch.full([1, 3, 9], 0.1)
        >>> round(float(match(heard, decoded, 1.0, False)[0, 0, 5]), 3)
        2.0
    """

    held: Tensor

    def __init__(self, hop_length: int, sample_rate: int, floor: float) -> None:
        super().__init__()
        self.seconds, self.largest = SECONDS, LARGEST
        self.silent = floor**2
        self.smoother = FrameSmoother()
        self.register_buffer("held", torch.zeros(0, 1, 1), persistent=False)
        self.decay = 0.0
        self.take_rate(hop_length, sample_rate)

    @torch.jit.export
    def take_rate(self, hop_length: int, sample_rate: int) -> None:
        """Follows as fast at other sizes."""
        self.decay = math.exp(-hop_length / (self.seconds * sample_rate))

    @torch.jit.export
    def reset(self) -> None:
        """Clears all state."""
        self.smoother.reset()
        self.held = self.held[:0].clone()

    def forward(self, heard: Tensor, decoded: Tensor, amount: float, is_frozen: bool) -> Tensor:
        """Magnitudes of an input and decoded ones, `[B, F, N]` each, -> gains `[B, 1, N]`.

        Args:
            amount: 0..1, the share of the difference in dB.
            is_frozen: whether the gain of the frame before stays.
        """
        if amount <= 0.0:
            return decoded.new_ones([decoded.shape[0], 1, decoded.shape[2]])
        powers = torch.stack([_power(heard), _power(decoded)], dim=1)
        powers = torch.nan_to_num(powers, 0.0, 0.0, 0.0).double() + self.silent
        if is_frozen:
            first = self._gain(powers[:, :, :1])
            gains = with_new_rows(self.held, first).expand(-1, -1, powers.shape[2])
        else:
            before = self.smoother.last
            if before.shape[0] < powers.shape[0]:
                silence = torch.full_like(powers[:, :, :1], self.silent)
                self.smoother.start(with_new_rows(before, silence) if len(before) else silence)
            gains = self._gain(self.smoother(powers, self.decay))
        self.held = gains[:, :, -1:].clone()
        return gains.pow(amount) if amount < 1.0 else gains

    def _gain(self, powers: Tensor) -> Tensor:
        """Of input and output, `[B, 2, N]` -> `[B, 1, N]`."""
        ratio = (powers[:, :1] / powers[:, 1:]).sqrt().float()
        return ratio.clamp(1.0 / self.largest, self.largest)


def _power(magnitudes: Tensor) -> Tensor:
    """`[B, F, N]` -> `[B, N]`."""
    # along contiguous bins, whose sum is independent of the number of frames
    return magnitudes.transpose(1, 2).contiguous().square().sum(dim=2)
