"""What the predictors of a model hear, and what they take it for."""

from __future__ import annotations

from typing import Any

import numpy as np

from vschaos.evaluation.prediction import confusion
from vschaos.generation.material import Clip, Material, spread
from vschaos.runs import Run

FILES, SECONDS = 32, 10.0  # as many as are looked at in training


def judge_predictors(run: Run, material: Material) -> list[dict[str, Any]]:
    """For each label that the model hears, how often frames of each value were heard as each, on
    held-out sounds (on sounds that were learnt if none were held out)."""
    side = material.side_to_show
    names = spread(material.names(side), FILES)
    found = (
        [material.clip(name, SECONDS, side) for name in names] if run.model.predicted_tasks else []
    )
    clips = [clip for clip in found if clip is not None]
    heard = [run.predict(clip.audio) for clip in clips]
    matrices = []
    for task in run.model.predicted_tasks:
        true, taken = _compared(task, material, clips, heard)
        if len(true):
            matrices.append({"task": task, **confusion(run.vocabularies[task], true, taken)})
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
