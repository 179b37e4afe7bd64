"""Labels along the sounds of a dataset, and those that a training needs: read and checked."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vschaos.data.cache.store import SoundStore, StoredFile
from vschaos.data.metadata.task import Task, read_task
from vschaos.data.metadata.tracks import Segment
from vschaos.data.metadata.writing import read_channel
from vschaos.data.remarks import some
from vschaos.labels import Vocabulary

PROBLEMS_SHOWN = 10
WRITTEN_BY_EXTRACT_PITCH = ("pitch", "octave")
NANOSECONDS = 1_000_000_000
logger = logging.getLogger(__name__)


class LabelTrack:
    """A label along all sounds of a store, laid one after the other as they lie there.

    Args:
        files: of the store.
        segments: by name of the file; in seconds, sorted and apart from each other.
        sample_rate: Hz, of the store.
    """

    def __init__(
        self,
        files: Sequence[StoredFile],
        segments: Mapping[str, Sequence[Segment]],
        sample_rate: int,
    ) -> None:
        rows = [
            (
                file.start + max(onset * sample_rate, 0.0),
                file.start + min(offset * sample_rate, file.length),
                value,
            )
            for file in sorted(files, key=lambda file: file.start)
            for onset, offset, value in segments.get(file.name, ())
            if onset * sample_rate < file.length
        ]
        table = np.array(rows, dtype=np.float64).reshape(-1, 3)
        self.onsets, self.offsets, self.values = table.T.copy()

    def at(self, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Values and where they are known, at positions in samples of the store, of any shape; a
        segment holds from its onset to just before its offset."""
        if not len(self.onsets):
            return np.zeros(positions.shape, np.float32), np.zeros(positions.shape, bool)
        before = np.searchsorted(self.onsets, positions, side="right") - 1
        index = np.maximum(before, 0)
        known = (before >= 0) & (positions < self.offsets[index])
        return np.where(known, self.values[index], 0.0).astype(np.float32), known


class LabelTracks:
    """The tracks of L tasks.

    Args:
        tracks: by task, in the order that counts.
    """

    def __init__(self, tracks: Mapping[str, LabelTrack]) -> None:
        self.tasks = list(tracks)
        self.tracks = list(tracks.values())

    def at(
        self, starts: np.ndarray, lengths: np.ndarray, positions: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Values and where they are known, `[B, L, N]`.

        Args:
            starts: `[B]`, where the sounds begin in the store.
            lengths: `[B]`, of these sounds.
            positions: `[B, N]`, in samples from each sound's beginning; before and after a sound
                nothing is known.
        """
        inside = (positions >= 0) & (positions < lengths[:, None])
        found = [track.at(starts[:, None] + positions) for track in self.tracks]
        shape = (len(positions), len(self.tracks), positions.shape[1])
        if not found:
            return np.zeros(shape, np.float32), np.zeros(shape, bool)
        values = np.stack([values for values, _ in found], axis=1)
        known = np.stack([known for _, known in found], axis=1)
        return values, known & inside[:, None]


def values_at(
    segments: Sequence[Segment], seconds: np.ndarray, duration_seconds: float
) -> np.ndarray:
    """The label of one sound at times `[N]`; NaN where it is unknown, before and after it too."""
    file = StoredFile("", 0, round(duration_seconds * NANOSECONDS))
    track = LabelTrack([file], {"": segments}, NANOSECONDS)
    values, known = track.at(seconds * NANOSECONDS)
    inside = (seconds >= 0) & (seconds < duration_seconds)
    return np.where(known & inside, values, np.nan).astype(np.float32)


class DatasetLabels(NamedTuple):
    """
    Attributes:
        tasks: all labels that the settings name.
        vocabularies: of those that the model knows.
    """

    tasks: dict[str, Task]
    vocabularies: dict[str, Vocabulary]

    def tracks(self, store: SoundStore) -> dict[str, LabelTrack]:
        """The labels along the sounds of a store."""
        return {
            name: LabelTrack(store.files, task.segments, store.sample_rate)
            for name, task in self.tasks.items()
        }


def read_labels(
    root: Path,
    num_classes: Mapping[str, int | None],
    balance: Sequence[str] = (),
    readers: Mapping[str, Mapping[str, str]] | None = None,
    channel: str = "mix",
    resumed_from: Mapping[str, Vocabulary] | None = None,
) -> DatasetLabels:
    """Reads the labels of a model, and those that are to be balanced.

    Args:
        root: the dataset.
        num_classes: by label of the model, how many classes it counts; None leaves it to the data.
        balance: labels to balance.
        readers: by label, `name` and `type` of its metadata, where they are set.
        channel: of the sounds that is trained on.
        resumed_from: the vocabularies of a training that is resumed; ranges of numbers stay.

    Raises:
        FileNotFoundError: the dataset has no such labels.
        ValueError: they do not suit the settings.
    """
    tasks = {}
    for name in {**num_classes, **dict.fromkeys(balance)}:
        reader = (readers or {}).get(name) or {}
        tasks[name] = _read(root, name, reader.get("name"), reader.get("type"))
        _announce(tasks[name])
        _compare_channels(root, name, channel)
    for name in balance:
        if not tasks[name].vocabulary.is_class:
            raise ValueError(
                f"data.loading.balance must name labels with classes, got {name}, a number"
            )
    vocabularies = {name: _sized(tasks[name], count) for name, count in num_classes.items()}
    check_unchanged(vocabularies, resumed_from or {})
    return DatasetLabels(tasks, {**vocabularies, **(resumed_from or {})})


def _read(root: Path, name: str, form: str | None, kind: str | None) -> Task:
    try:
        return read_task(root, name, form, kind)
    except FileNotFoundError as error:
        if name not in WRITTEN_BY_EXTRACT_PITCH or not root.is_dir():
            raise
        raise FileNotFoundError(
            f"{error}; vschaos extract-pitch {shlex.quote(str(root))} writes labels of "
            "pitch and octave"
        ) from error


def _compare_channels(root: Path, name: str, channel: str) -> None:
    labelled = read_channel(root, name)
    if labelled is not None and labelled != channel:
        logger.warning(
            "%s was extracted from channel %s, data.dataset.channel=%s is trained on: vschaos "
            "extract-pitch %s --channel %s labels that one",
            *(name, labelled, channel, shlex.quote(str(root)), channel),
        )


def check_unchanged(now: Mapping[str, Vocabulary], then: Mapping[str, Vocabulary]) -> None:
    """
    Raises:
        ValueError: a label has other classes than as the training began.
    """
    for name, before in then.items():
        if now[name].classes != before.classes:
            raise ValueError(
                f"the classes of {name} must be those that the training began with, "
                f"{_listed(before.classes)}, got {_listed(now[name].classes)}: "
                f"put metadata/{name} back, or begin a new training"
            )


def _listed(classes: Sequence[str]) -> str:
    return f"{len(classes)} ({some(classes, most=12)})"


def _sized(task: Task, count: int | None) -> Vocabulary:
    """The vocabulary with as many classes as the model counts."""
    vocabulary = task.vocabulary
    if count is None or not vocabulary.is_class:
        return vocabulary
    found = len(vocabulary.classes)
    if not isinstance(count, int) or count < found:
        raise ValueError(
            f"the dataset has {found} classes of {task.name} ({vocabulary.classes[0]} to "
            f"{vocabulary.classes[-1]}): model.conditioning.{task.name}.dim and "
            f"model.prediction.{task.name}.dim must be at least {found}, got {count!r}"
        )
    more = tuple(str(number) for number in range(found, count))
    return replace(vocabulary, classes=vocabulary.classes + more)


def warn_of_problems(task: Task) -> None:
    """Logs the first lines of a task that do not count."""
    for problem in task.problems[:PROBLEMS_SHOWN]:
        logger.warning("%s", problem)
    if len(task.problems) > PROBLEMS_SHOWN:
        logger.warning(
            "metadata/%s: %d more lines of that kind; vschaos check shows all",
            task.name,
            len(task.problems) - PROBLEMS_SHOWN,
        )


def _announce(task: Task) -> None:
    warn_of_problems(task)
    vocabulary = task.vocabulary
    values = (
        f"{len(vocabulary.classes)} classes"
        if vocabulary.is_class
        else f"numbers from {vocabulary.low:g} to {vocabulary.high:g}"
    )
    labelled = sum(1 for segments in task.segments.values() if segments)
    logger.info("%s: %s, %d files labelled", task.name, values, labelled)
