"""What lies between two sounds is as loud as they are."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.batches import unlabelled
from tests.models.test_memory import CAUSAL, GRU, LABELS, batch, make
from tests.models.test_spectral_vae import RATE, tiny
from vschaos.batch import Batch
from vschaos.labels import Labels
from vschaos.models.spectral_vae import InterpolationLoss

NEPERS_IN_6_DB = 6 * math.log(10) / 20


def of_level(level: Tensor, num_bins: int = 9) -> Tensor:
    """Magnitudes `[B, F, N]` of a level `[B, 1, N]` and a random spectrum."""
    spectra = torch.rand(len(level), num_bins, level.shape[2]) + 0.1
    return spectra / spectra.norm(dim=1, keepdim=True) * level


def test_a_way_that_is_straight_in_decibels_costs_nothing_and_louder_neither() -> None:
    torch.manual_seed(0)
    level_db = torch.linspace(-30, 0, 16)[torch.randperm(16)].reshape(16, 1, 1)
    magnitudes = of_level(10 ** (level_db / 20))
    term = InterpolationLoss(share=1.0)

    def found(louder_db: float) -> float:
        # the only latent is the level
        return float(term(level_db, magnitudes, lambda at: of_level(10 ** ((at + louder_db) / 20))))

    assert found(0.0) == pytest.approx(0.0, abs=1e-5)
    assert found(3.0) == 0.0
    assert found(-6.0) == pytest.approx(NEPERS_IN_6_DB, rel=1e-4)


def test_soft_ends_count_as_if_they_were_in_range() -> None:
    level = torch.tensor([1.0, 1e-6]).reshape(2, 1, 1)
    magnitudes = of_level(level)
    torch.manual_seed(0)
    found = InterpolationLoss(share=1.0, range_db=40.0)(
        level, magnitudes, lambda at: of_level(0 * at)
    )
    # silence is taken for 1e-7; the ends for 0 and -40 dB
    way = torch.rand(2, 1, 1, generator=torch.Generator().manual_seed(0))
    straight = math.log(1e-2) * torch.stack([way[0], 1 - way[1]])
    assert float(found) == pytest.approx(float(straight.mean()) - math.log(1e-7), rel=1e-4)


def test_pairs_are_some_examples_with_those_that_follow() -> None:
    torch.manual_seed(0)
    latents = torch.arange(10.0).reshape(10, 1, 1).expand(10, 3, 2)
    asked: list[Tensor] = []

    def decode(points: Tensor) -> Tensor:
        asked.append(points)
        return torch.ones(len(points), 5, 2)

    InterpolationLoss(share=0.25)(latents, torch.ones(10, 5, 2), decode)
    (points,) = asked
    assert points.shape == (3, 3, 2)
    assert (points == points[:, :1, :1]).all()  # one share of the way for all of a pair
    inside = points[:, 0, 0] - torch.arange(3.0)
    assert ((inside > 0) & (inside < 1)).all()
    assert len(inside.unique()) == 3


def test_one_example_has_nothing_beside_it() -> None:
    found = InterpolationLoss()(torch.zeros(1, 4, 1), torch.ones(1, 5, 1), lambda points: points)
    assert float(found) == 0.0


@pytest.mark.parametrize("share", [0.0, -0.1, 1.1, math.nan])
def test_shares_that_cannot_be_are_refused(share: float) -> None:
    with pytest.raises(ValueError, match=r"model\.interpolation\.share must be above 0"):
        InterpolationLoss(share)


@pytest.mark.parametrize("memory", [CAUSAL, GRU])
@pytest.mark.parametrize("labels", [{}, LABELS])
def test_networks_with_a_memory_learn_from_it(memory: Any, labels: dict[str, Any]) -> None:
    model = make(memory, interpolation=InterpolationLoss(), excerpt_frames=3, burn_in=2, **labels)
    audio, given = batch(model)
    model.fit(unlabelled(audio))
    with torch.no_grad():  # so soft that what lies between has fallen, whatever is drawn
        list(model.decoder.parameters())[-1].sub_(9.0)
    loss = model.losses(Batch(audio, given))["interpolation"]
    assert 0 < float(loss.detach()) < math.inf
    loss.backward()
    for network in (model.decoder, model.encoder):
        slopes = [p.grad for p in network.parameters() if p.grad is not None]
        assert any(float(slope.abs().sum()) > 0 for slope in slopes)


def test_a_model_that_learns_with_it_falls_less() -> None:
    """Between two tones, of which a decoder's logarithms make silence half way."""
    hz = torch.tensor([[250.0], [3000.0]])
    times = torch.arange(4096) / RATE

    def fall_db(weight: float) -> float:
        model = tiny(interpolation=InterpolationLoss(share=1.0))
        length, count = model.excerpt_length, 16
        level, phase = 10 ** -torch.rand(count, 1), 2 * math.pi * torch.rand(count, 1)
        audio = level * torch.sin(2 * math.pi * hz.repeat(8, 1) * times[:length] + phase)
        nothing = torch.zeros(count, 0, 1)
        labels = Labels(nothing, nothing > 0)
        model.fit(unlabelled(audio))
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
        for _ in range(80):
            losses = model.losses(Batch(audio, labels))
            optimizer.zero_grad()
            (
                losses["log_magnitude"] + losses["convergence"] + weight * losses["interpolation"]
            ).backward()
            optimizer.step()
        with torch.no_grad():
            ends = model.encode(0.3 * torch.sin(2 * math.pi * hz * times))[:, :, 10:11]
            ways = torch.linspace(0, 1, 17)
            lines = torch.lerp(ends[:1], ends[1:], ways)
            level_db = 20 * torch.log10(model.decode_magnitudes(lines)[0].norm(dim=0))
        straight = torch.lerp(level_db[0], level_db[-1], ways)
        return float((straight - level_db).clamp_min(0.0).mean())

    without = fall_db(0.0)
    assert without > 3.0
    assert fall_db(0.1) < 0.6 * without
