"""Sounds of a plug-in as `vschaos plugin render` leaves them: whole, each with the settings that it
was rendered with as targets."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from vschaos.batch import Batch
from vschaos.data.cache.store import SoundStore
from vschaos.data.datamodule import (
    TRIAL_EXAMPLES,
    Frames,
    ModelNeeds,
    frames_of,
    refuse_balance,
    refuse_labels,
)
from vschaos.data.excerpts import Recordings, WholeSounds
from vschaos.data.features.feature import Feature
from vschaos.data.loading import Loading, NumberedBatches
from vschaos.data.metadata.labels import (
    DatasetLabels,
    LabelTracks,
    check_unchanged,
    warn_of_problems,
)
from vschaos.data.metadata.task import SoundNames, Task, read_task
from vschaos.data.remarks import some
from vschaos.data.replay import Prepares
from vschaos.data.sounds import Dataset, Sounds, evenly, with_unseen_classes
from vschaos.data.split import Sound
from vschaos.labels import Vocabulary

SPEC, DRAWS = "render.json", "draws.json"  # of a dataset, and of each of its shards
PLAYED = "note", "velocity"  # labels beside those of the parameters
HELD = "held_seconds"  # target beside them
logger = logging.getLogger(__name__)


class Presets(Sounds):
    """Whole sounds of a plug-in, with the settings that they were rendered with.

    Each label of the render is a target: continuous parameters as the position of the knob from 0
    to 1, stepped ones as the number of the step, `note` and `velocity` as MIDI has them; and so is
    `held_seconds`, after which the note was released.

    The vocabularies are those of all parameters of the plug-in, in its order: classes of stepped
    ones, ranges of positions; where a parameter was not drawn, `low` and `high` are both the
    position that it had in all sounds. Sounds that lack a label are left out.

    Args:
        seed: of all that is drawn.
        dataset: folder of the render.
        loading: sizes.
        features: see `Sounds`.
        validation_sounds: how many sounds are validated with, at most.
    """

    def __init__(
        self,
        seed: int,
        dataset: Dataset,
        loading: Loading,
        features: Mapping[str, Callable[..., Feature]] | None = None,
        validation_sounds: int = 256,
    ) -> None:
        super().__init__(seed, dataset, loading, features)
        refuse_balance(loading, "settings of a plug-in")
        if validation_sounds < 1:
            raise ValueError(
                f"data.validation_sounds must be at least 1, got {validation_sounds!r}"
            )
        self.num_validated = validation_sounds
        self.targets: dict[str, dict[str, float]] = {}

    def read_vocabularies(
        self,
        num_classes: Mapping[str, int | None],
        resumed_from: Mapping[str, Vocabulary] | None = None,
    ) -> dict[str, Vocabulary]:
        refuse_labels(num_classes, "settings of a plug-in")
        labels = self._read()
        check_unchanged(labels.vocabularies, resumed_from or {})
        self.labels = labels._replace(vocabularies={**labels.vocabularies, **(resumed_from or {})})
        return self.labels.vocabularies

    def open(self, model: ModelNeeds, split: Mapping[str, Any] | None = None) -> None:
        if not self.targets:  # of a run that is read again
            self.labels = self._read()
        opened = self._opened(model, split, excerpt_length=sys.maxsize)
        self.store, chosen = opened.store, opened.split
        # one that is resumed may name sounds whose labels are gone
        there = {sound.name for sound in opened.sounds}
        self.split = chosen._replace(
            train=[name for name in chosen.train if name in there],
            held_out=[name for name in chosen.held_out if name in there],
        )
        train, held_out = (self.split.files(side, self.store) for side in ("train", "held_out"))
        validated = evenly(held_out or train, self.num_validated)
        sides = [
            Recordings(self.store, files, LabelTracks({}), opened.features, self.targets)
            for files in (train, validated)
        ]
        self.training = PresetBatches(
            *(sides[0], frames_of(model), self.loading.batch_size, self.seed),
            prepare=model.prepare if isinstance(model, Prepares) else None,
        )
        self.validation = WholeSounds(sides[1], frames_of(model))
        drawn = {name: of for name, of in self.labels.vocabularies.items() if name in self.targets}
        seen = with_unseen_classes(drawn, opened.sounds, self.split, self.store)
        self.vocabularies = {**self.labels.vocabularies, **seen}

    def trial_batch(self, model: ModelNeeds) -> Batch:
        targets = {}
        for name in self.targets:
            values = list(self.targets[name].values())
            targets[name] = torch.tensor(
                [values[row % len(values)] for row in range(TRIAL_EXAMPLES)]
            )
        return super().trial_batch(model)._replace(targets=targets)

    def _read(self) -> DatasetLabels:
        """Labels, and vocabularies, of the dataset."""
        root = self.dataset.folder
        rendered = read_render(root)
        names, tasks = SoundNames(root), {}
        for name in (*rendered.free, *PLAYED):
            task = tasks[name] = _read(root, name, names)
            # steps are called by numbers there, but never meant by these names
            warn_of_problems(task._replace(problems=[p for p in task.problems if not p.is_warning]))
        self.targets = {name: _targets(task) for name, task in tasks.items()}
        self.targets[HELD] = dict.fromkeys(self.targets[PLAYED[0]], rendered.held_seconds)
        logger.info(
            "%s: %d of %d parameters were drawn, %d sounds are labelled",
            *(rendered.plugin, len(rendered.free), len(rendered.base), len(self._labelled())),
        )
        vocabularies = {
            name: tasks[name].vocabulary if name in tasks else Vocabulary((), place, place, place)
            for name, place in rendered.base.items()
        }
        return DatasetLabels(tasks, vocabularies)

    def _usable(self, store: SoundStore) -> list[Sound]:
        labelled = self._labelled()
        sounds = [sound for sound in super()._usable(store) if sound.name in labelled]
        missing = [file.name for file in store.files if file.name not in labelled]
        if missing:
            logger.warning(
                "%d sounds lack a label and are left out: %s", len(missing), some(missing)
            )
        if not sounds:
            raise ValueError(
                f"no sound in {self.dataset.folder} has all labels of its render: vschaos plugin "
                "render writes them once all sounds are there"
            )
        return sounds

    def _labelled(self) -> set[str]:
        """Names of the files that have all labels."""
        return set.intersection(*(set(values) for values in self.targets.values()))


class PresetBatches(NumberedBatches):
    """Training batches of whole sounds by number, each of which is drawn as often as the others.

    Args:
        recordings: to draw from.
        frames: the length of an example; sounds that are longer or shorter end with it.
        batch_size: of a batch.
        seed: of all that is drawn.
        prepare: what a model does with each sound once; the features that it adds are kept, in 16
            bits, and are there when the sound is drawn again.
    """

    def __init__(
        self,
        recordings: Recordings,
        frames: Frames,
        batch_size: int,
        seed: int,
        prepare: Callable[[Batch], Batch] | None = None,
    ) -> None:
        self.recordings = recordings
        self.length = frames.excerpt_length
        self.num_frames = len(frames.excerpt_centres)
        self.batch_size = batch_size
        self.seed = seed
        self.prepare = prepare
        self._seen: dict[int, dict[str, Tensor]] = {}  # by the number of a file

    def together(self, numbers: Sequence[int]) -> list[Batch]:
        return [self._batch(number) for number in numbers]

    def _batch(self, number: int) -> Batch:
        random = np.random.default_rng([self.seed, number])
        indices = random.integers(len(self.recordings.files), size=self.batch_size)
        batch = self.of_files(indices)
        if self.prepare is None:
            return batch
        new = np.array([i for i in dict.fromkeys(indices.tolist()) if i not in self._seen])
        if len(new):
            self._keep(new, self.prepare(self.of_files(new)))
        rows = [self._seen[index] for index in indices.tolist()]
        seen = {name: torch.stack([row[name] for row in rows]).float() for name in rows[0]}
        return batch._replace(features={**batch.features, **seen})

    def of_files(self, indices: np.ndarray) -> Batch:
        """The sounds of some files, `[B]`."""
        recordings, starts = self.recordings, np.zeros(len(indices), int)
        audio = np.empty((len(indices), self.length), np.float32)
        files = [recordings.files[index] for index in indices]
        recordings.store.fill(audio, files, starts.tolist())
        positions = np.zeros((len(indices), self.num_frames))
        return Batch(
            torch.from_numpy(audio),
            recordings.labels(indices, positions),
            recordings.features_of(indices, starts, self.length),
            recordings.targets_of(indices),
        )

    def _keep(self, indices: np.ndarray, prepared: Batch) -> None:
        added = prepared.features.keys() - self.recordings.features.keys()
        halves = {name: prepared.features[name].half() for name in added}
        for row, index in enumerate(indices.tolist()):
            self._seen[index] = {name: values[row].clone() for name, values in halves.items()}


class Render(NamedTuple):
    """What the sounds of a dataset were rendered from.

    Attributes:
        plugin: name of its description.
        base: positions of all parameters where they are not drawn, by name, in its order.
        free: names of those that were drawn.
        held_seconds: after which the notes were released.
    """

    plugin: str
    base: dict[str, float]
    free: list[str]
    held_seconds: float


def read_render(root: Path) -> Render:
    """Reads what a render says of itself.

    Raises:
        FileNotFoundError: the folder is not there, or is not of a render.
        ValueError: it is not as a render leaves it, or not whole.
    """
    if not root.is_dir():
        raise FileNotFoundError(
            f"the folder of rendered sounds was expected (data.dataset.root); there is no folder "
            f"{root}"
        )
    if not (root / SPEC).is_file():
        raise FileNotFoundError(
            f"data.dataset.root must be the folder of sounds that vschaos plugin render leaves, "
            f"with {SPEC} in it, got {root}"
        )
    shards = sorted((root / "data").glob(f"*/{DRAWS}"))
    if not shards:
        raise ValueError(f"{root} has no rendered sounds yet: vschaos plugin render makes them")
    try:
        spec = json.loads((root / SPEC).read_text(encoding="utf-8"))
        draw = json.loads(shards[0].read_text(encoding="utf-8"))["draws"][0]
        base = dict(zip(map(str, spec["base"]), map(float, draw["positions"]), strict=True))
        free = [str(name) for name in spec["free"]]
        plugin, held_seconds = str(spec["plugin"]), float(spec["held_seconds"])
        if not free or not set(free) <= set(base):
            raise ValueError
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise ValueError(
            f"{root / SPEC} and {shards[0]} must be as vschaos plugin render leaves them: render "
            "the sounds again"
        ) from error
    return Render(plugin, base, free, held_seconds)


def _targets(task: Task) -> dict[str, float]:
    """The numbers of a task, by the name of a file: steps, what was played, and positions from 0
    to 1, others than these being none."""
    is_position = not task.vocabulary.is_class and task.name not in PLAYED
    return {
        file: segments[0].value
        for file, segments in task.segments.items()
        if segments and not (is_position and not 0.0 <= segments[0].value <= 1.0)
    }


def _read(root: Path, name: str, sounds: SoundNames) -> Task:
    is_class = (root / "metadata" / name / "classes.txt").is_file()
    try:
        return read_task(root, name, kind="int" if is_class else "float", sounds=sounds)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"there are no labels of {name} in {root / 'metadata'}: vschaos plugin render writes "
            "them once all sounds are there; the same command goes on where it stopped"
        ) from error
