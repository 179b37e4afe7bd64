"""How losses and distances went, from the logs of a training."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

MOST_POINTS = 400  # of a curve
SHOWN = ("train/", "val/")
Points = dict[int, float]  # by step


class Logs(NamedTuple):
    """What the event files of a run say.

    Attributes:
        curves: by tag (`train/kl`), values by step.
        seconds: that were spent in training.
        began: when it began, in seconds since 1970; 0 if nothing says so.
    """

    curves: dict[str, Points]
    seconds: float
    began: float


def read_logs(folder: Path) -> Logs:
    """The curves of a training, with those of all its parts if it was stopped and gone on with.

    A part begins at the last checkpoint of the one before, whose further steps do not count.
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


def draw_curves(logs: Logs) -> list[dict[str, Any]]:
    """Each curve as a page wants it: held-out distances first, then losses, the total first."""

    def order(tag: str) -> tuple[bool, bool]:
        return not tag.startswith("val/"), tag != "train/total"

    return [
        {
            "group": tag.partition("/")[0],
            "name": tag.partition("/")[2],
            **_thinned(logs.curves[tag]),
        }
        for tag in sorted(logs.curves, key=order)
    ]


class _Part(NamedTuple):
    """What one event file says; times in seconds."""

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
        # a logger may say at each step what has not been measured again since
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
    """Means of neighbours where there are more points than a screen shows; the last one stays."""
    steps = sorted(points)
    size = math.ceil(len(steps) / MOST_POINTS)
    groups = [steps[start : start + size] for start in range(0, len(steps), size)]
    means = [sum(points[step] for step in group) / len(group) for group in groups]
    return {
        "steps": [group[-1] for group in groups],
        "values": [float(f"{mean:.5g}") for mean in means],
    }
