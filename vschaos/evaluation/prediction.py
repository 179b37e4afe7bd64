"""Prediction of labels: scores against a trivial predictor, confusion matrices, and LSD under
predicted labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from vschaos.evaluation.excerpts import Excerpt, infer_labels
from vschaos.evaluation.measures import LSD, compare_magnitudes
from vschaos.evaluation.spectra import (
    is_audible,
    magnitudes_of,
    nearest_frames,
    reconstruct_magnitudes,
)
from vschaos.labels import Labels, Vocabulary
from vschaos.models.capabilities import Autoencoder, Labelled

BINS = 10  # of a label that is a number


class PredictionScore(NamedTuple):
    """The score of a predictor on frames whose label is known.

    Attributes:
        score: share of the frames with the right class, or mean absolute error.
        trivial: the same for the constant prediction `always`: the commonest class, or the median.
        is_error: lower scores are better.
    """

    score: float
    trivial: float
    always: str
    is_error: bool

    @property
    def is_trivial(self) -> bool:
        """Whether it is not better than the constant by 2 %."""
        if self.is_error:
            return self.score > 0.98 * self.trivial
        return self.score < self.trivial + 0.02


def predicted_frames(
    model: Labelled, excerpts: Sequence[Excerpt], task: str
) -> tuple[np.ndarray, np.ndarray]:
    """Values `[M]` of all audible frames whose label is known, and the model's predictions."""
    row, head = list(model.vocabularies).index(task), model.predicted_tasks.index(task)
    true, predicted = [np.zeros(0)], [np.zeros(0)]
    for excerpt in excerpts:
        known = excerpt.labels.known[0, row]
        audible = is_audible(magnitudes_of(model, excerpt.audio))[0]
        counts = known & nearest_frames(audible, len(known))
        predicted.append(model.predict(excerpt.audio)[0, head][counts].cpu().numpy())
        true.append(excerpt.labels.values[0, row][counts].cpu().numpy())
    return np.concatenate(true), np.concatenate(predicted)


def prediction_score(
    vocabulary: Vocabulary, true: np.ndarray, predicted: np.ndarray
) -> PredictionScore | None:
    """The score of predictions `[M]`; None if at most one value occurs."""
    if len(np.unique(true)) < 2:
        return None
    if not vocabulary.is_class:
        median = float(np.quantile(true, 0.5, method="lower"))  # a value that occurs
        error, trivial = (float(np.abs(true - other).mean()) for other in (predicted, median))
        return PredictionScore(error, trivial, f"{median:.3g}", is_error=True)
    commonest = np.bincount(true.astype(int)).argmax()
    accuracy, trivial = (float((true == other).mean()) for other in (predicted.round(), commonest))
    return PredictionScore(accuracy, trivial, vocabulary.classes[commonest], is_error=False)


def confusion(vocabulary: Vocabulary, true: np.ndarray, predicted: np.ndarray) -> dict[str, Any]:
    """The confusion matrix of frames `[M]`: `counts` by true (rows) and predicted value (columns),
    in the order of `names`, and `accuracy` or, for numbers, the mean absolute `error`."""
    if vocabulary.is_class:
        names, size = list(vocabulary.classes), len(vocabulary.classes)
        rows, columns = true.astype(int), predicted.round().astype(int)
        score = {"accuracy": round(float((rows == columns).mean()), 4)}
    else:
        edges = np.linspace(vocabulary.low, vocabulary.high, BINS + 1)
        names, size = [f"{edge:.3g}" for edge in (edges[:-1] + edges[1:]) / 2], BINS
        rows, columns = (np.digitize(values, edges[1:-1]) for values in (true, predicted))
        score = {"error": float(f"{np.abs(true - predicted).mean():.4g}")}
    columns = columns.clip(0, size - 1)
    counts = np.zeros((size, size), dtype=int)
    np.add.at(counts, (rows, columns), 1)
    # classes that neither occur nor are predicted would only take space
    shown = np.flatnonzero(counts.sum(axis=0) + counts.sum(axis=1))
    return {
        "names": [names[index] for index in shown],
        "counts": counts[np.ix_(shown, shown)].tolist(),
        "is_class": vocabulary.is_class,
        **score,
    }


def confusions(model: Labelled, excerpts: Sequence[Excerpt]) -> dict[str, Any]:
    """The confusion matrix of each predicted label that is known in some frames."""
    matrices = {}
    for task in model.predicted_tasks:
        true, predicted = predicted_frames(model, excerpts, task)
        if len(true):
            matrices[task] = confusion(model.vocabularies[task], true, predicted)
    return matrices


def lsd_by_labels(model: Autoencoder, excerpts: Sequence[Excerpt]) -> dict[str, float]:
    """Log-spectral distance of reconstructions conditioned on the `true` and on the `predicted`
    labels."""
    distances: dict[str, list[float]] = {"true": [], "predicted": []}
    frames = []
    for excerpt in excerpts:
        unknown = Labels(excerpt.labels.values, torch.zeros_like(excerpt.labels.known))
        target = magnitudes_of(model, excerpt.audio)
        for kind, labels in (("true", excerpt.labels), ("predicted", unknown)):
            given = infer_labels(model, excerpt._replace(labels=labels))
            output = reconstruct_magnitudes(model, excerpt.audio, given)
            measured = compare_magnitudes(output, target, excerpt.band)
            distances[kind].append(measured[LSD.key] or 0.0)
        frames.append(int(is_audible(target).sum()))
    return {kind: float(np.average(rows, weights=frames)) for kind, rows in distances.items()}
