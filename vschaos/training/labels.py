"""The labels that a training asks for: read, checked and laid along the sounds."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from vschaos.data.cache.store import SoundStore
from vschaos.data.metadata.folders import read_channel
from vschaos.data.metadata.task import Task, read_task
from vschaos.data.metadata.timeline import LabelTrack
from vschaos.labels import Vocabulary

PROBLEMS_SHOWN = 10
HEARD_BY_EXTRACT_PITCH = ("pitch", "octave")
logger = logging.getLogger(__name__)


class DatasetLabels(NamedTuple):
    """What the settings ask for.

    Attributes:
        tasks: all that are asked for, by name.
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
    config: Mapping[str, Any], resumed_from: Mapping[str, Vocabulary] | None = None
) -> DatasetLabels:
    """Reads the labels that a model is told or predicts, and those that are to be balanced.

    Args:
        config: of the training.
        begun_with: the vocabularies of a training that is gone on with; ranges of numbers stay.

    Raises:
        FileNotFoundError: the dataset has no such labels.
        ValueError: they do not suit the settings.
    """
    dataset, model = config["data"]["dataset"], config["model"]
    root = Path(dataset["root"]).expanduser()
    conditioning, prediction = model.get("conditioning") or {}, model.get("prediction") or {}
    balance = _names(config["data"]["loading"].get("balance"))
    callbacks = dataset.get("metadata_callbacks") or {}
    tasks = {}
    for name in {**conditioning, **prediction, **dict.fromkeys(balance)}:
        callback = callbacks.get(name) or {}
        tasks[name] = _read(root, name, callback.get("name"), callback.get("type"))
        _announce(tasks[name])
        _compare_channels(root, name, str(dataset.get("channel", "mix")))
    for name in balance:
        if not tasks[name].vocabulary.is_class:
            raise ValueError(f"data.loading.balance: {name} is a number, only classes are balanced")
    vocabularies = {
        name: _sized(tasks[name], conditioning.get(name) or {}, prediction.get(name) or {})
        for name in {**conditioning, **prediction}
    }
    _check_unchanged(vocabularies, resumed_from or {})
    return DatasetLabels(tasks, {**vocabularies, **(resumed_from or {})})


def _read(root: Path, name: str, form: str | None, kind: str | None) -> Task:
    try:
        return read_task(root, name, form, kind)
    except FileNotFoundError as error:
        if name not in HEARD_BY_EXTRACT_PITCH or not root.is_dir():
            raise
        raise FileNotFoundError(
            f"{error}; python3 extract_pitch.py {shlex.quote(str(root))} writes labels of "
            "pitch and octave"
        ) from error


def _compare_channels(root: Path, name: str, channel: str) -> None:
    heard_in = read_channel(root, name)
    if heard_in is not None and heard_in != channel:
        logger.warning(
            "%s was heard in channel %s, data.dataset.channel=%s is learnt: python3 "
            "extract_pitch.py %s --channel %s labels what is learnt",
            *(name, heard_in, channel, shlex.quote(str(root)), channel),
        )


def _check_unchanged(now: Mapping[str, Vocabulary], then: Mapping[str, Vocabulary]) -> None:
    for name, begun in then.items():
        if now[name].classes != begun.classes:
            raise ValueError(
                f"the classes of {name} are not those that the training began with: "
                f"{_some(begun.classes)} then, {_some(now[name].classes)} now; "
                f"put metadata/{name} back, or begin a new training"
            )


def _some(classes: Sequence[str]) -> str:
    return f"{len(classes)} ({', '.join(classes[:12])}{', ...' if len(classes) > 12 else ''})"


def _names(value: str | list[str] | None) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [])


def _sized(task: Task, *entries: Mapping[str, Any]) -> Vocabulary:
    """The vocabulary with as many classes as the settings say."""
    vocabulary = task.vocabulary
    dims = {entry["dim"] for entry in entries if entry.get("dim") is not None}
    if len(dims) > 1:
        raise ValueError(
            f"model.conditioning.{task.name}.dim and model.prediction.{task.name}.dim must be the "
            f"same, {' and '.join(map(str, sorted(dims)))} came"
        )
    if not dims or not vocabulary.is_class:
        return vocabulary
    (dim,) = dims
    count = len(vocabulary.classes)
    if not isinstance(dim, int) or dim < count:
        raise ValueError(
            f"the dataset has {count} classes of {task.name} ({vocabulary.classes[0]} to "
            f"{vocabulary.classes[-1]}): model.conditioning.{task.name}.dim and "
            f"model.prediction.{task.name}.dim must be at least {count}, {dim!r} came"
        )
    more = tuple(str(number) for number in range(count, dim))
    return replace(vocabulary, classes=vocabulary.classes + more)


def _announce(task: Task) -> None:
    for problem in task.problems[:PROBLEMS_SHOWN]:
        logger.warning("%s", problem)
    if len(task.problems) > PROBLEMS_SHOWN:
        logger.warning(
            "metadata/%s: %d more lines of that kind; python3 -m vschaos.data.check shows all",
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
