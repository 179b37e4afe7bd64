"""Confusion matrices of the labels that a model predicts."""

from __future__ import annotations

from typing import Any

import numpy as np

from vschaos.evaluation.prediction import confusion
from vschaos.generation.material import Clip, Material, spread
from vschaos.models.capabilities import Labelled
from vschaos.runs import Run

FILES, SECONDS = 32, 10.0  # as many as in monitoring


def confusion_matrices(run: Run, model: Labelled, material: Material) -> list[dict[str, Any]]:
    """The confusion matrix of each predicted label, on held-out sounds (on training sounds if none
    were held out)."""
    if not model.predicted_tasks:
        return []
    side = material.side_to_show
    found = [material.clip(name, SECONDS, side) for name in spread(material.names(side), FILES)]
    clips = [clip for clip in found if clip is not None]
    predictions = [run.predict(clip.audio) for clip in clips]
    matrices = []
    for task in model.predicted_tasks:
        true, predicted = _known_frames(task, material, clips, predictions)
        if len(true):
            matrices.append({"task": task, **confusion(run.vocabularies[task], true, predicted)})
    return matrices


def _known_frames(
    task: str, material: Material, clips: list[Clip], predictions: list[dict[str, np.ndarray]]
) -> tuple[np.ndarray, np.ndarray]:
    """Values of all frames whose label is known, and their predictions."""
    true, predicted = [np.zeros(0)], [np.zeros(0)]
    for clip, values in zip(clips, predictions, strict=True):
        row = material.labels(clip).get(task)
        if row is not None:
            known = ~np.isnan(row)
            true.append(row[known])
            predicted.append(values[task][known])
    return np.concatenate(true), np.concatenate(predicted)
