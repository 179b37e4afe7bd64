"""Reference methods of phase reconstruction, as in their papers."""

from __future__ import annotations

import math
from heapq import heapify, heappop, heappush

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vschaos.dsp import STFT

Frames = NDArray[np.float64]
HANN_GAMMA = 0.25645  # of n_fft squared: the Gaussian most like a Hann window
RELATIVE_FLOOR = 1e-6  # below it phases are left to chance


def plain_griffin_lim(stft: STFT, magnitudes: Tensor, length: int, iterations: int) -> Tensor:
    """Griffin & Lim 1984, from random phases; `[B, F, N]` -> `[B, length]`."""
    random = torch.Generator().manual_seed(0)
    phases = 2 * math.pi * torch.rand(magnitudes.shape, generator=random)
    spectrum = torch.polar(magnitudes, phases)
    for _ in range(iterations):
        consistent = stft(stft.inverse(spectrum, length))
        spectrum = magnitudes * consistent / consistent.abs().clamp_min(1e-12)
    return stft.inverse(spectrum, length)


def heap_phases(magnitudes: Tensor, n_fft: int, hop_length: int, look_ahead: bool) -> Tensor:
    """Real-time phase gradient heap integration (Prusa & Sondergaard 2016), with none or one frame
    of look-ahead; magnitudes `[F, N]` -> phases from the frame's centre `[F, N]`."""
    frames = magnitudes.T.double().numpy()
    random = np.random.default_rng(0)
    log = np.log(np.maximum(frames, RELATIVE_FLOOR * frames.max() + 1e-30))
    gamma, product = HANN_GAMMA * n_fft**2, hop_length * n_fft
    edges = np.pad(log, ((0, 0), (1, 1)), mode="edge")
    bins = np.arange(frames.shape[1])
    advance = 2 * np.pi * hop_length * bins / n_fft
    advance = advance + product / gamma * (edges[:, 2:] - edges[:, :-2]) / 2
    around = np.pad(log, ((2, 1), (0, 0)), mode="edge")
    if look_ahead:
        change = (around[3:] - around[1:-2]) / 2
    else:
        change = 1.5 * around[2:-1] - 2 * around[1:-2] + 0.5 * around[:-3]
    slopes = -gamma / product * change
    phases = np.zeros_like(frames)
    last = np.zeros(frames.shape[1])
    for n in range(len(frames)):
        before = max(n - 1, 0)
        step = (advance[before] + advance[n]) / 2
        drawn = random.uniform(0, 2 * np.pi, len(bins))
        last = _integrate(frames[before] * (n > 0), frames[n], last + step, slopes[n], drawn)
        last = np.remainder(last, 2 * np.pi)
        phases[n] = last
    return torch.from_numpy(phases.T).float()


def _integrate(
    last: Frames, new: Frames, stepped: Frames, slopes: Frames, phases: Frames
) -> Frames:
    """The phases of a frame `[F]`; `stepped` is what each bin would get from the frame before, and
    `phases` what it gets where there is next to nothing."""
    floor = RELATIVE_FLOOR * max(last.max(), new.max())
    waiting = [False, *(new > floor).tolist(), False]  # lists: numpy is slow one by one
    rank = [0.0, *(-new).tolist(), 0.0]
    slope = [0.0, *slopes.tolist(), 0.0]
    found, step = [0.0, *phases.tolist(), 0.0], [0.0, *stepped.tolist(), 0.0]
    heap = [
        (-float(last[m]), int(m) + 1, False) for m in np.flatnonzero((new > floor) * last > floor)
    ]
    heapify(heap)
    left = sum(waiting)
    while left:
        if not heap:  # an onset from silence begins at its strongest bin
            m = min((rank[k], k) for k in range(len(rank)) if waiting[k])[1]
            found[m], waiting[m], left = 0.0, False, left - 1
            heappush(heap, (rank[m], m, True))
        _, m, is_new = heappop(heap)
        if not is_new:
            if waiting[m]:
                found[m], waiting[m], left = step[m], False, left - 1
                heappush(heap, (rank[m], m, True))
            continue
        for k in (m - 1, m + 1):
            if waiting[k]:
                found[k] = found[m] + (k - m) * (slope[k] + slope[m]) / 2
                waiting[k], left = False, left - 1
                heappush(heap, (rank[k], k, True))
    return np.asarray(found[1:-1])
