"""Timbre as four numbers with names: brightness, odd to even, richness, noisiness."""

import math

import torch
from torch import Tensor, nn

from vschaos.dsp.loudness import AWeighting
from vschaos.dsp.partial_meter import PartialMeter
from vschaos.dsp.pitch import note_to_hz

DESCRIPTORS = ("brightness", "odd_even", "richness", "noisiness")
# of the tone's amplitude: partials below -40 dB lose weight, as the noise of a recording
KNEE = 0.01
LEAST_SHARE = 0.01  # of either side of odd_even, which so is within 40 dB
LEAST_NOISE_DB, MOST_NOISE_DB = -60.0, 30.0


class Descriptors(nn.Module):
    """Describes a tone by its partials and its noise.

    With weights `w_k = A_k^2 / (A_k + .01 A)`, which are the amplitudes `A_k` of the partials, save
    for those more than 40 dB below the tone's `A = sqrt(sum A_k^2)`, and shares
    `p_k = w_k / sum w`:

    - `brightness`, octaves: `sum p_k log2 k`, the centroid of the partials above the fundamental on
      a scale of pitch (the harmonic spectral centroid of Peeters et al. 2011, The Timbre Toolbox,
      of logarithmic frequencies). 0 for a sine; a low-pass of one octave less moves it by as much
      for bright sounds.
    - `odd_even`, dB: `20 log10(sum of odd w / sum of even w)`, within 40 dB (the odd to even ratio
      of the same). A clarinet's is high.
    - `richness`, octaves: `sqrt(sum p_k (log2 k - brightness)^2)`, how far the partials are spread
      about that centroid (the harmonic spectral spread, likewise). 0 for a sine; unlike a number of
      partials, it says something that the brightness does not.
    - `noisiness`, dB: A-weighted power of the noise over that of the partials, -60 to 30 (the
      noise-to-harmonic ratio, in parts of the loudness).

    Args:
        sample_rate: Hz.
        num_partials: K.

    Example:
        >>> describe = Descriptors(44100, 50)
        >>> saw = (1 / torch.arange(1, 51))[None, :, None]
        >>> found = describe(torch.full([1, 1], 45.0), saw, torch.full([1, 1], 1e-5))
        >>> [round(value, 1) for value in found[0, :2, 0].tolist()]
        [2.2, 2.9]
    """

    octaves: Tensor
    is_odd: Tensor
    numbers: Tensor

    def __init__(self, sample_rate: int, num_partials: int) -> None:
        super().__init__()
        self.sample_rate = sample_rate
        self.knee, self.least_share = KNEE, LEAST_SHARE
        self.least_noise = 10.0 ** (LEAST_NOISE_DB / 10.0)
        self.most_noise = 10.0 ** (MOST_NOISE_DB / 10.0)
        self.per_neper = 20.0 / math.log(10.0)
        self.weighting = AWeighting()
        numbers = torch.arange(1, num_partials + 1).float()[:, None]
        self.register_buffer("numbers", numbers, persistent=False)
        self.register_buffer("octaves", torch.log2(numbers), persistent=False)
        self.register_buffer("is_odd", numbers % 2, persistent=False)

    def forward(self, pitch: Tensor, amplitudes: Tensor, noise: Tensor) -> Tensor:
        """Describes frames; those without partials are dull, and as noisy as can be.

        Args:
            pitch: MIDI notes, `[B, N]`.
            amplitudes: of the partials, `[B, K, N]`.
            noise: its A-weighted mean square, `[B, N]`.

        Returns:
            the four of `DESCRIPTORS`, `[B, 4, N]`.
        """
        of_tone = self.of_tone(amplitudes)
        gains = self.weighting(note_to_hz(pitch).unsqueeze(1) * self.numbers)
        tone = (0.5 * amplitudes.square() * gains).sum(1)
        ratio = (noise / tone.clamp_min(1e-20)).clamp(self.least_noise, self.most_noise)
        return torch.cat([of_tone, (10.0 * torch.log10(ratio)).unsqueeze(1)], 1)

    @torch.jit.export
    def of_tone(self, amplitudes: Tensor) -> Tensor:
        """The first three of amplitudes `[B, K, N]`, `[B, 3, N]`."""
        shares = self.shares(amplitudes)
        centroid = (shares * self.octaves).sum(1, keepdim=True)
        spread = (shares * (self.octaves - centroid).square()).sum(1)
        odd = (shares * self.is_odd).sum(1)
        share = (1.0 - 2.0 * self.least_share) * odd + self.least_share
        ratio = self.per_neper * (torch.log(share) - torch.log1p(-share))
        # a slope at 0, for what learns through it
        return torch.stack([centroid.squeeze(1), ratio, (spread + 1e-6).sqrt()], 1)

    @torch.jit.export
    def shares(self, amplitudes: Tensor) -> Tensor:
        """Weights of the partials, which sum to 1, `[B, K, N]`."""
        whole = amplitudes.square().sum(1, keepdim=True).clamp_min(1e-20).sqrt()
        relative = amplitudes / whole
        weights = relative.square() / (relative + self.knee)
        return weights / weights.sum(1, keepdim=True).clamp_min(1e-12)


class DescriptorMeter(nn.Module):
    """Describes the timbre of a stream at each hop, at a pitch that is tracked beside it.

    Args:
        sample_rate, hop_length, window, num_partials: see `PartialMeter`.

    Attributes:
        delay: see `PartialMeter`.
    """

    def __init__(
        self,
        sample_rate: int = 44100,
        hop_length: int = 256,
        window: int = 2048,
        num_partials: int = 100,
    ) -> None:
        super().__init__()
        self.meter = PartialMeter(sample_rate, hop_length, window, num_partials)
        self.describe = Descriptors(sample_rate, num_partials)
        self.delay = self.meter.delay

    @torch.jit.export
    def take_rate(self, sample_rate: int) -> None:
        """As `PartialMeter.take_rate`."""
        self.meter.take_rate(sample_rate)

    @torch.jit.export
    def reset(self) -> None:
        """Clears all state."""
        self.meter.reset()

    def forward(self, audio: Tensor, tracked: Tensor) -> Tensor:
        """`[B, N * hop_length]`, note and confidence `[B, 2, N]` -> `[B, 4, N]`; see
        `PartialMeter`. Frames without a pitch have no meaning."""
        frames = self.meter(audio, tracked)
        described: Tensor = self.describe(tracked[:, 0], frames.amplitudes, frames.noise)
        return described
