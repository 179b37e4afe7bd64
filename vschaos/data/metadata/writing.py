"""Write labels of sounds to the folders of a dataset's metadata; old ones are backed up.

`metadata/<task>/` holds `metadata.txt` (a sound, TAB, its track or its value), `classes.txt` (a
number, TAB, a name) and `tracks/`, with a line `onset,offset<TAB>value` for each segment, in
seconds. Of labels that were extracted from one channel of the sounds, or their mix, `channel.txt`
says which.
"""

from __future__ import annotations

import os
import shutil
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

CHANNEL = "channel.txt"


class Segment(NamedTuple):
    """What is true from onset to offset, in seconds; None where nothing is known."""

    onset: float
    offset: float
    value: int | None


@dataclass(frozen=True)
class TaskLabels:
    """All labels of a task.

    Attributes:
        name: of the task, and of its folder.
        classes: names by class number.
        tracks: segments by the name of the sound, relative to the dataset, as posix.
        channel: that they were extracted from, `mix` or a number from 1 on.
    """

    name: str
    classes: Sequence[str]
    tracks: dict[str, list[Segment]]
    channel: str | int | None = None


@dataclass(frozen=True)
class WholeLabels:
    """Labels of a task with one value for each whole sound.

    Attributes:
        name: of the task, and of its folder.
        values: by the name of the sound, relative to the dataset, as posix: numbers, or with
            `classes` class numbers.
        classes: names by class number; none for numbers.
    """

    name: str
    values: dict[str, float]
    classes: Sequence[str] = ()


def write_labels(root: Path, tasks: Iterable[TaskLabels | WholeLabels]) -> dict[str, Path]:
    """Writes `root/metadata/<task>` for each task: all of them, or none if anything fails.

    Labels that were there and say something else are moved to `root/metadata_backups`.

    Returns:
        where the old labels are now, for tasks that had others.
    """
    backups: dict[str, Path] = {}
    partials: list[Path] = []
    renames: list[tuple[Path, Path]] = []
    try:
        for task in tasks:
            folder, files = root / "metadata" / task.name, _files_of(task)
            if _read_files(folder) == files:
                continue
            partials.append(folder.with_name(f".{task.name}.partial"))
            shutil.rmtree(partials[-1], ignore_errors=True)  # left by a run that was killed
            for name, content in files.items():
                (partials[-1] / name).parent.mkdir(parents=True, exist_ok=True)
                (partials[-1] / name).write_bytes(content)
            if os.path.lexists(folder):
                backups[task.name] = _backup_of(root, task.name)
                renames.append((folder, backups[task.name]))
            renames.append((partials[-1], folder))
        _rename_all(renames)
    finally:
        for partial in partials:
            shutil.rmtree(partial, ignore_errors=True)
    return backups


def read_channel(root: Path, task: str) -> str | None:
    """The channel that the labels of a task were extracted from, if that is known."""
    try:
        return (root / "metadata" / task / CHANNEL).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None


def track_names(sounds: Iterable[str]) -> dict[str, str]:
    """Names of track files, relative to the task's folder, by the names of sounds.

    They mirror the folders of the sounds, and keep the ending of audio where two sounds differ in
    nothing else (also not in capitals, which some disks do not distinguish).

    Example:
        >>> track_names(["data/deep/a.wav", "data/b.wav"])
        {'data/deep/a.wav': 'tracks/deep/a.txt', 'data/b.wav': 'tracks/b.txt'}
        >>> track_names(["a.wav", "a.flac"])
        {'a.wav': 'tracks/a.wav.txt', 'a.flac': 'tracks/a.flac.txt'}
    """
    bare = {sound: PurePosixPath(sound.removeprefix("data/")) for sound in sounds}
    stems = Counter(path.with_suffix("").as_posix().casefold() for path in bare.values())
    if max(stems.values(), default=1) == 1:
        bare = {sound: path.with_suffix("") for sound, path in bare.items()}
    return {sound: f"tracks/{path.as_posix()}.txt" for sound, path in bare.items()}


def _files_of(task: TaskLabels | WholeLabels) -> dict[str, bytes]:
    """The files of a task's folder, by their names in it."""
    lines = _lines_of_whole(task) if isinstance(task, WholeLabels) else _lines_of_tracks(task)
    return {name: "".join(f"{line}\n" for line in of).encode() for name, of in lines.items()}


def _lines_of_whole(task: WholeLabels) -> dict[str, Iterable[str]]:
    lines: dict[str, Iterable[str]] = {
        "metadata.txt": (f"{sound}\t{value:.9g}" for sound, value in task.values.items())
    }
    if task.classes:
        lines["classes.txt"] = _class_lines(task.classes)
    return lines


def _lines_of_tracks(task: TaskLabels) -> dict[str, Iterable[str]]:
    names = track_names(task.tracks)
    lines: dict[str, Iterable[str]] = {
        names[sound]: (
            f"{onset:.4f},{offset:.4f}\t{'none' if value is None else value}"
            for onset, offset, value in segments
        )
        for sound, segments in task.tracks.items()
    }
    lines["metadata.txt"] = (f"{sound}\t{track}" for sound, track in names.items())
    lines["classes.txt"] = _class_lines(task.classes)
    if task.channel is not None:
        lines[CHANNEL] = [str(task.channel)]
    return lines


def _class_lines(classes: Sequence[str]) -> Iterable[str]:
    return (f"{number}\t{name}" for number, name in enumerate(classes))


def _read_files(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def _backup_of(root: Path, task: str) -> Path:
    """A path that is free, called after the task and the time."""
    name = f"{task}_{time.strftime('%Y-%m-%d_%H-%M-%S')}"
    path, number = root / "metadata_backups" / name, 1
    while os.path.lexists(path):
        number += 1
        path = path.with_name(f"{name}_{number}")
    return path


def _rename_all(renames: Sequence[tuple[Path, Path]]) -> None:
    """Renames in order; if one fails, or at Ctrl-C, the others are undone."""
    try:
        for source, target in renames:
            target.parent.mkdir(parents=True, exist_ok=True)
            source.rename(target)
    except BaseException:
        for source, target in reversed(renames):
            # asked of the disk: Ctrl-C may have come just after a rename
            if os.path.lexists(target) and not os.path.lexists(source):
                target.rename(source)
        raise
