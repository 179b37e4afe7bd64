"""Phases scanned from magnitudes alone."""

import pytest
import torch
from torch import Tensor

from tests.dsp.phase.sounds import SIZES, convergence_db, in_blocks, sounds
from vschaos.dsp import PGHI, STFT, apply_phase
from vschaos.dsp.phase.pghi import origins


# measured, at the worst of the three sizes, less 1 to 3 dB
@pytest.mark.parametrize(
    ("name", "scan_db", "whole_db"),
    [
        ("tones", -26, -24),
        ("chirp", -20, -26),
        ("decay", -22, -20),
        ("noise", -11, -11),
        ("clicks", -8, -8),
    ],
)
@pytest.mark.parametrize(("n_fft", "hop_length"), SIZES)
def test_magnitudes_are_met(
    n_fft: int, hop_length: int, name: str, scan_db: float, whole_db: float
) -> None:
    audio = sounds()[name].unsqueeze(0)
    stft, scan = STFT(n_fft, hop_length), PGHI(n_fft, hop_length)
    magnitudes, length = stft(audio).abs(), audio.shape[1]
    streamed = stft.inverse(apply_phase(magnitudes, scan(magnitudes)), length)
    assert convergence_db(stft, streamed, magnitudes) < scan_db
    whole = stft.inverse(apply_phase(magnitudes, scan.whole(magnitudes)), length)
    assert convergence_db(stft, whole, magnitudes) < whole_db


@pytest.mark.parametrize(("n_fft", "hop_length"), SIZES)
def test_the_slope_between_two_frames_is_exact_for_an_impulse(n_fft: int, hop_length: int) -> None:
    stft, scan = STFT(n_fft, hop_length), PGHI(n_fft, hop_length)
    position = int(1.7 * n_fft)
    audio = torch.zeros(1, 3 * n_fft)
    audio[0, position] = 1.0
    spectrum = stft(audio)[0].T  # [N, F]
    magnitudes = spectrum.abs()
    heard = magnitudes[:, 0] > 1e-3 * magnitudes.max()
    inner = [n for n in range(1, len(heard) - 1) if bool(heard[n - 1 : n + 2].all())]
    assert inner
    for n in inner:
        offset = position - int(stft.centres(audio.shape[1])[n])
        slope = -2 * torch.pi * offset / n_fft
        found = scan.slopes_between(magnitudes[n - 1 : n], magnitudes[n + 1 : n + 2])[0]
        assert float((found - slope).abs().max()) < 1e-3  # of pi


def test_origins_are_those_of_the_widest_paths() -> None:
    """Against the definition: every path on the line of bins, tried one by one."""
    random = torch.Generator().manual_seed(1)
    new = torch.rand(2, 3, 40, generator=random)
    last = torch.rand(2, 3, 40, generator=random) * 1.5
    found = origins(last, new)
    for b in range(2):
        for n in range(3):
            for m in range(40):
                entering = torch.stack([_reaching(last[b, n], new[b, n], p, m) for p in range(40)])
                assert entering[found[b, n, m]] == entering.max()  # narrow bins tie


def _reaching(last: Tensor, new: Tensor, origin: int, m: int) -> Tensor:
    """How wide a path from `origin` still is as it enters bin m."""
    step = 1 if m > origin else -1
    between = [new[k] for k in range(origin, m, step)]
    return torch.stack([last[origin], *between]).min()


def test_a_scan_in_blocks_is_a_scan_at_once() -> None:
    stft = STFT(1024, 256)
    magnitudes = stft(sounds()["decay"].unsqueeze(0)).abs()
    at_once = PGHI(1024, 256)(magnitudes)
    scan = torch.jit.script(PGHI(1024, 256))
    parts = list(in_blocks(scan, magnitudes, [1, 3, 2, 8, 5]))
    turned = torch.polar(torch.ones(()), torch.cat(parts, dim=2) - at_once)
    assert float(turned.angle().abs().max()) < 1e-3


def test_silence_stays_finite() -> None:
    assert torch.isfinite(PGHI(1024, 256)(torch.zeros(1, 513, 20))).all()


def test_it_goes_on_from_phases_as_if_it_had_found_them() -> None:
    magnitudes = STFT(1024, 256)(sounds()["decay"].unsqueeze(0)).abs()
    one, other = PGHI(1024, 256), PGHI(1024, 256)
    before, after = magnitudes[:, :, :20], magnitudes[:, :, 20:23]
    other.go_on(apply_phase(before, one(before)))
    turn = torch.exp(1j * (other(after) - one(after)))
    assert float((after * (turn - 1).abs()).max()) < 1e-3 * float(after.max())
