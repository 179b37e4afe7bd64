"""The labels that a training needs: read, checked and laid along the sounds."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from vschaos.data.cache.store import SoundStore
from vschaos.data.metadata.folders import read_channel
from vschaos.data.metadata.task import Task, read_task
from vschaos.data.metadata.timeline import LabelTrack
from vschaos.labels import Vocabulary

PROBLEMS_SHOWN = 10
WRITTEN_BY_EXTRACT_PITCH = ("pitch", "octave")
logger = logging.getLogger(__name__)


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
    _check_unchanged(vocabularies, resumed_from or {})
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


def _check_unchanged(now: Mapping[str, Vocabulary], then: Mapping[str, Vocabulary]) -> None:
    for name, before in then.items():
        if now[name].classes != before.classes:
            raise ValueError(
                f"the classes of {name} must be those that the training began with, "
                f"{_some(before.classes)}, got {_some(now[name].classes)}: "
                f"put metadata/{name} back, or begin a new training"
            )


def _some(classes: Sequence[str]) -> str:
    return f"{len(classes)} ({', '.join(classes[:12])}{', ...' if len(classes) > 12 else ''})"


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


def _announce(task: Task) -> None:
    for problem in task.problems[:PROBLEMS_SHOWN]:
        logger.warning("%s", problem)
    if len(task.problems) > PROBLEMS_SHOWN:
        logger.warning(
            "metadata/%s: %d more lines of that kind; vschaos check shows all",
            task.name,
            len(task.problems) - PROBLEMS_SHOWN,
        )
    vocabulary = task.vocabulary
    values = (
        f"{len(vocabulary.classes)} classes"
        if vocabulary.is_class
        else f"numbers from {vocabulary.low:g} to {vocabulary.high:g}"
    )
    labelled = sum(1 for segments in task.segments.values() if segments)
    logger.info("%s: %s, %d files labelled", task.name, values, labelled)
