"""The texture of noise: how far log-magnitudes scatter about their local mean."""

from __future__ import annotations

import torch
from torch import Tensor

from vschaos.dsp import STFT

WINDOW_SECONDS = 0.046
PATCH_FRAMES, PATCH_BINS = 16, 32  # some 0.2 s by 0.7 kHz
NOISE_DB = (4.5, 7.0)  # scatter within a patch of noise; that of a tone is below, of onsets above
FLAT_DB = 4.0  # scatter of the means of bins along a patch: a partial stands out from them
RANGE_DB = 50.0  # below the loudest patch; softer ones do not count
FLOOR_DB = 100.0  # below the loudest bin; no scatter is told below it
LEAST_PATCHES = 4  # of a sound that has texture


def texture_difference(output: Tensor, target: Tensor, sample_rate: int) -> float | None:
    """Scatter of `output` minus that of `target` where `target` is noise-like, in dB: 0 is the
    same, less is smoother, more is rougher. Both are `[1, T]`; None if too little is noise-like.

    Spectra (46 ms, hops of a quarter) are cut into patches of 16 frames and 32 bins. The scatter of
    a patch is the root mean square of its levels in dB, once the mean of each bin and that of each
    frame are taken out: neither an even spectrum nor an even rise or fall has any, noise has about
    5.5 dB. A patch is noise-like if the scatter of `target` is 4.5 to 7 dB and none of its bins
    stands out all the time: the means of its bins scatter by less than 4 dB.

    Example:
        >>> noise = torch.randn(1, 44100, generator=torch.Generator().manual_seed(0))
        >>> texture_difference(noise, noise, 44100)
        0.0
    """
    patches = _patches_db(target, target, sample_rate)
    is_noise = _is_noise(patches)
    if int(is_noise.sum()) < LEAST_PATCHES:
        return None
    found = _scatter(_patches_db(output, target, sample_rate))
    return float((found - _scatter(patches))[is_noise].mean())


def noise_share(sound: Tensor, sample_rate: int) -> float:
    """The share of the patches of `[1, T]`, as above and no softer than counts, that are
    noise-like: 0 to 1, and 0 of too short a sound.

    Example:
        >>> noise = torch.randn(1, 44100, generator=torch.Generator().manual_seed(0))
        >>> noise_share(noise, 44100) > 0.9, noise_share(noise.sign() * 0.0, 44100)
        (True, 0.0)
    """
    patches = _patches_db(sound, sound, sample_rate)
    count = int(_is_loud(patches).sum())
    return float(_is_noise(patches).sum()) / count if count >= LEAST_PATCHES else 0.0


def _is_loud(patches: Tensor) -> Tensor:
    """Which of `[P, bins, frames]` are loud enough to count, `[P]`; none of too few."""
    if len(patches) < LEAST_PATCHES:
        return patches.new_zeros(len(patches), dtype=torch.bool)
    level = patches.mean(dim=(1, 2))
    return level > level.amax() - RANGE_DB


def _is_noise(patches: Tensor) -> Tensor:
    """Which of them are noise-like, `[P]`; none of too few."""
    if len(patches) < LEAST_PATCHES:
        return patches.new_zeros(len(patches), dtype=torch.bool)
    scatter, is_flat = _scatter(patches), patches.mean(dim=2).std(dim=1) < FLAT_DB
    is_rough = (scatter > NOISE_DB[0]) & (scatter < NOISE_DB[1])
    return is_flat & is_rough & _is_loud(patches)


def _patches_db(sound: Tensor, scale: Tensor, sample_rate: int) -> Tensor:
    """`[1, T]` -> patches `[P, bins, frames]` of levels, down to a floor below `scale`."""
    hop = max(2 ** round(torch.log2(torch.tensor(WINDOW_SECONDS * sample_rate / 4)).item()), 1)
    stft = STFT(4 * hop, hop)
    loudest = stft(scale).abs().amax().clamp_min(1e-7)
    magnitudes = (stft(sound)[0, 1:-1].abs() / loudest).clamp_min(10 ** (-FLOOR_DB / 20))
    whole = magnitudes[:, 3:-3]  # without frames that reach beyond the sound
    if whole.shape[0] < PATCH_BINS or whole.shape[1] < PATCH_FRAMES:
        return magnitudes.new_zeros(0, PATCH_BINS, PATCH_FRAMES)
    patches = whole.unfold(0, PATCH_BINS, PATCH_BINS).unfold(1, PATCH_FRAMES, PATCH_FRAMES)
    return 20 * torch.log10(patches.flatten(0, 1))


def _scatter(patches: Tensor) -> Tensor:
    """`[P, bins, frames]` -> `[P]`, dB, without the means of bins and frames."""
    bins, frames = (patches.mean(dim=dim, keepdim=True) for dim in (2, 1))
    rest = patches - bins - frames + patches.mean(dim=(1, 2), keepdim=True)
    return rest.square().mean(dim=(1, 2)).sqrt()
