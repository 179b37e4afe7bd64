"""Curves of losses and metrics, from the logs of a training."""

from __future__ import annotations

import math
from collections.abc import Sequence
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


def _read_part(file: Path) -> Logs:
    """The contents of one event file."""
    from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

    curves: dict[str, Points] = {}
    newest: dict[str, tuple[int, float]] = {}
    times = [0.0]
    for event in LegacyEventFileLoader(str(file)).Load():
        for value in event.summary.value:
            if not value.HasField("simple_value"):
                continue
            times.append(event.wall_time)
            tag, number = value.tag, value.simple_value
            if not tag.startswith(SHOWN) or not math.isfinite(number):
                continue
            # a logger may repeat a value at each step until the next measurement
            if newest.get(tag) != (event.step - 1, number):
                curves.setdefault(tag, {})[event.step] = number
            newest[tag] = (event.step, number)
    began = min(times[1:], default=0.0)
    return Logs(curves, max(times) - began, began)


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
