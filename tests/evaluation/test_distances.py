"""Distances of sounds: what they hear, and what they do not."""

import pytest
import torch
from torch import Tensor

from vschaos.evaluation.distances import (
    is_silent,
    level_difference_db,
    mfcc_distances,
    multi_resolution_distances,
)
from vschaos.models.matching.distances import log_spectral_distances

RATE = 16000
TIMES = torch.arange(RATE // 2) / RATE


def mfcc(output: Tensor, target: Tensor) -> Tensor:
    return mfcc_distances(output, target, RATE)


DISTANCES = multi_resolution_distances, log_spectral_distances, mfcc


def tone(hertz: float = 220.0, slope: float = 1.0) -> Tensor:
    partials = range(1, int(RATE / 2 / hertz))
    return 0.1 * sum(torch.sin(2 * torch.pi * hertz * k * TIMES) / k**slope for k in partials)  # type: ignore[return-value]


@pytest.mark.parametrize("distance", DISTANCES)
def test_a_sound_is_at_no_distance_from_itself_at_any_level(distance) -> None:  # type: ignore[no-untyped-def]
    found = distance(torch.stack([tone(), 4.0 * tone(), 0.1 * tone()]), tone())
    assert found.max() < 1e-3  # dB: rounding of float32


@pytest.mark.parametrize("distance", DISTANCES)
def test_what_differs_more_is_farther(distance) -> None:  # type: ignore[no-untyped-def]
    near, far = distance(torch.stack([tone(slope=1.2), tone(slope=2.0)]), tone())
    assert 0.01 < near < far


@pytest.mark.parametrize("distance", DISTANCES)
def test_rows_are_heard_one_by_one(distance) -> None:  # type: ignore[no-untyped-def]
    sounds = torch.stack([tone(slope=1.2), tone(330.0), 0 * tone()])
    one_by_one = torch.cat([distance(sound[None], tone()) for sound in sounds])
    torch.testing.assert_close(distance(sounds, tone()), one_by_one, rtol=1e-4, atol=1e-4)
    assert torch.isfinite(one_by_one).all()


@pytest.mark.parametrize("distance", DISTANCES)
def test_sounds_shorter_than_a_window_can_be_compared(distance) -> None:  # type: ignore[no-untyped-def]
    short = tone()[:800]
    assert distance(short[None], short)[0] < 1e-3
    assert distance(tone(slope=2.0)[None, :800], short)[0] > 0.01


def test_the_envelope_matters_more_to_mfcc_than_the_note() -> None:
    other_note, other_timbre = mfcc(torch.stack([tone(233.1), tone(slope=0.3)]), tone())
    assert other_note < other_timbre


def test_gradients_are_finite_also_of_silence() -> None:
    sounds = torch.stack([tone(slope=1.2), 0 * tone(), tone()]).requires_grad_()
    multi_resolution_distances(sounds, tone()).sum().backward()
    assert sounds.grad is not None
    assert torch.isfinite(sounds.grad).all()


def test_levels() -> None:
    sounds = torch.stack([2.0 * tone(), tone(), 1e-6 * tone()])
    found = level_difference_db(sounds[:2], tone())
    torch.testing.assert_close(found, torch.tensor([6.0206, 0.0]), atol=1e-3, rtol=0)
    assert is_silent(sounds).tolist() == [False, False, True]
