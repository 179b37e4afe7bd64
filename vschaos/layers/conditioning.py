"""Conditioning: labels as features beside the input of a network.

A label is given as probabilities `[B, K, N]`: of K classes, one-hot where the class is known, or a
standardized number (K = 1). Predicted and given labels are thus treated alike.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from vschaos.labels import Vocabulary


class ClassCode(nn.Module):
    """Class numbers <-> one-hot vectors.

    Args:
        num_classes: K.
    """

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.width = num_classes

    def forward(self, values: Tensor) -> Tensor:
        """`[B, N]`, rounded and clamped to 0 ... K - 1 -> `[B, K, N]`."""
        classes = torch.nan_to_num(values).round().clamp(0, self.width - 1).long()
        return nn.functional.one_hot(classes, self.width).transpose(1, 2).to(values.dtype)

    @torch.jit.unused
    def spread(self, shares: Tensor) -> Tensor:
        """0 ... 1 -> the first ... the last class."""
        return (shares * self.width).floor().clamp_max(self.width - 1)

    def value(self, probabilities: Tensor) -> Tensor:
        """`[B, K, N]` -> number of the most probable class `[B, N]`."""
        return probabilities.argmax(dim=1).to(probabilities.dtype)


class NumberCode(nn.Module):
    """Numbers <-> standardized numbers, clamped to the range of the dataset.

    Args:
        low, high, mean, deviation: of the numbers in the dataset.
    """

    def __init__(self, low: float, high: float, mean: float, deviation: float) -> None:
        super().__init__()
        self.width = 1
        self.low = low
        self.high = high
        self.mean = mean
        self.deviation = deviation

    def forward(self, values: Tensor) -> Tensor:
        """`[B, N]` -> `[B, 1, N]`."""
        held = torch.nan_to_num(values, self.mean).clamp(self.low, self.high)
        return ((held - self.mean) / self.deviation).unsqueeze(1)

    @torch.jit.unused
    def spread(self, shares: Tensor) -> Tensor:
        """0 ... 1 -> the lowest ... the highest number."""
        return self.low + shares * (self.high - self.low)

    def value(self, probabilities: Tensor) -> Tensor:
        """`[B, 1, N]` -> `[B, N]`."""
        return (probabilities[:, 0] * self.deviation + self.mean).clamp(self.low, self.high)


def code(vocabulary: Vocabulary) -> ClassCode | NumberCode:
    """The code for the values of a vocabulary."""
    if vocabulary.is_class:
        return ClassCode(len(vocabulary.classes))
    return NumberCode(vocabulary.low, vocabulary.high, vocabulary.mean, vocabulary.deviation)


class OneHot(nn.Module):
    """Probabilities as features; a learned vector where the label is unknown.

    Args:
        num_classes: K.
        index: of the label among the tasks.
    """

    def __init__(self, num_classes: int, index: int = 0) -> None:
        super().__init__()
        self.index = index
        self.num_features = num_classes
        self.unknown = nn.Parameter(torch.full((num_classes, 1), 1.0 / num_classes))

    def forward(self, probabilities: Tensor, known: Tensor) -> Tensor:
        """`[B, K, N]` and `[B, N]` -> `[B, K, N]`."""
        return torch.where(known.unsqueeze(1), probabilities, self.unknown)


class Embedding(nn.Module):
    """A learned vector for each class, weighted by probability, and one for unknown labels.

    Args:
        num_classes: K.
        index: of the label among the tasks.
        width: W, features of a vector.
    """

    def __init__(self, num_classes: int, index: int = 0, width: int = 16) -> None:
        super().__init__()
        self.index = index
        self.num_features = width
        self.table = nn.Parameter(torch.randn(width, num_classes))
        self.unknown = nn.Parameter(torch.randn(width, 1))

    def forward(self, probabilities: Tensor, known: Tensor) -> Tensor:
        """`[B, K, N]` and `[B, N]` -> `[B, W, N]`."""
        return torch.where(known.unsqueeze(1), self.table @ probabilities, self.unknown)


class Plain(nn.Module):
    """A standardized number, and a flag if it is unknown; the number is then 0, the mean.

    Args:
        index: of the label among the tasks.
    """

    def __init__(self, index: int = 0) -> None:
        super().__init__()
        self.index = index
        self.num_features = 2

    def forward(self, probabilities: Tensor, known: Tensor) -> Tensor:
        """`[B, 1, N]` and `[B, N]` -> `[B, 2, N]`."""
        shown = known.unsqueeze(1).to(probabilities.dtype)
        return torch.cat([probabilities * shown, 1.0 - shown], dim=1)


class Conditioning(nn.Module):
    """Features of all labels that condition a network, concatenated to its input.

    Args:
        embeddings: of the labels, in their order.

    Attributes:
        tasks: numbers of these labels among all.
    """

    tasks: list[int]

    def __init__(self, embeddings: Sequence[OneHot | Embedding | Plain]) -> None:
        super().__init__()
        self.embeddings = nn.ModuleList(embeddings)
        self.num_features = sum(embedding.num_features for embedding in embeddings)
        self.tasks = [embedding.index for embedding in embeddings]

    def forward(self, frames: Tensor, probabilities: list[Tensor], known: Tensor) -> Tensor:
        """Frames `[B, F, N]`, probabilities `[B, K, N]` for each of the L tasks, and `known`
        `[B, L, N]` -> `[B, F + num_features, N]`."""
        if not self.tasks:
            return frames
        features = [frames]
        for row, embedding in enumerate(self.embeddings):
            task = self.tasks[row]
            features.append(embedding(probabilities[task], known[:, task]))
        return torch.cat(features, dim=1)
