"""Metrics, and the result of an evaluation, in one line."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vschaos.evaluation.measures import LSD, SC
from vschaos.models.base import Metric

FILE = Path("evaluation") / "evaluation.json"  # in a run's folder


def describe_metrics(values: Mapping[str, float | None], tracked: Sequence[Metric]) -> str:
    """All metrics of a model by key: the tracked ones in their own words, then the others."""
    known = {key: value for key, value in values.items() if value is not None}
    texts = [metric.text(known.pop(metric.key)) for metric in tracked if metric.key in known]
    texts += [f"{key.replace('_', ' ')} {value:.3g}" for key, value in known.items()]
    return ", ".join(texts)


def read_summary(folder: Path, checkpoint: Path) -> str | None:
    """The distances of the model and of the better PCA, or the tracked metrics of a model that
    reconstructs nothing; None if the run was not evaluated with these weights on its held-out
    files, or the file is not an evaluation."""
    file = folder / FILE
    try:
        if file.stat().st_mtime < checkpoint.stat().st_mtime:
            return None
        facts = json.loads(file.read_text(encoding="utf-8"))
        if facts["checkpoint"] != checkpoint.stem or facts["evaluated_on"] != "held out":
            return None
        if "magnitudes" not in facts:
            values = facts["metrics"]
            metrics = [Metric(**entry) for entry in facts["tracked_metrics"]]
            # some are of sounds that only some runs have
            return _text([metric for metric in metrics if metric.key in values], values) or None
        distances = [Metric(m.key, m.title, m.unit, m.digits) for m in (LSD, SC)]
        rows = facts["magnitudes"]
        pca = [row for name, row in rows.items() if name.startswith("PCA")]
        best = min(pca, key=lambda row: float(row[LSD.key]), default=None)
        model = _text(distances, rows["model"])
        return model if best is None else f"{model}; PCA: {_text(distances, best)}"
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _text(metrics: list[Metric], row: dict[str, Any]) -> str:
    values = [float(row[metric.key]) for metric in metrics]
    if not all(map(math.isfinite, values)):
        raise ValueError("a metric is not finite")
    return ", ".join(metric.text(value) for metric, value in zip(metrics, values, strict=True))
