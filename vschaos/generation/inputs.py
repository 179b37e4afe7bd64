"""What one lets a model hear: files, and what is known of them."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Collection, Iterator, Sequence, Sized
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vschaos.audio.files import (
    UnusableAudioError,
    Waveform,
    find_audio_files,
    read_audio,
    read_blocks,
)
from vschaos.data.cache.store import default_cache
from vschaos.data.full_scale import gain_for, scaled
from vschaos.data.metadata.task import Task, read_task
from vschaos.data.metadata.timeline import values_at
from vschaos.data.files import find_changed
from vschaos.runs import Given, Run

logger = logging.getLogger(__name__)


class Input(NamedTuple):
    """A file to be heard.

    Attributes:
        file: where it lies.
        name: without ending, of this input alone; what is made of it is called so.
        part: its first sample and its end at the run's rate, if it is not all of the file.
    """

    file: Path
    name: str
    part: tuple[int, int] | None = None

    @property
    def first(self) -> int:
        """The sample of the file at which it begins."""
        return self.part[0] if self.part else 0


def find_inputs(run: Run, given: Sequence[Path] | None) -> list[Input]:
    """Files and those of folders, or the files held out in training if none are given.

    Raises:
        FileNotFoundError: one is not there, or there is no audio in a folder.
        ValueError: none is given, and none was held out.
    """
    files: list[tuple[Path, Path]] = []
    parts: dict[Path, tuple[int, int] | None] = {}
    if not given:
        if not run.split["held_out"]:
            raise ValueError("no file was held out in training: give some with --files")
        logger.info("no --files: taking those held out in training")
        root = dataset_root(run)
        if not root.is_dir():
            raise FileNotFoundError(
                f"the sounds that the run learnt from are not on this machine ({root}): give some "
                "with --files"
            )
        held_out = run.split["held_out"]
        changed = changed_files(run, held_out)
        if len(changed) == len(held_out):
            raise FileNotFoundError(
                f"the sounds that the run learnt from are not in {root}, which holds others of the "
                "same names: give some with --files"
            )
        held_out = [name for name in held_out if name not in changed]
        files = [(root / name, Path(Path(name).name)) for name in held_out]
        parts = {root / name: part_of(run, "held_out", name) for name in held_out}
    for path in given or []:
        if path.is_dir():
            found = find_audio_files(path)
            if not found:
                raise FileNotFoundError(f"--files: there is no audio file in {path}")
            files += [(file, file.relative_to(path)) for file in found]
        elif path.exists():
            files.append((path, Path(path.name)))
        else:
            raise FileNotFoundError(f"--files: there is no file {path}")
    names = unique_names([relative.with_suffix("").as_posix() for _, relative in files])
    return [
        Input(file, name, parts.get(file)) for (file, _), name in zip(files, names, strict=True)
    ]


def unique_names(wanted: Sequence[str]) -> list[str]:
    """Names of which no two are alike, also not on disks that take capitals and accents for the
    same: the first keeps the name, others get the first number that is free.

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
    """The same as `read_input` gives, read block by block.

    Its length is counted once, by reading all of it: what the file says of itself may be wrong.

    Raises:
        UnusableAudioError: it is broken or empty.
    """

    def __init__(self, run: Run, given: Input) -> None:
        self._from = (given.file, run.sample_rate, run.config["data"]["dataset"]["channel"])
        length, peak = 0, 0.0
        for block in read_blocks(*self._from):
            length += len(block)
            peak = max(peak, float(np.abs(block).max(initial=0.0)))
        self._gain = np.float32(gain_for(peak, beyond_full_scale(run)))
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
    """The first sample and the end of what belongs to a side of a file; None if all of it does."""
    part: tuple[int, int] | None = run.split.get("parts", {}).get(side, {}).get(name)
    return part


def read_sound(run: Run, file: Path) -> Waveform:
    """The sound `[T]` of a file, at the run's rate, of the channel it was trained on, and as loud
    as its training would have taken it.

    Raises:
        UnusableAudioError: it cannot be read.
    """
    audio = read_audio(file, run.sample_rate, run.config["data"]["dataset"]["channel"])
    return scaled(audio, beyond_full_scale(run))


def beyond_full_scale(run: Run) -> str:
    """What the run's training did to sounds beyond full scale; early ones kept them."""
    return str(run.config["data"]["dataset"].get("beyond_full_scale", "keep"))


def read_input(run: Run, file: Path, part: tuple[int, int] | None = None) -> Waveform:
    """The same, of a file or a part of it that has to hold some sound.

    Raises:
        UnusableAudioError: it is broken or empty.
    """
    audio = read_sound(run, file)
    audio = audio if part is None else audio[part[0] : part[1]]
    if not len(audio):
        raise UnusableAudioError("it is empty")
    return audio


def dataset_root(run: Run) -> Path:
    """The folder of the sounds that the run was trained on."""
    return Path(run.config["data"]["dataset"]["root"]).expanduser()


def changed_files(run: Run, names: Collection[str]) -> set[str]:
    """Files of the run's dataset that hold another sound now than as it was trained; they are told.

    Args:
        names: of the files in question.
    """
    dataset, root = run.config["data"]["dataset"], dataset_root(run)
    digests = {name: d for name, d in run.split.get("digests", {}).items() if name in names}
    if not digests or not root.is_dir():
        return set()
    changed = find_changed(root, digests, cache_of(run), run.sample_rate, dataset["channel"])
    if changed:
        logger.warning(
            "%d of %d files in %s hold another sound than the run learnt from or held out (%s): "
            "they are left out",
            *(len(changed), len(names), root, sorted(changed)[0]),
        )
    return changed


def cache_of(run: Run) -> Path:
    """Where the run's sounds were imported to."""
    cache = run.config["data"]["dataset"].get("cache")
    return Path(cache).expanduser() if cache else default_cache()


class DatasetLabelReader:
    """What the dataset of a run says of its own files.

    Args:
        run: whose dataset it is; if it is not there any more, nothing is known.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.root = dataset_root(run)
        callbacks = run.config["data"]["dataset"].get("metadata_callbacks") or {}
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
        """By task, a value for each frame of a file `[N]`, from its sample `first` on, NaN where
        nothing is known; tasks of which nothing is known at all are left out. Of its audio, only
        the length counts."""
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
        """What the dataset calls a file; one of its links is called by its own name."""
        beside_it = file.parent.resolve() / file.name
        for path in (file.absolute(), beside_it, file.resolve()):
            for root in (self.root.absolute(), self.root.resolve()):
                if path.is_relative_to(root) and ".." not in path.parts:
                    return path.relative_to(root).as_posix()
        return None

    def conditioning(self, file: Path, audio: Sized, first: int = 0) -> Given:
        """Those of them that the model is told."""
        known = self.of(file, audio, first)
        return {
            task: row for task, row in known.items() if task in self.run.model.conditioning_tasks
        }
