"""Half a second of what is easy and of what is hard, and how near a spectrum comes."""

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from vschaos.dsp import STFT

RATE = 44100
SIZES = [(1024, 256), (2048, 512), (2048, 256)]


def sounds() -> dict[str, Tensor]:
    seconds = torch.arange(RATE // 2) / RATE
    random = torch.Generator().manual_seed(0)
    clicks = torch.zeros(len(seconds))
    clicks[1000::5555] = 0.9
    partials = [torch.sin(2 * math.pi * 196 * k * seconds) / k for k in range(1, 30)]
    return {
        "tones": sum(torch.sin(2 * math.pi * hz * seconds) for hz in (220, 331, 1000.5)) * 0.1,
        "chirp": 0.5 * torch.sin(2 * math.pi * (100 * seconds + 1500 * seconds**2)),
        "decay": 0.2 * sum(partials) * torch.exp(-6 * seconds),
        "noise": 0.1 * torch.randn(len(seconds), generator=random),
        "clicks": clicks,
    }


def convergence_db(stft: STFT, output: Tensor, magnitudes: Tensor) -> float:
    difference = stft(output).abs() - magnitudes
    return 20 * math.log10(float(difference.norm() / magnitudes.norm()))


def in_blocks(
    call: Callable[[Tensor], Tensor], frames: Tensor, sizes: list[int]
) -> Iterator[Tensor]:
    """What a call gives for frames `[..., N]` that come a few at a time, sizes in turn."""
    start, turn = 0, 0
    while start < frames.shape[-1]:
        size = sizes[turn % len(sizes)]
        yield call(frames[..., start : start + size])
        start, turn = start + size, turn + 1
