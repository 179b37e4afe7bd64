"""What an evaluation said, in a line, for whoever shows a run."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

FILE = Path("evaluation") / "evaluation.json"  # in a run's folder


def read_summary(folder: Path, checkpoint: Path) -> str | None:
    """The distances of the model and of PCA, if the run was evaluated with these very weights by
    the sounds it held out; None if not, or if what lies there is something else."""
    file = folder / FILE
    try:
        if file.stat().st_mtime < checkpoint.stat().st_mtime:
            return None
        facts = json.loads(file.read_text(encoding="utf-8"))
        if facts["checkpoint"] != checkpoint.stem or facts["judged_by"] != "held out":
            return None
        before = facts["before_phase"]
        said = _distances(before["model"])
        pca = [row for name, row in before.items() if name.startswith("PCA")]
        best = min(pca, key=lambda row: float(row["log_spectral_distance"]), default=None)
        return said if best is None else f"{said}; PCA: {_distances(best)}"
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _distances(row: dict[str, Any]) -> str:
    lsd, sc = (float(row[key]) for key in ("log_spectral_distance", "spectral_convergence"))
    if not math.isfinite(lsd + sc):
        raise ValueError("no distances")
    return f"LSD {lsd:.2f} dB, SC {sc:.1f} dB"
