"""Conditioning labels from the command line, and sweeps over the values of a label."""

from __future__ import annotations

from collections.abc import Sequence

from vschaos.labels import sweep_values
from vschaos.runs import Given, Run


def parse_labels(run: Run, words: Sequence[str]) -> Given:
    """`pitch 3 octave 4` as words -> values by task.

    Raises:
        ValueError: a task without a value, no conditioning label, or no such class.
    """
    if len(words) % 2:
        raise ValueError(
            f"--meta expects pairs of a label and its value, as pitch 3 octave 4, got "
            f"{' '.join(words)}"
        )
    given = dict(zip(words[::2], words[1::2], strict=True))
    run.labels(1, given)
    return {task: run.vocabularies[task].value(value) for task, value in given.items()}


def swept_labels(run: Run, task: str, labels: Given | None = None) -> dict[str, Given]:
    """Labels under each value of `task`, by the value's name, which marks classes that are absent
    from the training set.

    Args:
        labels: the others.

    Raises:
        ValueError: no such label conditions the model.
    """
    run.check_conditioning(task)
    vocabulary = run.vocabularies[task]
    return {
        vocabulary.title(name): {**(labels or {}), task: value}
        for name, value in sweep_values(vocabulary).items()
    }
