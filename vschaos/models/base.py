"""The contract of every model family; optional parts are in `capabilities`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import NamedTuple

from torch import Tensor, nn

from vschaos.batch import Batch
from vschaos.instrument.stream import Stream
from vschaos.labels import Vocabulary


class Metric(NamedTuple):
    """A measure of how good a model is.

    Attributes:
        key: in `Model.metrics`, and in the logs after `val/`.
        label: short, for the progress line and for tables.
        unit: or empty.
        digits: after the point.
        lower_is_better: the direction of improvement.
    """

    key: str
    label: str
    unit: str = ""
    digits: int = 2
    lower_is_better: bool = True

    def text(self, value: float) -> str:
        """`LSD 3.71 dB`."""
        return f"{self.label} {value:.{self.digits}f}{' ' if self.unit else ''}{self.unit}"


class Model(nn.Module, ABC):
    """A neural instrument that learns from sounds.

    Attributes:
        sample_rate: Hz.
        hop_length: samples from one frame of labels and controls to the next.
        excerpt_length: samples in an example for training.
        excerpt_centres: samples at which the labels of its frames are read.
        vocabularies: of the L labels of the model, in the order of its `Labels`.
        tracked_metrics: shown during training; the first one selects the best weights.
        sounds_after: steps after which it learns from sounds beside its examples; never if None.
    """

    sample_rate: int
    hop_length: int
    excerpt_length: int
    excerpt_centres: list[int]
    vocabularies: Mapping[str, Vocabulary]
    tracked_metrics: tuple[Metric, ...]
    sounds_after: int | None = None

    @abstractmethod
    def fit(self, batch: Batch, is_usual: Tensor | None = None) -> None:
        """Computes statistics (levels, means) of examples before training.

        Args:
            is_usual: `[B]`, false for outliers, examples far louder than the others, which should
                not change the statistics.
        """

    @abstractmethod
    def centres(self, length: int) -> Tensor:
        """The samples `[N]` at which the labels of a sound of `length` samples are read."""

    @abstractmethod
    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Examples -> named scalar terms of the loss, unweighted: of sound, of spectra, of
        latents, of labels, of parameters."""

    @abstractmethod
    def metrics(self, batch: Batch) -> dict[str, Tensor]:
        """One whole validation sound `[1, T]` -> named scalars, with those of
        `tracked_metrics`."""

    @abstractmethod
    def stream(self, max_delay: int | None = None) -> Stream:
        """The model on a stream.

        Args:
            max_delay: longest latency in samples, at a cost in quality; the model's own if not
                given.

        Raises:
            ValueError: it has no such latency.
        """
