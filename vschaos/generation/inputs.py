"""Input files of a model, and their labels in the dataset of a run."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence, Sized
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from vschaos.audio.files import (
    UnusableAudioError,
    Waveform,
    find_audio_files,
    read_audio,
    read_blocks,
)
from vschaos.data.cache.store import default_cache
from vschaos.data.files import find_changed
from vschaos.data.full_scale import gain_for
from vschaos.data.metadata.labels import values_at
from vschaos.data.metadata.task import Task, read_task
from vschaos.runs import Given, Run

logger = logging.getLogger(__name__)


class Input(NamedTuple):
    """An input file, or a part of one.

    Attributes:
        file: its path.
        name: without ending, unique among the inputs; outputs are named after it.
        part: its first sample and its end at the run's rate, if it is not the whole file.
    """

    file: Path
    name: str
    part: tuple[int, int] | None = None

    @property
    def first(self) -> int:
        """The first sample in the file."""
        return self.part[0] if self.part else 0


def find_inputs(run: Run, given: Sequence[Path] | None) -> list[Input]:
    """The given files and those in the given folders, or the run's validation files if none are
    given.

    Raises:
        FileNotFoundError: one does not exist, or there is no audio in a folder.
        ValueError: none is given, and the run has no validation files.
    """
    if given:
        return inputs_in(given)
    if not run.split["held_out"]:
        raise ValueError("no file was held out of the training: give some with --files")
    logger.info("no --files: taking those held out of the training")
    root = dataset_root(run)
    if not root.is_dir():
        raise FileNotFoundError(
            f"the sounds of the run's training are not on this machine ({root}): give some "
            "with --files"
        )
    held_out = run.split["held_out"]
    changed = changed_files(run, held_out)
    if len(changed) == len(held_out):
        raise FileNotFoundError(
            f"the sounds of the run's training are not in {root}, which holds others of the "
            "same names: give some with --files"
        )
    held_out = [name for name in held_out if name not in changed]
    files = [(root / name, Path(Path(name).name)) for name in held_out]
    return _named(files, {root / name: part_of(run, "held_out", name) for name in held_out})


def inputs_in(given: Sequence[Path]) -> list[Input]:
    """The given files and those in the given folders.

    Raises:
        FileNotFoundError: one does not exist, or there is no audio in a folder.
    """
    files: list[tuple[Path, Path]] = []
    for path in given:
        if path.is_dir():
            found = find_audio_files(path)
            if not found:
                raise FileNotFoundError(f"--files: there is no audio file in {path}")
            files += [(file, file.relative_to(path)) for file in found]
        elif path.exists():
            files.append((path, Path(path.name)))
        else:
            raise FileNotFoundError(f"--files: there is no file {path}")
    return _named(files, {})


def _named(
    files: Sequence[tuple[Path, Path]], parts: Mapping[Path, tuple[int, int] | None]
) -> list[Input]:
    """Files, with what they are called before names are made unique."""
    names = unique_names([relative.with_suffix("").as_posix() for _, relative in files])
    return [
        Input(file, name, parts.get(file)) for (file, _), name in zip(files, names, strict=True)
    ]


def unique_names(wanted: Sequence[str]) -> list[str]:
    """Makes names unique, also on disks that do not distinguish case or accents: the first keeps
    the name, others get the first number that is free.

    >>> unique_names(["a", "a", "a_2", "A"])
    ['a', 'a_3', 'a_2', 'A_4']
    """
    names: list[str] = []
    taken = {_plainest(name) for name in wanted}
    numbers: dict[str, int] = {}
    for name in wanted:
        plain, found = _plainest(name), name
        if plain in numbers:
            while _plainest(found := f"{name}_{numbers[plain]}") in taken:
                numbers[plain] += 1
            taken.add(_plainest(found))
        else:
            numbers[plain] = 2
        names.append(found)
    return names


def _plainest(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


class InputSound:
    """An input as of `read_input`, read block by block.

    Its length is measured by reading all of it once: the file's header may be wrong.

    Raises:
        UnusableAudioError: it is broken or empty.
    """

    def __init__(self, run: Run, given: Input) -> None:
        self._from = (given.file, run.sample_rate, dataset_settings(run).get("channel", "mix"))
        length, peak = 0, 0.0
        for block in read_blocks(*self._from):
            length += len(block)
            peak = max(peak, float(np.abs(block).max(initial=0.0)))
        self._gain = np.float32(gain_in_training(run, peak))
        first, end = given.part or (0, length)
        self._first, self._end = first, min(end, length)
        if not len(self):
            raise UnusableAudioError("it is empty")

    def __len__(self) -> int:
        return max(self._end - self._first, 0)

    def __iter__(self) -> Iterator[Waveform]:
        """Its blocks `[T]`."""
        position = 0
        for block in read_blocks(*self._from):
            first, end = (max(edge - position, 0) for edge in (self._first, self._end))
            position += len(block)
            if len(part := block[first:end]):
                yield self._gain * part


def part_of(run: Run, side: str, name: str) -> tuple[int, int] | None:
    """The first sample and the end of the part of a file that belongs to a side of the split; None
    for the whole file."""
    part: tuple[int, int] | None = run.split.get("parts", {}).get(side, {}).get(name)
    return part


def read_sound(run: Run, file: Path) -> Waveform:
    """The sound `[T]` of a file, with the rate, channel and gain of the run's training.

    Raises:
        UnusableAudioError: it cannot be read.
    """
    audio = read_audio(file, run.sample_rate, dataset_settings(run).get("channel", "mix"))
    return audio * np.float32(gain_in_training(run, float(np.abs(audio).max(initial=0.0))))


def gain_in_training(run: Run, peak: float) -> float:
    """The factor that the run's training gave, or would give, a file of that peak."""
    return gain_for(peak, beyond_full_scale(run), run.split.get("usual_peak", 1.0))


def beyond_full_scale(run: Run) -> str:
    """How the run's training treated sounds beyond full scale."""
    return str(dataset_settings(run).get("beyond_full_scale", "keep"))


def read_input(run: Run, file: Path, part: tuple[int, int] | None = None) -> Waveform:
    """The sound `[T]` of a file or a part of it, which must not be empty.

    Raises:
        UnusableAudioError: it is broken or empty.
    """
    audio = read_sound(run, file)
    audio = audio if part is None else audio[part[0] : part[1]]
    if not len(audio):
        raise UnusableAudioError("it is empty")
    return audio


def dataset_settings(run: Run) -> dict[str, Any]:
    """`data.dataset` of the run's training; empty if its examples were rendered."""
    settings: dict[str, Any] = run.config["data"].get("dataset") or {}
    return settings


def dataset_root(run: Run) -> Path:
    """The folder of the sounds that the run was trained on.

    Raises:
        ValueError: it was trained on rendered examples.
    """
    root = dataset_settings(run).get("root")
    if root is None:
        raise ValueError("the run was trained without sound files: give some with --files")
    return Path(root).expanduser()


def changed_files(run: Run, names: Collection[str]) -> set[str]:
    """Those of the named files of the run's dataset whose content changed since the training; logs
    a warning if there are any."""
    dataset, root = dataset_settings(run), dataset_root(run)
    digests = {name: d for name, d in run.split.get("digests", {}).items() if name in names}
    if not digests or not root.is_dir():
        return set()
    changed = find_changed(root, digests, cache_of(run), run.sample_rate, dataset["channel"])
    if changed:
        logger.warning(
            "%d of %d files in %s changed since the run's training (%s): they are left out",
            *(len(changed), len(names), root, sorted(changed)[0]),
        )
    return changed


def cache_of(run: Run) -> Path:
    """The cache of the run's sounds."""
    cache = dataset_settings(run).get("cache")
    return Path(cache).expanduser() if cache else default_cache()


class DatasetLabelReader:
    """Reads the labels of files in the dataset of a run; all are unknown if it is missing."""

    def __init__(self, run: Run) -> None:
        self.run = run
        settings = dataset_settings(run)
        self.root = Path(settings.get("root", "")).expanduser()  # of no root, no file has labels
        callbacks = settings.get("metadata_callbacks") or {}
        self.tasks: dict[str, Task] = {}
        for name in run.model.vocabularies:
            callback = callbacks.get(name) or {}
            try:
                self.tasks[name] = read_task(
                    self.root, name, callback.get("name"), callback.get("type")
                )
            except (OSError, ValueError) as error:
                logger.debug("no labels of %s: %s", name, error)

    def of(self, file: Path, audio: Sized, first: int = 0) -> dict[str, np.ndarray]:
        """By task, a value for each frame `[N]` of a file's `audio`, which begins at its sample
        `first`; NaN where it is unknown. Tasks that are all unknown are left out."""
        name = self._name_of(file)
        if name is None:
            return {}
        inside = self.run.model.centres(len(audio)).numpy()
        seconds = (first + inside) / self.run.sample_rate
        duration = (first + len(audio)) / self.run.sample_rate
        values = {
            task: values_at(entry.segments.get(name, []), seconds, duration)
            for task, entry in self.tasks.items()
        }
        return {task: row for task, row in values.items() if not np.isnan(row).all()}

    def _name_of(self, file: Path) -> str | None:
        """The name of a file in the dataset; that of a link is its own."""
        beside_it = file.parent.resolve() / file.name
        for path in (file.absolute(), beside_it, file.resolve()):
            for root in (self.root.absolute(), self.root.resolve()):
                if path.is_relative_to(root) and ".." not in path.parts:
                    return path.relative_to(root).as_posix()
        return None

    def conditioning(self, file: Path, audio: Sized, first: int = 0) -> Given:
        """Those of them that condition the model."""
        known = self.of(file, audio, first)
        return {task: row for task, row in known.items() if task in self.run.conditioning_tasks}
