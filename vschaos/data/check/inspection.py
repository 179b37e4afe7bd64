"""The state of a dataset, as it is before anything is trained: its sounds and their labels."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from vschaos.audio.channels import Origin, cancelling, cancels
from vschaos.audio.files import (
    AUDIO_EXTENSIONS,
    SoundFormat,
    UnusableAudioError,
    probe,
    read_blocks,
)
from vschaos.data.check.coverage import Coverage, measure_coverage
from vschaos.data.check.findings import ERROR, NOTE, WARNING, Finding
from vschaos.data.files import check_root, left_out, list_sounds, name_in
from vschaos.data.full_scale import beyond, is_beyond
from vschaos.data.metadata.task import find_tasks
from vschaos.data.remarks import SILENCE, SILENT_REASON, low_rates, why_short
from vschaos.progress import Progress

SAMPLE_RATE = 44100  # Hz, of a model whose recipe says nothing else
HOP_LENGTH = 512  # samples; a sound below it does not fill one frame
FULL_SCALE = 0.99
CLIPPED_RUN = 3  # samples alike at full scale, one after the other
SHORT, SILENT = "sounds that are too short", "silent files"  # kinds that cannot be used
BEYOND_IS_SET = (
    "it is scaled to the usual peak; data.dataset.beyond_full_scale=keep takes it as it is, "
    "skip leaves it out"
)
CANCELLED = "channels that cancel each other"


class Sound(NamedTuple):
    """A file that can be read; its name is relative to the dataset."""

    name: str
    format: SoundFormat

    @property
    def seconds(self) -> float:
        return self.format.length / self.format.sample_rate


class Inspection(NamedTuple):
    """What there is in a dataset, and what is wrong with it.

    Attributes:
        num_files: audio files that were found.
        readable: those that can be read.
        usable: those that are neither silent nor too short either.
        other_files: how many files there are beside them, by extension.
        findings: about sounds; those about labels are with the tasks.
        tasks: the labels.
    """

    root: Path
    num_files: int
    readable: list[Sound]
    usable: list[Sound]
    other_files: dict[str, int]
    findings: list[Finding]
    tasks: list[Coverage]

    @property
    def seconds(self) -> float:
        return sum(sound.seconds for sound in self.usable)

    def count(self, severity: str) -> int:
        findings = [*self.findings, *(one for task in self.tasks for one in task.findings)]
        return sum(finding.severity == severity for finding in findings)

    def to_json(self) -> dict[str, Any]:
        return {
            "dataset": str(self.root),
            "num_files": self.num_files,
            "num_usable": len(self.usable),
            "seconds": self.seconds,
            **{name: dict(counts) for name, counts in count_formats(self.readable).items()},
            "other_files": self.other_files,
            "num_errors": self.count(ERROR),
            "num_warnings": self.count(WARNING),
            "findings": [finding._asdict() for finding in self.findings],
            "tasks": [
                {**task._asdict(), "findings": [finding._asdict() for finding in task.findings]}
                for task in self.tasks
            ],
        }


def inspect_dataset(root: Path, float_tasks: Collection[str] = ()) -> Inspection:
    """Reads all sounds and labels of a dataset, with a progress bar.

    Args:
        root: the dataset.
        float_tasks: labels whose values are numbers; by default that is recognised.

    Raises:
        FileNotFoundError: no such folder, or no audio file in it.
        ValueError: `float_tasks` names labels that are not there.
    """
    check_root(root)
    paths = list_sounds(root)
    names = find_tasks(root)
    for name in set(float_tasks) - set(names):
        raise ValueError(
            f"there are no labels {name} in {root / 'metadata'}; "
            f"there are: {', '.join(names) or 'none'}"
        )
    findings: list[Finding] = []
    readable, usable = [], []
    for path in Progress(paths, desc="reading", unit="file"):
        name = name_in(path, root)
        try:
            sound, remarks = _inspect(path, name)
        except UnusableAudioError as error:
            findings.append(Finding(ERROR, "files that cannot be used", name, str(error)))
            continue
        findings.extend(remarks)
        readable.append(sound)
        if not any(remark.kind in (SHORT, SILENT) for remark in remarks):
            usable.append(sound)
    findings.extend(
        Finding(NOTE, "left out", name, reason) for name, reason in left_out(root).items()
    )
    findings.extend(_find_duplicates(root, paths))
    findings.extend(_compare_formats(readable))
    findings.extend(_find_halves_of_tasks(root))
    if not usable:
        findings.append(Finding(ERROR, "nothing to train with", str(root), "no file can be used"))
    durations = {sound.name: sound.seconds for sound in usable}
    tasks = [measure_coverage(root, name, durations, name in float_tasks) for name in names]
    others = _count_others(root, paths)
    return Inspection(root, len(paths), readable, usable, others, findings, tasks)


def count_formats(sounds: Iterable[Sound]) -> dict[str, Counter[Any]]:
    """How many sounds there are of each sample rate, number of channels and encoding."""
    formats = [sound.format for sound in sounds]
    return {
        "sample_rates": Counter(one.sample_rate for one in formats),
        "channels": Counter(one.num_channels for one in formats),
        "encodings": Counter(one.encoding for one in formats),
    }


def _inspect(path: Path, name: str) -> tuple[Sound, list[Finding]]:
    """A sound, and the findings about it.

    Raises:
        UnusableAudioError: it cannot be read, or has no sample.
    """
    header = probe(path)
    length, peak, is_clipped, origin = 0, 0.0, False, Origin()
    for block in read_blocks(path, header.sample_rate, "mix", origin):
        length += len(block)
        peak = max(peak, float(np.abs(block).max(initial=0.0)))
        is_clipped = is_clipped or _is_clipped(block)
    if length == 0:
        raise UnusableAudioError("it is empty")
    remarks = []
    if length < HOP_LENGTH:
        reason = why_short(length, header.sample_rate, HOP_LENGTH)
        remarks.append(Finding(WARNING, SHORT, name, reason))
    if cancels(origin.mix_db, origin.num_channels):
        remarks.append(Finding(WARNING, CANCELLED, name, cancelling(origin.mix_db)))
    elif peak < SILENCE:
        remarks.append(Finding(WARNING, SILENT, name, SILENT_REASON))
    if is_beyond(peak):
        message = f"{beyond(peak)}: {BEYOND_IS_SET}"
        remarks.append(Finding(WARNING, "sounds beyond full scale", name, message))
    if is_clipped:
        message = f"{CLIPPED_RUN} or more samples in a row are alike, at a peak of {peak:.2f}"
        remarks.append(Finding(NOTE, "sounds that seem clipped", name, message))
    # the header of a cut or streamed file may promise another length
    return Sound(name, header._replace(length=length)), remarks


def _is_clipped(block: np.ndarray) -> bool:
    held = (block[1:] == block[:-1]) & (np.abs(block[1:]) >= FULL_SCALE)
    runs = np.convolve(held, np.ones(CLIPPED_RUN - 1), mode="valid") if held.any() else held
    return bool((runs >= CLIPPED_RUN - 1).any())


def _find_duplicates(root: Path, paths: Iterable[Path]) -> Iterator[Finding]:
    """Files with the same bytes; only those of the same size are read."""
    by_size: dict[int, list[Path]] = defaultdict(list)
    for path in paths:
        by_size[path.stat().st_size].append(path)
    by_size.pop(0, None)  # empty files are reported as such
    twins = [path for alike in by_size.values() if len(alike) > 1 for path in alike]
    first: dict[bytes, Path] = {}
    for path in sorted(twins):
        try:
            with path.open("rb") as file:
                content = hashlib.file_digest(file, "blake2b").digest()
        except OSError:  # reported already, when its sound was read
            continue
        if first.setdefault(content, path) != path:
            message = f"the same as {name_in(first[content], root)}"
            yield Finding(WARNING, "duplicate files", name_in(path, root), message)


def _compare_formats(sounds: list[Sound]) -> Iterator[Finding]:
    rates = count_formats(sounds)["sample_rates"]
    if len(rates) > 1:
        message = ", ".join(f"{count} at {rate} Hz" for rate, count in rates.most_common())
        place = "all of it is resampled to model.sample_rate"
        yield Finding(WARNING, "mixed sample rates", message, place)
    for place, message in low_rates(rates, SAMPLE_RATE):
        yield Finding(NOTE, "sample rates below the model's", place, message)


def _find_halves_of_tasks(root: Path) -> Iterator[Finding]:
    folders = (root / "metadata").iterdir() if (root / "metadata").is_dir() else iter(())
    names = sorted(path.name for path in folders if path.is_dir() and path.name[0] != ".")
    for name in sorted(set(names) - set(find_tasks(root))):
        message = "there is no metadata.txt in it"
        yield Finding(ERROR, "labels that cannot be used", f"metadata/{name}", message)


def _count_others(root: Path, paths: Iterable[Path]) -> dict[str, int]:
    """Files that are not looked at, by extension: perhaps sounds of another kind."""
    if not (root / "data").is_dir():  # much else may lie there, as the labels
        return {}
    names = (path for path in (root / "data").rglob("*") if path.is_file())
    others = (path.suffix.lower() for path in names if not path.name.startswith("."))
    counts = Counter(suffix for suffix in others if suffix not in AUDIO_EXTENSIONS)
    return dict(counts.most_common())
