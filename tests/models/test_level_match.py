"""Each frame gets the level of its input, within bounds, and silence stays silent."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from tests.tolerances import ROUNDING
from vschaos.models.spectral_vae.level_match import LevelMatch

HOP, RATE = 512, 44100


def matcher() -> LevelMatch:
    return LevelMatch(HOP, RATE, floor=1e-4)


def frames(levels: list[float], seed: int = 0) -> Tensor:
    """`[1, 33, N]`, of these norms."""
    spectra = torch.rand(1, 33, len(levels), generator=torch.Generator().manual_seed(seed)) + 0.1
    return spectra / spectra.norm(dim=1, keepdim=True) * torch.tensor(levels)


def test_the_level_becomes_that_of_the_input() -> None:
    heard, decoded = frames([0.5] * 20), frames([0.2] * 20, seed=1)
    gains = matcher()(heard, decoded, 1.0, False)
    torch.testing.assert_close((decoded * gains).norm(dim=1), heard.norm(dim=1))
    half = matcher()(heard, decoded, 0.5, False)
    torch.testing.assert_close(half, gains.sqrt())  # half of the way in dB
    none = matcher()(heard, decoded, 0.0, False)
    assert torch.equal(none, torch.ones(1, 1, 20))


@pytest.mark.parametrize(("heard", "gain"), [(1.0, 16.0), (0.001, 0.0625)])
def test_it_moves_24_db_at_most(heard: float, gain: float) -> None:
    found = matcher()(frames([heard] * 20), frames([0.05] * 20), 1.0, False)
    torch.testing.assert_close(found, torch.full_like(found, gain))


def test_an_attack_of_both_is_no_change_of_gain() -> None:
    swell = [0.0] * 10 + [0.3] * 10 + [0.0] * 10
    gains = matcher()(frames(swell), frames([0.5 * level for level in swell]), 1.0, False)
    assert float(gains[0, 0, 10]) == pytest.approx(2.0, abs=0.01)
    assert gains.amax() < 2.001


def test_silence_and_poison_leave_no_trace() -> None:
    match = matcher()
    silent = match(frames([0.0] * 5), frames([0.0] * 5), 1.0, False)
    torch.testing.assert_close(silent, torch.ones(1, 1, 5))
    poison = frames([0.1] * 3)
    poison[0, 2] = math.nan
    assert match(poison, frames([0.1] * 3), 1.0, False).isfinite().all()
    after = match(frames([0.2] * 40), frames([0.1] * 40), 1.0, False)
    assert float(after[0, 0, -1]) == pytest.approx(2.0, rel=1e-3)


def test_frozen_it_holds_and_a_new_voice_has_its_own() -> None:
    match = matcher()
    match(frames([0.2] * 40), frames([0.1] * 40), 1.0, False)
    held = match(frames([0.01] * 9), frames([0.1] * 9), 1.0, True)
    torch.testing.assert_close(held, torch.full_like(held, 2.0), rtol=1e-3, atol=0.0)
    heard = torch.cat([frames([0.01] * 9), frames([0.3] * 9)])
    both = match(heard, torch.cat([frames([0.1] * 9)] * 2), 1.0, True)
    torch.testing.assert_close(both[0], held[0])
    torch.testing.assert_close(both[1], torch.full_like(both[1], 3.0))


def test_a_new_voice_begins_as_after_silence() -> None:
    swell = [0.5 * n**3 / 1000 for n in range(11)]
    heard, decoded = frames(swell), frames([0.1 * level for level in reversed(swell)])
    match = matcher()
    fresh = match(heard, decoded, 1.0, False)
    assert (fresh[0, 0, 1:] / fresh[0, 0, :-1]).max() > 1.5  # by no means steady
    for _ in range(4):
        match(frames([0.0] * 100), frames([0.0] * 100), 1.0, False)
    again = match(heard, decoded, 1.0, False)
    torch.testing.assert_close(again, fresh, rtol=10 * ROUNDING, atol=0.0)
    both = match(torch.cat([heard] * 2), torch.cat([decoded] * 2), 1.0, False)
    torch.testing.assert_close(both[1:], fresh, rtol=10 * ROUNDING, atol=0.0)


def test_blocks_do_not_matter() -> None:
    torch.manual_seed(0)
    heard, decoded = torch.rand(2, 33, 100) * torch.rand(1, 1, 100), torch.rand(2, 33, 100)
    whole = matcher()(heard, decoded, 1.0, False)
    for size in (1, 7, 64):
        match = matcher()
        pairs = zip(heard.split(size, 2), decoded.split(size, 2), strict=True)
        parts = [match(one, other, 1.0, False) for one, other in pairs]
        torch.testing.assert_close(torch.cat(parts, dim=2), whole, rtol=10 * ROUNDING, atol=0.0)
