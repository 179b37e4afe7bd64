"""Mixed sounds keep the labels that both have."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vschaos.data.augment import MixUp
from vschaos.labels import Labels


def batch(count: int) -> tuple[torch.Tensor, Labels]:
    """Excerpts that are one of three unit vectors, which is their label; and labels that all share
    or that nobody knows."""
    kinds = torch.arange(count) % 3
    values = torch.stack([kinds, torch.full_like(kinds, 7), kinds], dim=1).float().unsqueeze(2)
    known = torch.ones_like(values, dtype=torch.bool)
    known[:, 2] = False
    return torch.eye(3)[kinds], Labels(values, known)


def test_what_sounds_twice_is_known_only_where_it_is_the_same() -> None:
    audio, labels = batch(300)
    mixed, of_mix = MixUp(0.5, 1.0)(audio, labels, np.random.default_rng(0))
    torch.testing.assert_close(mixed.sum(dim=1), torch.ones(300))
    own = mixed[torch.arange(300), torch.arange(300) % 3]
    assert own.min() >= 0.5
    assert torch.equal(of_mix.known[:, 0, 0], (mixed > 0).sum(dim=1) == 1)
    assert 60 < int(of_mix.known[:, 0].sum()) < 140  # a third meets its like
    assert of_mix.known[:, 1].all()
    assert not of_mix.known[:, 2].any()
    assert torch.equal(of_mix.values, labels.values)
    assert labels.known[:, 0].all()


def test_a_label_that_the_other_one_lacks_is_unknown() -> None:
    known = torch.tensor([True, False]).reshape(2, 1, 1)
    labels = Labels(torch.zeros(2, 1, 1), known)
    _, of_mix = MixUp(0.5, 1.0)(torch.ones(2, 4), labels, np.random.default_rng(0))
    assert not of_mix.known.any()


def test_a_share_of_the_excerpts_is_mixed() -> None:
    audio, labels = torch.randn(1000, 8, generator=torch.Generator().manual_seed(0)), batch(1000)[1]
    mixed, of_mix = MixUp(0.5, 0.3)(audio, labels, np.random.default_rng(0))
    changed = (mixed != audio).any(dim=1)
    assert 0.24 < changed.float().mean() < 0.36
    assert of_mix.known[~changed, 0].all()
    never = MixUp(0.5, 0.0)(audio, labels, np.random.default_rng(0))
    assert never[0] is audio
    assert never[1] is labels


def test_nobody_is_mixed_alone() -> None:
    audio, labels = batch(1)
    assert MixUp(0.5, 1.0)(audio, labels, np.random.default_rng(0)) == (audio, labels)


def test_a_share_above_one_is_refused() -> None:
    with pytest.raises(ValueError, match=r"data\.mix_up\.max_share"):
        MixUp(1.5, 1.0)
