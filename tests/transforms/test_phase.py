"""Phases found from magnitudes alone."""

import math

import pytest
import torch
from torch import Tensor

from vschaos.transforms import STFT, PhaseScan, apply_phase, griffin_lim
from vschaos.transforms.phase import _origins

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


# measured, at the worst of the three sizes, less 1 to 3 dB
@pytest.mark.parametrize(
    ("name", "scan_db", "whole_db", "griffin_lim_db"),
    [
        ("tones", -26, -24, -30),
        ("chirp", -14, -26, -34),
        ("decay", -23, -20, -28),
        ("noise", -10, -11, -21),
        ("clicks", -8, -8, -24),
    ],
)
@pytest.mark.parametrize(("n_fft", "hop_length"), SIZES)
def test_magnitudes_are_met(
    n_fft: int, hop_length: int, name: str, scan_db: float, whole_db: float, griffin_lim_db: float
) -> None:
    audio = sounds()[name].unsqueeze(0)
    stft, scan = STFT(n_fft, hop_length), PhaseScan(n_fft, hop_length)
    magnitudes, length = stft(audio).abs(), audio.shape[1]
    streamed = stft.inverse(apply_phase(magnitudes, scan(magnitudes)), length)
    assert convergence_db(stft, streamed, magnitudes) < scan_db
    whole = stft.inverse(apply_phase(magnitudes, scan.whole(magnitudes)), length)
    assert convergence_db(stft, whole, magnitudes) < whole_db
    refined = griffin_lim(stft, magnitudes, length)
    assert convergence_db(stft, refined, magnitudes) < griffin_lim_db
    level_db = 20 * math.log10(float(refined.norm() / audio.norm()))
    assert abs(level_db) < 0.5


def test_origins_are_those_of_the_widest_paths() -> None:
    """Against the definition: every path on the line of bins, tried one by one."""
    random = torch.Generator().manual_seed(1)
    new = torch.rand(2, 3, 40, generator=random)
    last = torch.rand(2, 3, 40, generator=random) * 1.5
    origins = _origins(new, last)
    for b in range(2):
        for n in range(3):
            for m in range(40):
                entering = torch.stack([_reaching(last[b, n], new[b, n], p, m) for p in range(40)])
                assert entering[origins[b, n, m]] == entering.max()  # narrow bins tie


def _reaching(last: Tensor, new: Tensor, origin: int, m: int) -> Tensor:
    """How wide a path from `origin` still is as it enters bin m."""
    step = 1 if m > origin else -1
    between = [new[k] for k in range(origin, m, step)]
    return torch.stack([last[origin], *between]).min()


def test_a_scan_in_blocks_is_a_scan_at_once() -> None:
    stft = STFT(1024, 256)
    magnitudes = stft(sounds()["decay"].unsqueeze(0)).abs()
    at_once = PhaseScan(1024, 256)(magnitudes)
    scan = torch.jit.script(PhaseScan(1024, 256))
    sizes = [1, 3, 2, 8, 5]
    parts, start = [], 0
    while start < magnitudes.shape[2]:
        size = sizes[len(parts) % len(sizes)]
        parts.append(scan(magnitudes[:, :, start : start + size]))
        start += size
    turned = torch.polar(torch.ones(()), torch.cat(parts, dim=2) - at_once)
    assert float(turned.angle().abs().max()) < 1e-3


def test_silence_stays_silent_and_finite() -> None:
    stft = STFT(1024, 256)
    magnitudes = torch.zeros(1, 513, stft.num_frames(4096))
    assert torch.isfinite(PhaseScan(1024, 256)(magnitudes)).all()
    assert float(griffin_lim(stft, magnitudes, 4096).abs().max()) == 0.0
