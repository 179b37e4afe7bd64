"""Curves of losses and metrics, from the logs of a training."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from vschaos.models.base import Metric

MAX_POINTS = 400  # of a curve
VALIDATION = "val/"
SHOWN = ("train/", VALIDATION)
Points = dict[int, float]  # by step


class Logs(NamedTuple):
    """The contents of the event files of a run.

    Attributes:
        curves: by tag (`train/kl`), values by step.
        seconds: of training.
        began: start, in seconds since 1970; 0 if unknown.
    """

    curves: dict[str, Points]
    seconds: float
    began: float


def read_logs(folder: Path) -> Logs:
    """The curves of a training, across all its parts if it was resumed.

    A part begins at the last checkpoint of the one before, whose later steps are dropped.
    """
    curves: dict[str, Points] = {}
    parts = [part for part in map(_read_part, folder.glob("events.*")) if part.curves]
    for part in sorted(parts, key=lambda part: part.began):
        start = min(min(points) for points in part.curves.values())
        for tag, points in curves.items():
            curves[tag] = {step: value for step, value in points.items() if step < start}
        for tag, points in part.curves.items():
            curves.setdefault(tag, {}).update(points)
    seconds = sum(part.seconds for part in parts)
    began = min((part.began for part in parts), default=0.0)
    return Logs({tag: points for tag, points in curves.items() if points}, seconds, began)


def draw_curves(logs: Logs, tracked: Sequence[Metric] = ()) -> list[dict[str, Any]]:
    """The curves of a page: tracked metrics first, other metrics, then losses, the total first."""
    units = {f"{VALIDATION}{metric.key}": metric for metric in tracked}
    first = [*units, "train/total"]

    def order(tag: str) -> tuple[bool, int, str]:
        rank = first.index(tag) if tag in first else len(first)
        return not tag.startswith(VALIDATION), rank, tag

    return [
        {
            "group": tag.partition("/")[0],
            "name": units[tag].label if tag in units else tag.partition("/")[2],
            "unit": units[tag].unit if tag in units else "",
            **_thinned(logs.curves[tag]),
        }
        for tag in sorted(logs.curves, key=order)
    ]


class _Part(NamedTuple):
    """One event file; times in seconds."""

    curves: dict[str, Points]
    began: float
    seconds: float


def _read_part(file: Path) -> _Part:
    curves: dict[str, Points] = {}
    newest: dict[str, tuple[int, float]] = {}
    times: list[float] = []
    for time, step, tag, value in _scalars(file):
        times.append(time)
        if not tag.startswith(SHOWN) or not math.isfinite(value):
            continue
        # a logger may repeat a value at each step until the next measurement
        if newest.get(tag) != (step - 1, value):
            curves.setdefault(tag, {})[step] = value
        newest[tag] = (step, value)
    return _Part(curves, min(times, default=0.0), max(times, default=0.0) - min(times, default=0.0))


def _scalars(file: Path) -> Iterator[tuple[float, int, str, float]]:
    """Time in seconds, step, tag and value of each number in an event file."""
    from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

    for event in LegacyEventFileLoader(str(file)).Load():
        for value in event.summary.value:
            if value.HasField("simple_value"):
                yield event.wall_time, event.step, value.tag, value.simple_value


def _thinned(points: Points) -> dict[str, list[float]]:
    """At most `MAX_POINTS` means of neighbouring points, each at its last step."""
    steps = sorted(points)
    size = math.ceil(len(steps) / MAX_POINTS)
    groups = [steps[start : start + size] for start in range(0, len(steps), size)]
    means = [sum(points[step] for step in group) / len(group) for group in groups]
    return {
        "steps": [group[-1] for group in groups],
        "values": [float(f"{mean:.5g}") for mean in means],
    }
