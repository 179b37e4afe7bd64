"""Heads look for labels in latents and the latents flee them; neither moves the other's part."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from vschaos.labels import Labels, Vocabulary
from vschaos.layers import Adversary
from vschaos.layers.conditioning import code

VOCABULARIES = [Vocabulary(("a", "b", "c")), Vocabulary(low=-2.0, high=2.0)]


def labels(num: int, seed: int = 0) -> Labels:
    """Of three tasks, of which the adversary is to look for the first and the last."""
    generator = torch.Generator().manual_seed(seed)
    classes = torch.randint(3, (num, 1, 1), generator=generator).float()
    numbers = torch.rand((num, 1, 1), generator=generator) * 4 - 2
    return Labels(
        torch.cat([classes, torch.zeros(num, 1, 1), numbers], dim=1),
        torch.ones(num, 3, 1, dtype=torch.bool),
    )


def probabilities(given: Labels) -> list[Tensor]:
    first, last = (code(vocabulary) for vocabulary in VOCABULARIES)
    return [first(given.values[:, 0]), given.values[:, 1:2], last(given.values[:, 2])]


def adversary() -> Adversary:
    torch.manual_seed(0)
    return Adversary(4, VOCABULARIES, [0, 2], [16])


def test_its_loss_moves_the_heads_alone_and_leak_the_latents_alone() -> None:
    heads, given = adversary(), labels(32)
    for name, moves_heads in (("adversary", True), ("leak", False)):
        latents = torch.randn(32, 4, 1, requires_grad=True)
        heads.zero_grad()
        heads.losses(latents, probabilities(given), given.known)[name].backward()
        gradients = [parameter.grad for parameter in heads.parameters()]
        if moves_heads:
            assert latents.grad is None
            assert all(g is not None and g.abs().sum() > 0 for g in gradients)
        else:
            assert latents.grad is not None
            assert (latents.grad.abs().sum(dim=(1, 2)) > 0).all()
            assert all(gradient is None for gradient in gradients)
    assert all(parameter.requires_grad for parameter in heads.parameters())


def test_heads_stay_learnable_when_a_loss_fails() -> None:
    heads, given = adversary(), labels(4)
    with pytest.raises(RuntimeError):
        heads.losses(torch.randn(4, 3, 1), probabilities(given), given.known)
    assert all(parameter.requires_grad for parameter in heads.parameters())


@pytest.mark.parametrize("holds_label", [True, False])
def test_leak_is_what_latents_hold_of_the_labels(holds_label: bool) -> None:
    heads = adversary()
    optimizer = torch.optim.Adam(heads.parameters(), lr=1e-2)

    def step(seed: int) -> dict[str, Tensor]:
        given = labels(256, seed)
        noise = torch.randn(256, 4, 1)
        held = torch.cat([probabilities(given)[0], given.values[:, 2:]], dim=1)
        latents = held + 0.1 * noise if holds_label else noise
        return heads.losses(latents, probabilities(given), given.known)

    for seed in range(150):
        optimizer.zero_grad()
        step(seed)["adversary"].backward()
        optimizer.step()
    leak = float(step(999)["leak"].detach())
    # a class of three, log(3) nats, and a number known up to a tenth of its spread, some 2
    assert leak > 2.0 if holds_label else leak < 0.15


def test_what_is_not_known_does_not_count() -> None:
    heads, given = adversary(), labels(32)
    latents = torch.randn(32, 4, 1)
    half = given.known.clone()
    half[16:] = False
    elsewhere = Labels(given.values.clone(), half)
    elsewhere.values[16:] = 1.0
    first = heads.losses(latents[:16], [b[:16] for b in probabilities(given)], half[:16])
    counted = heads.losses(latents, probabilities(elsewhere), half)
    for name, loss in counted.items():
        assert torch.allclose(loss, first[name], atol=1e-5), name


def test_with_nothing_known_it_loses_nothing() -> None:
    heads, given = adversary(), labels(8)
    losses = heads.losses(torch.randn(8, 4, 1), probabilities(given), torch.zeros_like(given.known))
    assert {name: float(loss) for name, loss in losses.items()} == {"adversary": 0.0, "leak": 0.0}
