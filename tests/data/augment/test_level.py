"""Other levels and other signs are the same sounds."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vschaos.data.augment import Gain, Polarity


def test_gain_changes_the_level_of_each_row_within_its_range() -> None:
    gain = Gain(6.0).draw(500, np.random.default_rng(0))
    assert gain.shape == (500, 1)
    assert gain.dtype == torch.float32
    gains_db = 20 * torch.log10(gain)
    assert -6.0 <= gains_db.min() < -5.5
    assert 5.5 < gains_db.max() <= 6.0
    assert abs(gains_db.mean()) < 0.7  # four deviations
    assert torch.equal(Gain(0.0).draw(500, np.random.default_rng(0)), torch.ones(500, 1))


def test_a_share_of_the_excerpts_gets_another_level() -> None:
    changed = Gain(6.0, 0.3).draw(1000, np.random.default_rng(0)) != 1.0
    assert 0.24 < changed.float().mean() < 0.36  # four deviations
    assert torch.equal(Gain(6.0, 0.0).draw(9, np.random.default_rng(0)), torch.ones(9, 1))


def test_a_share_of_the_excerpts_is_turned() -> None:
    audio = torch.randn(1000, 20, generator=torch.Generator().manual_seed(0))
    turned = Polarity(0.3)(audio, np.random.default_rng(0))
    is_turned = (turned == -audio).all(dim=1)
    assert torch.equal(turned[~is_turned], audio[~is_turned])
    assert 0.24 < is_turned.float().mean() < 0.36
    assert torch.equal(Polarity(1.0)(audio, np.random.default_rng(0)), -audio)
    assert Polarity(0.0)(audio, np.random.default_rng(0)) is audio


@pytest.mark.parametrize("probability", [-0.1, 1.5])
def test_what_is_no_probability_is_refused(probability: float) -> None:
    with pytest.raises(ValueError, match=r"data\.gain\.probability must be from 0 to 1"):
        Gain(6.0, probability)
