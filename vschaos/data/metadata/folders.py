"""Write labels of sounds to the folders of a dataset's metadata; old ones are backed up.

`metadata/<task>/` holds `metadata.txt` (a sound, TAB, its track), `classes.txt` (a number, TAB, a
name) and `tracks/`, with a line `onset,offset<TAB>value` for each segment, in seconds. Of labels
that were extracted from one channel of the sounds, or their mix, `channel.txt` says which.
"""

from __future__ import annotations

import filecmp
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


def write_labels(root: Path, tasks: Iterable[TaskLabels]) -> dict[str, Path]:
    """Writes `root/metadata/<task>` for each task: all of them, or none if anything fails.

    Labels that were there and say something else are moved to `root/metadata_backups`.

    Returns:
        where the old labels are now, for tasks that had others.
    """
    tasks = list(tasks)
    partials = {task.name: root / "metadata" / f".{task.name}.partial" for task in tasks}
    backups: dict[str, Path] = {}
    renames: list[tuple[Path, Path]] = []
    try:
        for task in tasks:
            folder, partial = root / "metadata" / task.name, partials[task.name]
            shutil.rmtree(partial, ignore_errors=True)  # left by a run that was killed
            _write_task(partial, task)
            if _is_same(folder, partial):
                continue
            if os.path.lexists(folder):
                backups[task.name] = _backup_of(root, task.name)
                renames.append((folder, backups[task.name]))
            renames.append((partial, folder))
        _rename_all(renames)
    finally:
        for partial in partials.values():
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


def _write_task(folder: Path, task: TaskLabels) -> None:
    names = track_names(task.tracks)
    for sound, segments in task.tracks.items():
        track = folder / names[sound]
        track.parent.mkdir(parents=True, exist_ok=True)
        _write_lines(
            track,
            (
                f"{onset:.4f},{offset:.4f}\t{'none' if value is None else value}"
                for onset, offset, value in segments
            ),
        )
    _write_lines(folder / "metadata.txt", (f"{sound}\t{track}" for sound, track in names.items()))
    _write_lines(
        folder / "classes.txt", (f"{number}\t{name}" for number, name in enumerate(task.classes))
    )
    if task.channel is not None:
        _write_lines(folder / CHANNEL, [str(task.channel)])


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")


def _is_same(folder: Path, other: Path) -> bool:
    """Whether two folders hold the same files with the same content."""
    if not folder.is_dir():
        return False
    files = [
        sorted(path.relative_to(top) for path in top.rglob("*") if path.is_file())
        for top in (folder, other)
    ]
    return files[0] == files[1] and all(
        filecmp.cmp(folder / file, other / file, shallow=False) for file in files[0]
    )


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
