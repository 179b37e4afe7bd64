"""The dataset of a run."""

from __future__ import annotations

from typing import Any

from vschaos.data.check.coverage import Coverage, measure_coverage
from vschaos.evaluation.rendered import is_rendered
from vschaos.generation.inputs import part_of
from vschaos.generation.material import Material
from vschaos.runs import Run


def summarise(run: Run, material: Material) -> dict[str, Any]:
    """Files, parts of files and seconds of the two sides of the split, and the coverage of
    labels."""
    is_of_files = not is_rendered(run)
    names = {
        side: run.split[side] if is_of_files else material.names(side)
        for side in ("train", "held_out")
    }
    sides = {
        side: {
            "files": sum(part_of(run, side, name) is None for name in names[side]),
            "parts": sum(part_of(run, side, name) is not None for name in names[side]),
            "seconds": round(
                sum(material.seconds_of(name, side) for name in material.names(side)), 1
            ),
        }
        for side in names
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
    use = [
        word
        for word, tasks in (
            ("conditioning", run.conditioning_tasks),
            ("prediction", run.predicted_tasks),
        )
        if name in tasks
    ]
    return {
        "name": name,
        "use": use,
        "files": coverage.num_sounds,
        "share": round(coverage.seconds / total, 4) if total else 0.0,
        "classes": _classes(coverage),
        "unseen": run.vocabularies[name].unseen_names if name in run.vocabularies else [],
        "is_class": coverage.is_class,
        "low": coverage.low,
        "high": coverage.high,
        "mean": coverage.mean,
    }


def _classes(coverage: Coverage) -> list[list[Any]]:
    """Seconds by class; a class without sounds is shown if it has a name of its own."""
    return [
        [name, round(seconds, 2)]
        for name, seconds in coverage.seconds_of_classes
        if seconds or name in coverage.unused_classes
    ]
