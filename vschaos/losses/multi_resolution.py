"""A distance of sounds over several window lengths."""

from __future__ import annotations

import torch
from torch import Tensor, nn

# n_fft, hop and window in samples, of Yamamoto et al. 2020, table 1
RESOLUTIONS = ((1024, 120, 600), (2048, 240, 1200), (512, 50, 240))
LEAST_POWER = 1e-8


class MultiResolutionDistance(nn.Module):
    """Multi-resolution STFT distance (Yamamoto, Song & Kim 2020, equations 4 to 6).

    Spectral convergence plus the mean absolute difference of the natural logarithms of the
    magnitudes, as a mean over three windows. 0 for the same sound; unlike the distances of one
    window it measures both what is blurred in time and what is blurred in frequency.

    Example:
        >>> sound = torch.sin(torch.arange(4000) / 10)[None]
        >>> float(MultiResolutionDistance()(sound, sound))
        0.0
    """

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """Sounds `[B, T]`, twice -> scalar."""
        return self.of_each(output, target).mean()

    def of_each(self, output: Tensor, target: Tensor) -> Tensor:
        """Sounds `[B, T]`, twice -> `[B]`, the distance of each pair."""
        return torch.stack([_distances(output, target, *sizes) for sizes in RESOLUTIONS]).mean(0)


def _distances(output: Tensor, target: Tensor, n_fft: int, hop: int, length: int) -> Tensor:
    window = torch.hann_window(length, device=target.device)
    made, meant = (_magnitudes(sound, n_fft, hop, window) for sound in (output, target))
    convergence = torch.linalg.matrix_norm(made - meant) / torch.linalg.matrix_norm(meant)
    return convergence + (made.log() - meant.log()).abs().mean(dim=(1, 2))


def _magnitudes(sound: Tensor, n_fft: int, hop: int, window: Tensor) -> Tensor:
    """`[B, T]` -> `[B, F, N]`, never 0."""
    lacking = max(0, n_fft - sound.shape[1])  # shorter sounds cannot be mirrored at their ends
    sound = nn.functional.pad(sound, (0, lacking))
    spectrum = torch.stft(sound, n_fft, hop, len(window), window, return_complex=True)
    return (spectrum.real.square() + spectrum.imag.square()).clamp_min(LEAST_POWER).sqrt()
