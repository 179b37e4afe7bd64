"""What the predictors of a model hear, and what they take it for."""

from __future__ import annotations

from typing import Any

import numpy as np

from vschaos.labels import Vocabulary
from vschaos.report.material import Clip, Material, spread
from vschaos.runs import Run

FILES, SECONDS = 32, 10.0  # as many as are looked at in training
BINS = 10  # of a label that is a number


def judge_predictors(run: Run, material: Material) -> list[dict[str, Any]]:
    """For each label that the model hears, how often frames of each value were heard as each, on
    held-out sounds (on sounds that were learnt if none were held out)."""
    names = spread(material.names("held_out") or material.names("train"), FILES)
    found = [material.clip(name, SECONDS) for name in names] if run.model.heard else []
    clips = [clip for clip in found if clip is not None]
    heard = [run.predict(clip.audio) for clip in clips]
    matrices = []
    for task in run.model.heard:
        true, taken = _compared(task, material, clips, heard)
        if len(true):
            matrices.append({"task": task, **_count(run.vocabularies[task], true, taken)})
    return matrices


def _compared(
    task: str, material: Material, clips: list[Clip], heard: list[dict[str, np.ndarray]]
) -> tuple[np.ndarray, np.ndarray]:
    """Values of all frames whose label is known, and what was heard there."""
    true, taken = [np.zeros(0)], [np.zeros(0)]
    for clip, values in zip(clips, heard, strict=True):
        row = material.labels(clip).get(task)
        if row is not None:
            known = ~np.isnan(row)
            true.append(row[known])
            taken.append(values[task][known])
    return np.concatenate(true), np.concatenate(taken)


def _count(vocabulary: Vocabulary, true: np.ndarray, taken: np.ndarray) -> dict[str, Any]:
    if vocabulary.is_class:
        names, size = list(vocabulary.classes), len(vocabulary.classes)
        rows, columns = true.astype(int), taken.round().astype(int)
        judged = {"accuracy": round(float((rows == columns).mean()), 4)}
    else:
        edges = np.linspace(vocabulary.low, vocabulary.high, BINS + 1)
        names, size = [f"{edge:.3g}" for edge in (edges[:-1] + edges[1:]) / 2], BINS
        rows, columns = (np.digitize(values, edges[1:-1]) for values in (true, taken))
        judged = {"error": float(f"{np.abs(true - taken).mean():.4g}")}
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
