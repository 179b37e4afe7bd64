"""How much of a dataset's sound is labelled, and with what."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from vschaos.data.check.findings import ERROR, NOTE, WARNING, Finding
from vschaos.data.metadata.task import Task, read_task

MISREAD, NOT_READ = "labels that are not understood", "labels that cannot be used"
SHOWN_NAMES = 12


class Coverage(NamedTuple):
    """What is known of a dataset for one task, over its usable sounds.

    Attributes:
        name: of the task.
        is_class: whether values are classes; else they are numbers.
        num_sounds: sounds in which something is known.
        seconds: in which something is known.
        seconds_of_classes: the same by class, in the order of class numbers, with their names.
        low, high, mean: of numbers; the mean is over time.
        findings: what is wrong with its labels.
    """

    name: str
    is_class: bool
    num_sounds: int
    seconds: float
    seconds_of_classes: list[tuple[str, float]]
    low: float
    high: float
    mean: float
    findings: list[Finding]

    @property
    def can_be_used(self) -> bool:
        return all(finding.kind != NOT_READ for finding in self.findings)

    @property
    def unused_classes(self) -> list[str]:
        """Names of classes without a sound; a class that is called by its number may not exist."""
        return [
            name
            for number, (name, seconds) in enumerate(self.seconds_of_classes)
            if not seconds and name != str(number)
        ]


def measure_coverage(
    root: Path, name: str, durations: Mapping[str, float], is_float: bool = False
) -> Coverage:
    """Reads the labels of a task and compares them to the sounds.

    Args:
        root: the dataset.
        name: of the task.
        durations: seconds of each usable sound, by its name in the dataset.
        is_float: its values are numbers; else that is tried where they are no classes.
    """
    try:
        task = read_task(root, name, kind="float") if is_float else _read_either(root, name)
    except (ValueError, OSError) as error:
        place = f"metadata/{name}"
        finding = Finding(ERROR, NOT_READ, place, str(error).removeprefix(f"{place} "))
        return Coverage(name, True, 0, 0.0, [], 0.0, 0.0, 0.0, [finding])
    findings = [
        Finding(WARNING if is_warning else ERROR, MISREAD, f"{file}:{line}", message)
        for file, line, message, is_warning in task.problems
    ]
    if not task.vocabulary.is_class and not is_float:
        message = f"set data.dataset.metadata_callbacks.{name}.type=float"
        findings.append(Finding(NOTE, "labels that are numbers", f"metadata/{name}", message))
    coverage = _measure(task, durations, findings)
    findings.extend(_remarks(coverage, task, durations))
    return coverage


def _read_either(root: Path, name: str) -> Task:
    """As classes; as numbers if far more can be read then."""
    numbers: Task | None = None
    if not (root / "metadata" / name / "classes.txt").is_file():
        try:
            numbers = read_task(root, name, kind="float")
        except ValueError:
            numbers = None
    try:
        classes = read_task(root, name)
    except ValueError:
        if numbers is None:
            raise
        return numbers
    if numbers and len(numbers.problems) < len(classes.problems) / 2:
        return numbers if _num_known(numbers) > 2 * _num_known(classes) else classes
    return classes


def _num_known(task: Task) -> int:
    return sum(len(track) for track in task.segments.values())


def _measure(task: Task, durations: Mapping[str, float], findings: list[Finding]) -> Coverage:
    seconds_of_classes = [0.0] * len(task.vocabulary.classes)
    values: list[float] = []
    num_sounds, total, weighted = 0, 0.0, 0.0
    for name, duration in durations.items():
        known = 0.0
        for onset, offset, value in task.segments.get(name, []):
            seconds = max(min(offset, duration) - onset, 0.0)
            known += seconds
            weighted += seconds * value
            values.append(value)
            if task.vocabulary.is_class:
                seconds_of_classes[int(value)] += seconds
        num_sounds += known > 0
        total += known
    return Coverage(
        name=task.name,
        is_class=task.vocabulary.is_class,
        num_sounds=num_sounds,
        seconds=total,
        seconds_of_classes=list(zip(task.vocabulary.classes, seconds_of_classes, strict=True)),
        low=min(values, default=0.0),
        high=max(values, default=0.0),
        mean=weighted / total if total else 0.0,
        findings=findings,
    )


def _remarks(coverage: Coverage, task: Task, durations: Mapping[str, float]) -> list[Finding]:
    place, remarks = f"metadata/{task.name}", []
    unused = coverage.unused_classes
    if unused:
        more = f" and {len(unused) - SHOWN_NAMES} more" if len(unused) > SHOWN_NAMES else ""
        message = f"{', '.join(unused[:SHOWN_NAMES])}{more}"
        remarks.append(Finding(WARNING, "classes without a sound", place, message))
    late = [
        name
        for name, duration in durations.items()
        if any(onset >= duration for onset, _, _ in task.segments.get(name, []))
    ]
    if late:
        message = (
            f"in {len(late)} of {len(durations)} files, as {late[0]}; are the times in seconds?"
        )
        remarks.append(Finding(WARNING, "segments after the end of their sound", place, message))
    return remarks
