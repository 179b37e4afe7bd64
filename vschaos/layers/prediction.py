"""Predictors of labels from frames."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from vschaos.labels import Vocabulary
from vschaos.layers.perceptron import Perceptron

CANDIDATES = 16  # values that stand for an unknown number


class Categorical(nn.Module):
    """Probabilities of K classes.

    Args:
        in_dim: F, features of a frame.
        num_classes: K.
        hidden_dims: widths of the hidden layers.
        dropout: share of hidden units left out in training, 0 to 1.
    """

    def __init__(
        self, in_dim: int, num_classes: int, hidden_dims: list[int], dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.num_classes = num_classes
        self.network = Perceptron(in_dim, num_classes, hidden_dims, dropout)

    def forward(self, frames: Tensor) -> Tensor:
        """`[B, F, N]` -> probabilities `[B, K, N]`."""
        return torch.softmax(self.network(frames), dim=1)

    @torch.jit.unused
    def negative_log_likelihood(self, frames: Tensor, truth: Tensor) -> Tensor:
        """Frames `[B, F, N]` and true labels `[B, K, N]` -> nats `[B, N]`."""
        return -(truth * torch.log_softmax(self.network(frames), dim=1)).sum(dim=1)

    @torch.jit.unused
    def baselines(self) -> Tensor:
        """All K classes, one-hot, `[K, K]`."""
        return torch.eye(self.num_classes)

    @torch.jit.unused
    def log_shares(self, frames: Tensor) -> Tensor:
        """`[B, F, N]` -> log-probabilities of the candidates `[B, K, N]`."""
        return torch.log_softmax(self.network(frames), dim=1)

    @torch.jit.unused
    def information(self, frames: Tensor, truths: Tensor) -> Tensor:
        """Divergence of predictions for frames `[B, F, N]` from the shares of the classes in
        `truths` `[M, K]`, in nats `[B, N]`: 0 if the frames are uninformative."""
        log_predicted = torch.log_softmax(self.network(frames), dim=1)
        log_share = (truths.mean(dim=0) + 1e-6).log().unsqueeze(1)
        return (log_predicted.exp() * (log_predicted - log_share)).sum(dim=1)


class Normal(nn.Module):
    """Mean and variance of a number, standardized by the dataset.

    Args:
        in_dim: F, features of a frame.
        hidden_dims: widths of the hidden layers.
        dropout: share of hidden units left out in training, 0 to 1.
    """

    def __init__(self, in_dim: int, hidden_dims: list[int], dropout: float = 0.0) -> None:
        super().__init__()
        self.network = Perceptron(in_dim, 2, hidden_dims, dropout)

    def forward(self, frames: Tensor) -> Tensor:
        """`[B, F, N]` -> the mean `[B, 1, N]`."""
        return self.network(frames)[:, :1]

    @torch.jit.unused
    def distribution(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """`[B, F, N]` -> mean and log-variance, `[B, 1, N]` each."""
        mean, log_variance = self.network(frames).chunk(2, dim=1)
        return mean, log_variance.clamp(-8.0, 4.0)

    @torch.jit.unused
    def negative_log_likelihood(self, frames: Tensor, truth: Tensor) -> Tensor:
        """Frames `[B, F, N]` and the true number `[B, 1, N]` -> nats `[B, N]`."""
        mean, log_variance = self.distribution(frames)
        squared = (truth - mean).square() * torch.exp(-log_variance)
        return 0.5 * (squared + log_variance + math.log(2 * math.pi))[:, 0]

    @torch.jit.unused
    def baselines(self) -> Tensor:
        """Standardized numbers that represent all, `[K, 1]`."""
        return torch.linspace(-2.0, 2.0, CANDIDATES).unsqueeze(1)

    @torch.jit.unused
    def log_shares(self, frames: Tensor) -> Tensor:
        """`[B, F, N]` -> log-probabilities of the candidates, among themselves, `[B, K, N]`."""
        mean, log_variance = self.distribution(frames)
        offset = self.baselines().to(frames) - mean  # [B, K, N]
        return torch.log_softmax(-0.5 * offset.square() * torch.exp(-log_variance), dim=1)

    @torch.jit.unused
    def information(self, frames: Tensor, truths: Tensor) -> Tensor:
        """Divergence of predictions for frames `[B, F, N]` from the normal distribution of
        `truths` `[M, 1]`, in nats `[B, N]`: 0 if the frames are uninformative."""
        mean, log_variance = self.distribution(frames)
        share = truths.var(unbiased=False) + 1e-6
        squared = (mean - truths.mean()).square() / share
        ratio = log_variance.exp() / share
        return 0.5 * (squared + ratio - 1.0 - ratio.log())[:, 0]


class NoPredictor(nn.Module):
    """In place of a predictor for tasks that have none."""

    def forward(self, frames: Tensor) -> Tensor:
        """`[B, F, N]` -> `[B, 0, N]`."""
        return frames[:, :0]


def make_head(
    in_dim: int, vocabulary: Vocabulary, hidden_dims: list[int], dropout: float = 0.0
) -> Categorical | Normal:
    """The predictor for labels of a vocabulary."""
    if vocabulary.is_class:
        return Categorical(in_dim, len(vocabulary.classes), hidden_dims, dropout)
    return Normal(in_dim, hidden_dims, dropout)


@contextmanager
def frozen(module: nn.Module) -> Iterator[None]:
    """Parameters get no gradient within the context."""
    for parameter in module.parameters():
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in module.parameters():
            parameter.requires_grad_(True)
