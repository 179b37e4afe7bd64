"""The projection by neighbouring bins, against transforms there and back."""

import math

import pytest
import torch
from torch import Tensor

from vschaos.dsp.phase.projection import LEAST, Projection

WEIGHT = 0.3


def by_transforms(frames: Tensor, hop: int, look_ahead: int) -> Tensor:
    """Waves of frames that follow each other `[K, n_fft]` -> spectra of the open ones, the last
    `look_ahead + 1`, from the sum of all: `[L + 1, F]`."""
    count, n_fft = frames.shape
    window = torch.hann_window(n_fft, dtype=torch.float64)
    sound = torch.zeros(n_fft + (count - 1) * hop, dtype=torch.float64)
    total = torch.full_like(sound, float(LEAST * window[hop].square()))
    for k, frame in enumerate(frames):
        weight = WEIGHT if look_ahead and k == count - 1 else 1.0
        sound[k * hop : k * hop + n_fft] += weight * window * frame
        total[k * hop : k * hop + n_fft] += weight * window.square()
    opened = (sound / total).unfold(0, n_fft, hop)[-look_ahead - 1 :]
    return torch.fft.rfft(window * opened)


def from_centre(spectra: Tensor, n_fft: int, hop: int, number: Tensor) -> Tensor:
    """Spectra `[K, F]` from the beginnings of frames, `number` hops after the newest one -> from
    its centre."""
    start = (number.double() * hop - n_fft / 2).unsqueeze(1)
    angles = -2 * math.pi / n_fft * start * torch.arange(spectra.shape[1])
    return spectra * torch.polar(torch.ones_like(angles), angles)


@pytest.mark.parametrize("look_ahead", [0, 1])
@pytest.mark.parametrize(("n_fft", "hop"), [(512, 128), (512, 64), (557, 128), (279, 64)])
def test_it_is_what_transforms_there_and_back_make(n_fft: int, hop: int, look_ahead: int) -> None:
    """At windows of odd length too, which other rates bring."""
    projection = Projection(look_ahead, WEIGHT)
    num_bins = n_fft // 2 + 1
    projection.resize(n_fft, hop, num_bins)
    count = projection.num_past + look_ahead + 1
    random = torch.Generator().manual_seed(0)
    frames = torch.randn(count, n_fft, generator=random, dtype=torch.float64)
    frames = frames * torch.hann_window(n_fft, dtype=torch.float64)  # as frames of a sound are
    numbers = torch.arange(count) - count + 1
    spectra = from_centre(torch.fft.rfft(frames), n_fft, hop, numbers)
    around = _around(projection, spectra.to(torch.complex64))  # [K, blocks, around]
    past = around[: projection.num_past].transpose(0, 1).unsqueeze(0).contiguous()
    opened = around[projection.num_past :].transpose(0, 1).flatten()
    found = projection(projection.committed(past), torch.view_as_real(opened).unsqueeze(0))
    found = torch.view_as_complex(found)[0].transpose(0, 1).flatten(1)[:, :num_bins]
    expected = by_transforms(frames, hop, look_ahead)
    expected = from_centre(expected, n_fft, hop, numbers[-look_ahead - 1 :])
    error_db = 20 * math.log10(float((found - expected).norm() / expected.norm()))
    assert error_db < -28.0  # of white noise: what comes from beyond the reach


def _around(projection: Projection, spectra: Tensor) -> Tensor:
    padded = torch.nn.functional.pad(spectra, (0, projection.click.shape[0] * projection.block))
    ones = torch.ones(1, 1, padded.shape[1])
    parts = projection.around_blocks(ones)[0, 0].flatten(0, 1)
    values = torch.view_as_real(padded[:, projection.folded]) * parts
    return torch.view_as_complex(values).view(len(spectra), -1, projection.around)
