"""How well labels are heard, and what they are taken for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from vschaos.evaluation.excerpts import Excerpt, beside_labels, is_audible
from vschaos.labels import Vocabulary
from vschaos.models.base import Model

BINS = 10  # of a label that is a number


class PredictionScore(NamedTuple):
    """How well a label is heard in frames of which it is known.

    Attributes:
        score: share of the frames whose class is right, or mean of the absolute errors.
        trivial: the same for whoever always says `always`: the commonest class, or the median.
        is_error: lower scores are better.
    """

    score: float
    trivial: float
    always: str
    is_error: bool

    @property
    def is_trivial(self) -> bool:
        """If it is not better than that by a fiftieth."""
        if self.is_error:
            return self.score > 0.98 * self.trivial
        return self.score < self.trivial + 0.02


def predicted_frames(
    model: Model, excerpts: Sequence[Excerpt], task: str
) -> tuple[np.ndarray, np.ndarray]:
    """Values `[M]` of all frames of which a label is known, and what the model hears there; silent
    frames do not count."""
    row, head = list(model.vocabularies).index(task), model.predicted_tasks.index(task)
    true, said = [np.zeros(0)], [np.zeros(0)]
    for excerpt in excerpts:
        transform = model.representation().transform.to(excerpt.audio.device)
        loud = is_audible(transform(excerpt.audio).abs())[0]
        counts = excerpt.labels.known[0, row] & beside_labels(loud, excerpt)
        said.append(model.predict(excerpt.audio)[0, head][counts].cpu().numpy())
        true.append(excerpt.labels.values[0, row][counts].cpu().numpy())
    return np.concatenate(true), np.concatenate(said)


def prediction_score(
    vocabulary: Vocabulary, true: np.ndarray, said: np.ndarray
) -> PredictionScore | None:
    """Values of frames `[M]` and what was heard there; None if one value at most occurs."""
    if len(np.unique(true)) < 2:
        return None
    if not vocabulary.is_class:
        # of two in the middle the lower one, which is a value that occurs
        middle = float(np.sort(true)[(len(true) - 1) // 2])
        error, trivial = (float(np.abs(true - other).mean()) for other in (said, middle))
        return PredictionScore(error, trivial, f"{middle:.3g}", is_error=True)
    values, counts = np.unique(true, return_counts=True)
    commonest = int(values[counts.argmax()])
    right = float((true == said.round()).mean())
    always = vocabulary.classes[commonest]
    return PredictionScore(right, float((true == commonest).mean()), always, is_error=False)


def confusion(vocabulary: Vocabulary, true: np.ndarray, said: np.ndarray) -> dict[str, Any]:
    """How often frames `[M]` of each value were heard as each: `counts` of the true ones (rows)
    and those heard (columns) in the order of `names`, and `accuracy` or, for numbers, `error`."""
    if vocabulary.is_class:
        names, size = list(vocabulary.classes), len(vocabulary.classes)
        rows, columns = true.astype(int), said.round().astype(int)
        judged = {"accuracy": round(float((rows == columns).mean()), 4)}
    else:
        edges = np.linspace(vocabulary.low, vocabulary.high, BINS + 1)
        names, size = [f"{edge:.3g}" for edge in (edges[:-1] + edges[1:]) / 2], BINS
        rows, columns = (np.digitize(values, edges[1:-1]) for values in (true, said))
        judged = {"error": float(f"{np.abs(true - said).mean():.4g}")}
    columns = columns.clip(0, size - 1)
    counts = np.zeros((size, size), dtype=int)
    np.add.at(counts, (rows, columns), 1)
    # classes that are neither there nor heard would only take space
    kept = np.flatnonzero(counts.sum(axis=0) + counts.sum(axis=1))
    return {
        "names": [names[index] for index in kept],
        "counts": counts[np.ix_(kept, kept)].tolist(),
        "is_class": vocabulary.is_class,
        **judged,
    }
