"""Conditioning labels from the command line, and sweeps over the values of a label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

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


def sweep(
    run: Run,
    latents: np.ndarray,
    task: str,
    labels: Given | None = None,
    inversion: str | None = None,
) -> dict[str, np.ndarray]:
    """Decodes latents `[Z, N]` under each value of a label: sounds `[T]` by the value's name, which
    marks classes that are absent from the training set.

    Args:
        task: the label to sweep.
        labels: the others.
        inversion: see `Run.decode`.

    Raises:
        ValueError: no such label conditions the model.
    """
    swept = swept_labels(run, task, labels)
    return {name: run.decode(latents, given, inversion) for name, given in swept.items()}


def swept_labels(run: Run, task: str, labels: Given | None = None) -> dict[str, Given]:
    """All labels of a `sweep`, by the name of each value of `task`."""
    run.check_conditioning(task)
    vocabulary = run.vocabularies[task]
    return {
        vocabulary.title(name): {**(labels or {}), task: value}
        for name, value in sweep_values(vocabulary).items()
    }
