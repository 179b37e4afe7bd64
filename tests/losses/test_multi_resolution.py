"""The multi-resolution distance has the values of the paper and of auraloss."""

from __future__ import annotations

import pytest
import torch

from vschaos.losses import MultiResolutionDistance

distance = MultiResolutionDistance()


@pytest.fixture
def sound() -> torch.Tensor:
    return 0.1 * torch.randn(2, 9000, generator=torch.Generator().manual_seed(0))


def test_a_sound_has_no_distance_from_itself(sound: torch.Tensor) -> None:
    assert float(distance(sound, sound)) == 0.0


def test_half_the_level_has_the_distance_of_the_equation(sound: torch.Tensor) -> None:
    assert float(distance(0.5 * sound, sound)) == pytest.approx(0.5 + 0.6931, abs=0.01)


@pytest.mark.parametrize("length", [0, 1, 100, 700])
def test_silence_and_short_sounds_have_finite_distances(length: int) -> None:
    silence, click = torch.zeros(1, length), torch.ones(1, length)
    for pair in ((silence, silence), (silence, click), (click, silence)):
        assert bool(torch.isfinite(distance(*pair)))


def test_the_distance_equals_that_of_auraloss(sound: torch.Tensor) -> None:
    auraloss = pytest.importorskip("auraloss")
    output = 0.7 * sound + 0.02 * torch.rand(sound.shape)
    # it takes one norm over a whole batch
    theirs = auraloss.freq.MultiResolutionSTFTLoss()(output[:1, None], sound[:1, None])
    assert float(distance(output[:1], sound[:1])) == pytest.approx(float(theirs), rel=1e-5)
