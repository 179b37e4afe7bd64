"""Heads learn what is true of frames, and say how much they hear."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from vschaos.layers.prediction import Categorical, NoPredictor, Normal


def teach(head: Categorical | Normal, frames: Tensor, belief: Tensor, steps: int) -> float:
    """The mean surprise at the end."""
    optimizer = torch.optim.Adam(head.parameters(), lr=2e-2)
    for _ in range(steps):
        optimizer.zero_grad()
        negative_log_likelihood = head.negative_log_likelihood(frames, belief).mean()
        negative_log_likelihood.backward()
        optimizer.step()
    return float(negative_log_likelihood.detach())


def test_a_categorical_head_gives_probabilities_and_is_surprised_by_their_lack() -> None:
    torch.manual_seed(0)
    head = Categorical(3, 4, [8])
    frames, classes = torch.randn(2, 3, 5), torch.randint(4, (2, 5))
    belief = head(frames)
    assert belief.shape == (2, 4, 5)
    assert torch.allclose(belief.sum(dim=1), torch.ones(2, 5))
    truth = torch.nn.functional.one_hot(classes, 4).transpose(1, 2).float()
    expected = torch.nn.functional.cross_entropy(head.network(frames), classes, reduction="none")
    assert torch.allclose(head.negative_log_likelihood(frames, truth), expected, atol=1e-6)


def test_a_categorical_head_learns_and_then_hears_nearly_all() -> None:
    torch.manual_seed(0)
    classes = torch.arange(2).repeat(32)
    truth = torch.nn.functional.one_hot(classes, 2).T[None].float()
    frames = truth + 0.05 * torch.randn(1, 2, 64)
    head = Categorical(2, 2, [8])
    shares = truth[0].T
    assert teach(head, frames, truth, 60) < 0.05
    heard = head.information(frames, shares)
    assert heard.shape == (1, 64)
    # which of two classes: log(2) nats
    assert float(heard.detach().mean()) == pytest.approx(math.log(2), abs=0.1)


def test_a_categorical_head_that_hears_the_shares_hears_nothing() -> None:
    head = Categorical(2, 3, [])
    with torch.no_grad():
        head.network.layers[0].weight.zero_()
        head.network.layers[0].bias.copy_(torch.tensor([0.5, 0.3, 0.2]).log())
    truths = torch.eye(3)[[0] * 5 + [1] * 3 + [2] * 2]
    information = head.information(torch.randn(1, 2, 4), truths)
    assert torch.allclose(information, torch.zeros(1, 4), atol=1e-4)
    # a class that never came does not make it endless
    assert torch.isfinite(head.information(torch.randn(1, 2, 4), torch.eye(3)[[0, 0]])).all()


def test_a_normal_head_is_surprised_as_a_normal_distribution_is() -> None:
    torch.manual_seed(0)
    head = Normal(3, [8])
    frames, truth = torch.randn(2, 3, 5), torch.randn(2, 1, 5)
    mean, log_variance = head.distribution(frames)
    assert head(frames).shape == mean.shape == log_variance.shape == (2, 1, 5)
    assert torch.equal(head(frames), mean)
    density = torch.distributions.Normal(mean, torch.exp(0.5 * log_variance)).log_prob(truth)
    assert torch.allclose(head.negative_log_likelihood(frames, truth), -density[:, 0], atol=1e-5)


def test_a_normal_head_learns_the_number_and_how_sure_it_is() -> None:
    torch.manual_seed(0)
    frames = torch.randn(1, 2, 512)
    truth = frames[:, :1] + 0.1 * torch.randn(1, 1, 512)
    head = Normal(2, [])
    teach(head, frames, truth, 300)
    mean, log_variance = (part.detach() for part in head.distribution(frames))
    assert float((mean - frames[:, :1]).square().mean().sqrt()) < 0.1
    assert float((0.5 * log_variance).exp().mean()) == pytest.approx(0.1, rel=0.5)
    # of a number that varies by 1, known up to 0.1: log(10) nats
    information = head.information(frames, truth[0].T).mean()
    assert float(information.detach()) == pytest.approx(math.log(10), abs=0.5)


def test_a_normal_head_that_hears_the_spread_of_all_hears_nothing() -> None:
    head = Normal(2, [])
    truths = 3.0 + 0.5 * torch.randn(10_000, 1)
    with torch.no_grad():
        head.network.layers[0].weight.zero_()
        head.network.layers[0].bias.copy_(torch.tensor([3.0, 2 * math.log(0.5)]))
    information = head.information(torch.randn(1, 2, 4), truths).detach()
    assert torch.allclose(information, torch.zeros(1, 4), atol=0.01)
    for constant in (torch.zeros(1, 1), torch.full((5, 1), 2.0)):  # a batch of one value
        assert torch.isfinite(head.information(torch.randn(1, 2, 4), constant)).all()


@pytest.mark.parametrize(
    ("head", "rows"),
    [(Categorical(3, 4, [8], 0.5), 4), (Normal(3, [8], 0.5), 1), (NoPredictor(), 0)],
)
def test_heads_script(head: torch.nn.Module, rows: int) -> None:
    frames = torch.randn(2, 3, 5)
    heard = torch.jit.script(head.eval())(frames)
    assert heard.shape == (2, rows, 5)
    assert torch.allclose(heard, head(frames))
