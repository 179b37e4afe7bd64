"""Labels of a dataset's files, as the text files in its folder `metadata` give them.

    metadata/<task>/metadata.txt    a line per sound: path relative to the dataset, TAB, value
    metadata/<task>/classes.txt     optional: class number, TAB, name
    metadata/<task>/tracks/         optional: text files of values that change in time, whose lines
                                    are onset,offset TAB value, in seconds

What a faulty line says is unknown, never guessed; all other lines count.
"""

from __future__ import annotations

import math
import posixpath
import unicodedata
from collections.abc import Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import NamedTuple

from vschaos.data.files import list_sounds, name_in
from vschaos.data.metadata.tracks import Segment, read_track
from vschaos.data.metadata.values import (
    ClassValues,
    PlainNumbers,
    Problem,
    Values,
    is_unknown,
    quoted,
    read_classes,
    read_lines,
    split_entry,
)
from vschaos.labels import Vocabulary

__all__ = ["Problem", "Segment", "SoundNames", "Task", "find_tasks", "read_task"]

SINGLE, MULTI = FORMS = ("read_single_metadata", "read_multi_metadata")
KINDS = ("int", "float")


class Task(NamedTuple):
    """What is known for one kind of label.

    Attributes:
        name: the name of its folder.
        vocabulary: the values that it can take.
        segments: by file, called as in the sound store; sorted, without overlap. Nothing is known
            between them, nor of files that are not listed.
        problems: lines that do not count, and warnings.
    """

    name: str
    vocabulary: Vocabulary
    segments: dict[str, list[Segment]]
    problems: list[Problem]


def find_tasks(root: Path) -> list[str]:
    """The names of the tasks that a dataset has labels for, sorted."""
    return sorted(
        path.parent.name
        for path in (root / "metadata").glob("*/metadata.txt")
        if path.is_file() and not path.parent.name.startswith(".")
    )


def read_task(
    root: Path,
    name: str,
    form: str | None = None,
    kind: str | None = None,
    sounds: SoundNames | None = None,
) -> Task:
    """Reads the labels of one task.

    Args:
        root: the dataset.
        name: of the task, as its folder in `root/metadata`.
        form: `read_single_metadata` where each file has one value, `read_multi_metadata` where
            each has a track; by default that is recognised line by line.
        kind: `int` for classes (the default), `float` for numbers.
        sounds: of the dataset, listed once for many tasks; listed anew if not given.

    Raises:
        FileNotFoundError: there is no such task, or no sound.
        ValueError: no value of it can be used; no such form or kind.
    """
    key = f"data.dataset.metadata_callbacks.{name}"
    _check_name(name)
    _check_choice(f"{key}.name", form, FORMS)
    _check_choice(f"{key}.type", kind, KINDS)
    if not (root / "metadata" / name / "metadata.txt").is_file():
        raise FileNotFoundError(
            f"there is no file {root / 'metadata' / name / 'metadata.txt'} for the labels {name}; "
            f"there are labels for: {', '.join(find_tasks(root)) or 'nothing'}"
        )
    problems: list[Problem] = []
    values = _read_values(root, name, kind, problems)
    segments = _Reader(root, name, form, values, problems).read(sounds or SoundNames(root))
    known = [segment for track in segments.values() for segment in track]
    if not known:
        reason = problems[0] if problems else "no line of it gives one"
        raise ValueError(f"metadata/{name} has no value that can be used: {reason}")
    vocabulary = values.vocabulary([segment.value for segment in known], _weights(segments))
    return Task(name, vocabulary, segments, problems)


def _check_name(name: str) -> None:
    if not name or name.startswith(".") or any(character in name for character in "/\\\0"):
        raise ValueError(
            "the name of a label (data.dataset.metadata_callbacks) must be that of a folder in "
            f"metadata/, without a dot before it or a slash in it, got {name!r}"
        )


def _check_choice(key: str, given: str | None, allowed: Sequence[str]) -> None:
    if given is not None and given not in allowed:
        raise ValueError(f"{key} must be {' or '.join(allowed)}, got {given!r}")


def _read_values(root: Path, name: str, kind: str | None, problems: list[Problem]) -> Values:
    file = f"metadata/{name}/classes.txt"
    has_classes = (root / file).is_file()
    if kind != "float":
        return ClassValues(name, read_classes(root, file, problems) if has_classes else None)
    if has_classes:
        reason = f"numbers (data.dataset.metadata_callbacks.{name}.type=float) have no classes"
        problems.append(Problem(file, 1, f"no classes.txt was expected, since {reason}"))
    return PlainNumbers()


def _weights(segments: dict[str, list[Segment]]) -> list[float]:
    """Durations; those of whole files are not known here, and count as an average track."""
    tracks = [
        [segment.offset_seconds - segment.onset_seconds for segment in track]
        for track in segments.values()
    ]
    totals = [sum(track) for track in tracks if track and math.isfinite(track[0])]
    whole = sum(totals) / len(totals) if totals else 1.0
    return [seconds if math.isfinite(seconds) else whole for track in tracks for seconds in track]


class SoundNames:
    """The sounds of a dataset, by the names that people and programs write for them."""

    def __init__(self, root: Path) -> None:
        names = [name_in(path, root) for path in list_sounds(root)]
        # a name as it is written wins over one that is the same in another normal form
        self._names = {unicodedata.normalize("NFC", name): name for name in names}
        self._names |= {name: name for name in names}
        self._folded = {name.casefold(): name for name in self._names}

    def find(self, text: str) -> str:
        """The name of a sound as in the store.

        Raises:
            ValueError: there is no such sound.
        """
        if text in self._names:
            return self._names[text]
        path = PurePosixPath(text.strip().replace("\\", "/"))
        name = unicodedata.normalize("NFC", path.as_posix())
        if name in self._names:
            return self._names[name]
        message = f"expected the path of a sound, relative to the dataset, got {quoted(text)}"
        for guess in (name.casefold(), f"data/{name}".casefold()):
            if guess in self._folded:
                message += f", perhaps for {self._folded[guess]}"
                break
        raise ValueError(message)


class _Reader:
    """Reads the metadata.txt of a task and the tracks that it names."""

    def __init__(
        self, root: Path, name: str, form: str | None, values: Values, problems: list[Problem]
    ) -> None:
        self.root = root
        self.folder = f"metadata/{name}"
        self.form = form
        self.form_key = f"data.dataset.metadata_callbacks.{name}.name={form}"
        self.values = values
        self.problems = problems
        self._tracks: dict[str, list[Segment]] = {}

    def read(self, sounds: SoundNames) -> dict[str, list[Segment]]:
        file = f"{self.folder}/metadata.txt"
        segments: dict[str, list[Segment]] = {}
        lines: dict[str, int] = {}
        for number, text in read_lines(self.root, file, self.problems):
            try:
                path, value = split_entry(text, "path of a sound TAB value")
                sound = sounds.find(path)
                first = lines.setdefault(sound, number)
                if first != number:
                    segments.pop(sound, None)
                    raise ValueError(f"line {first} is for {sound} already; neither counts")
                segments[sound] = self._read_value(value)
            except ValueError as error:
                self.problems.append(Problem(file, number, str(error)))
        return segments

    def _read_value(self, text: str) -> list[Segment]:
        if is_unknown(text):
            return []
        try:
            value = self.values.parse(text)
        except ValueError:
            track = self._find_track(text)
            if track is None:
                raise
            return self._read_track(track)
        if self.form == MULTI:
            raise ValueError(f"expected a track or none ({self.form_key}), got {quoted(text)}")
        return [Segment(0.0, math.inf, value)]

    def _read_track(self, file: str) -> list[Segment]:
        if self.form == SINGLE:
            raise ValueError(
                f"expected one value for the whole file ({self.form_key}), "
                f"got the track {quoted(file)}"
            )
        if file not in self._tracks:
            try:
                self._tracks[file] = read_track(self.root, file, self.values, self.problems)
            except OSError as error:
                raise ValueError(f"{file} cannot be read ({error.strerror})") from error
        return self._tracks[file]

    def _find_track(self, text: str) -> str | None:
        """A track's name relative to the dataset; None if the text does not look like one.

        Raises:
            ValueError: it looks like one, but there is none.
        """
        path = text.replace("\\", "/")
        folders = (self.folder, f"{self.folder}/tracks")
        names = [posixpath.normpath(f"{folder}/{path}") for folder in folders]
        is_absolute = "/" in path and bool(PureWindowsPath(path).anchor)
        if is_absolute or names[0].split("/")[0] == "..":
            raise ValueError(
                f"expected a track in the dataset's folder, relative to {self.folder}, "
                f"got {quoted(text)}"
            )
        for name in names:
            for form in (name, *(unicodedata.normalize(form, name) for form in ("NFC", "NFD"))):
                if _is_file(self.root / form):
                    return form
        if self.form != MULTI and "/" not in path and not path.lower().endswith(".txt"):
            return None
        raise ValueError(f"there is no track {quoted(text)} in {' or '.join(folders)}")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long for a name, or no characters for one
        return False
