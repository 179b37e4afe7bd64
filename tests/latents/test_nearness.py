"""Paths through a latent space pass where sounds are, smoothly."""

from __future__ import annotations

import torch

from vschaos.latents.nearness import AT_ONCE, near_known


def test_far_points_end_among_the_known_ones() -> None:
    torch.manual_seed(0)
    known = torch.randn(3, 200) * torch.tensor([[1.0], [0.1], [2.0]])
    moved = near_known(20 * torch.randn(3, 50), known)
    assert (moved >= known.amin(dim=1, keepdim=True)).all()
    assert (moved <= known.amax(dim=1, keepdim=True)).all()


def test_it_tells_places_apart_where_sounds_are_dense() -> None:
    torch.manual_seed(0)
    known = 3 * torch.randn(2, 4000)
    points = torch.randn(2, 100)
    moved = near_known(points, known)
    assert float(torch.corrcoef(torch.cat([points, moved]))[0, 2]) > 0.95


def test_a_smooth_path_stays_smooth() -> None:
    torch.manual_seed(0)
    known = torch.randn(4, 500)
    share = torch.linspace(0, 1, 2 * AT_ONCE + 5)  # more than at once
    ends = torch.randn(2, 4, 1)
    moved = near_known(torch.lerp(ends[0], ends[1], share), known)
    steps = moved.diff(dim=1).norm(dim=0)
    assert steps.amax() < 20 * steps.mean()
    assert steps.amax() < 0.05
