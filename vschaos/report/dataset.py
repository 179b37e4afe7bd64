"""The dataset of a run."""

from __future__ import annotations

from typing import Any

from vschaos.data.check.coverage import measure_coverage
from vschaos.evaluation.rendered import is_rendered
from vschaos.generation.inputs import part_of
from vschaos.generation.material import Material
from vschaos.runs import Run


def summarise(run: Run, material: Material) -> dict[str, Any]:
    """Files, parts of files and seconds of the two sides of the split, and the coverage of
    labels."""
    is_of_files = not is_rendered(run)
    sides = {}
    for side in ("train", "held_out"):
        there = material.names(side)
        names = run.split[side] if is_of_files else there
        parts = sum(part_of(run, side, name) is not None for name in names)
        seconds = sum(material.seconds_of(name, side) for name in there)
        sides[side] = {
            "files": len(names) - parts,
            "parts": parts,
            "seconds": round(seconds, 1),
        }
    store = material.store
    return {
        "root": str(material.root) if is_of_files else "",
        "is_there": not is_of_files or material.root.is_dir(),
        "origin": material.origin,
        "sides": sides,
        "skipped": [list(entry) for entry in store.skipped] if store else [],
        "labels": [_coverage(run, material, name) for name in material.tasks],
    }


def _coverage(run: Run, material: Material, name: str) -> dict[str, Any]:
    is_float = not material.tasks[name].vocabulary.is_class
    coverage = measure_coverage(material.root, name, material.seconds, is_float)
    total = sum(material.seconds.values())
    uses = {"conditioning": run.conditioning_tasks, "prediction": run.predicted_tasks}
    return {
        "name": name,
        "use": [use for use, tasks in uses.items() if name in tasks],
        "files": coverage.num_sounds,
        "share": round(coverage.seconds / total, 4) if total else 0.0,
        # a class without sounds is shown if it has a name of its own
        "classes": [
            [class_name, round(seconds, 2)]
            for class_name, seconds in coverage.seconds_of_classes
            if seconds or class_name in coverage.unused_classes
        ],
        "unseen": run.vocabularies[name].unseen_names if name in run.vocabularies else [],
        "is_class": coverage.is_class,
        "low": coverage.low,
        "high": coverage.high,
        "mean": coverage.mean,
    }
