"""The sounds of a run and their labels, from the cache or from the dataset."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np

from vschaos.audio.files import UnusableAudioError, Waveform, duration_seconds, probe
from vschaos.data.cache.store import SoundStore, find_stores
from vschaos.data.metadata.labels import values_at
from vschaos.data.metadata.task import Task, find_tasks, read_task
from vschaos.generation.inputs import (
    beyond_full_scale,
    cache_of,
    changed_files,
    dataset_root,
    part_of,
    read_sound,
)
from vschaos.runs import Given, Run

logger = logging.getLogger(__name__)


class Clip(NamedTuple):
    """A part of a file.

    Attributes:
        name: of the file, as in the run's split.
        start: its first sample in the file.
        audio: `[T]` at the run's rate.
    """

    name: str
    start: int
    audio: Waveform


class Material:
    """The training and validation sounds of a run, as far as they still exist.

    Args:
        run: the run.
        prefers_files: reads the dataset if it exists, else the cache; by default the cache first.

    Attributes:
        root: the dataset's folder, whether it exists or not.
        origin: `cache`, `dataset`, or nothing if the sounds are missing.
        seconds: durations of the existing files.
        tasks: the dataset's labels, whether the model has them or not.
    """

    def __init__(self, run: Run, prefers_files: bool = False) -> None:
        self.run = run
        self.root = dataset_root(run)
        names = [*run.split["train"], *run.split["held_out"]]
        there = _there(run, names) if prefers_files else []
        self.store = None if there else find_store(run, self.root)
        if self.store:
            self._stored = {file.name: file for file in self.store.files}
            rate = run.sample_rate
            self.seconds = {name: file.length / rate for name, file in self._stored.items()}
        else:
            self.seconds = _measure(self.root, there or _there(run, names))
        self.origin = "cache" if self.store else "dataset" if self.seconds else ""
        self.tasks = _read_tasks(self.root, run.config["data"]["dataset"])

    def names(self, side: str) -> list[str]:
        """The existing files of a side of the split (`train`, `held_out`)."""
        return [name for name in self.run.split[side] if name in self.seconds]

    @property
    def side_to_show(self) -> str:
        """`held_out`, or `train` if none of its files exist."""
        return "held_out" if self.names("held_out") else "train"

    def seconds_of(self, name: str, side: str) -> float:
        """Duration of the part of a file that belongs to a side."""
        part = part_of(self.run, side, name)
        return self.seconds[name] if part is None else (part[1] - part[0]) / self.run.sample_rate

    def file_rate(self, name: str) -> int:
        """Hz, of a file itself."""
        if self.store:
            return self.store.waveforms[name][1].file_rate
        return probe(self.root / name).sample_rate

    def clip(self, name: str, seconds: float, side: str, place: float = 0.5) -> Clip | None:
        """At most `seconds` of the part of a file that belongs to a side; `place` 0 takes its
        beginning, 1 its end. None if it cannot be read."""
        part, wanted = part_of(self.run, side, name), round(seconds * self.run.sample_rate)
        if self.store:
            whole = self._stored[name]
            start, length = _middle(whole.length, part, wanted, place)
            return Clip(name, start, self.store.read(whole, start, length)) if length else None
        try:
            sound = self._read(name)
        except (UnusableAudioError, OSError) as error:
            logger.debug("left out %s: %s", name, error)
            return None
        start, length = _middle(len(sound), part, wanted, place)
        return Clip(name, start, sound[start : start + length]) if length else None

    def labels(self, clip: Clip) -> dict[str, np.ndarray]:
        """By task, the values of the frames of a clip `[N]`, NaN where they are unknown; tasks that
        are all unknown are left out."""
        rate = self.run.sample_rate
        seconds = (clip.start + self.run.model.centres(len(clip.audio)).numpy()) / rate
        values = {
            name: values_at(task.segments.get(clip.name, []), seconds, self.seconds[clip.name])
            for name, task in self.tasks.items()
        }
        return {name: row for name, row in values.items() if not np.isnan(row).all()}

    def conditioning(self, clip: Clip) -> Given:
        """Those of them that condition the model."""
        tasks = self.run.conditioning_tasks
        return {name: row for name, row in self.labels(clip).items() if name in tasks}

    @lru_cache(maxsize=1)  # noqa: B019  # clips of a long file follow each other
    def _read(self, name: str) -> Waveform:
        return read_sound(self.run, self.root / name)


def _middle(total: int, part: tuple[int, int] | None, wanted: int, place: float) -> tuple[int, int]:
    """The first sample in a file of a clip of at most `wanted` samples, and its length."""
    first, end = (0, total) if part is None else (min(part[0], total), min(part[1], total))
    length = min(wanted, end - first)
    return first + int(place * (end - first - length)), length


def spread(names: Sequence[str], count: int) -> list[str]:
    """At most `count` names, evenly spaced in the list."""
    picked = np.linspace(0, len(names) - 1, min(count, len(names)))
    return [names[round(index)] for index in picked]


def find_store(run: Run, root: Path) -> SoundStore | None:
    """The cached sounds of a run, also of a dataset that is missing."""
    dataset: dict[str, Any] = run.config["data"]["dataset"]
    wanted, digests = {*run.split["train"], *run.split["held_out"]}, run.split.get("digests", {})
    found = find_stores(
        cache_of(run),
        run.sample_rate,
        dataset["channel"],
        wanted,
        beyond_full_scale(run),
        digests,
    )
    own = found.get(str(root.resolve()))
    # without digests, others with files of the same names cannot be told apart
    return own or (next(iter(found.values()), None) if digests or not root.is_dir() else None)


def _there(run: Run, names: Sequence[str]) -> list[str]:
    """The existing, unchanged files of the run's dataset."""
    root = dataset_root(run)
    if not any((root / name).is_file() for name in names if _is_inside(name)):
        return []
    inside = dict.fromkeys(name for name in names if _is_inside(name))
    changed = changed_files(run, inside.keys())
    return [name for name in inside if name not in changed and (root / name).is_file()]


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


def _measure(root: Path, names: Sequence[str]) -> dict[str, float]:
    """Durations of those files of a dataset that can be read."""
    seconds = {}
    for name in names:
        try:
            seconds[name] = duration_seconds(root / name)
        except UnusableAudioError as error:
            logger.debug("left out %s: %s", name, error)
    return seconds


def _read_tasks(root: Path, dataset: dict[str, Any]) -> dict[str, Task]:
    """All labels of a dataset that can be read: with the run's settings, else as classes, else as
    numbers."""
    callbacks = dataset.get("metadata_callbacks") or {}
    tasks = {}
    for name in find_tasks(root):
        callback = callbacks.get(name) or {}
        kinds = [callback["type"]] if callback.get("type") else ["int", "float"]
        for kind in kinds:
            try:
                tasks[name] = read_task(root, name, callback.get("name"), kind)
                break
            except (OSError, ValueError) as error:
                logger.debug("no labels of %s: %s", name, error)
    return tasks
