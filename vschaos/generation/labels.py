"""Labels as a player states them, and sounds under each value of a label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vschaos.labels import sweep_values
from vschaos.runs import Given, Run


def parse_labels(run: Run, words: Sequence[str]) -> Given:
    """`pitch 3 octave 4` as words -> values by task.

    Raises:
        ValueError: a task without a value, one that the model is not told, or no such class.
    """
    if len(words) % 2:
        raise ValueError(
            f"--meta takes pairs of a label and its value, as pitch 3 octave 4; "
            f"{' '.join(words)} came"
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
    """The same latents `[Z, N]` under each value of a label: sounds `[T]` by its name, which tells
    of classes that no sound had which the model learnt from.

    Args:
        task: the label to go through.
        labels: the others.
        inversion: how the phase is found, one of the model's `inversions`.

    Raises:
        ValueError: the model is not told such a label.
    """
    swept = swept_labels(run, task, labels)
    return {name: run.decode(latents, given, inversion) for name, given in swept.items()}


def swept_labels(run: Run, task: str, labels: Given | None = None) -> dict[str, Given]:
    """All labels to decode with, by the name of each value of one of them; see `sweep`."""
    if task not in run.model.conditioning_tasks:
        told = ", ".join(run.model.conditioning_tasks) or "none"
        raise ValueError(f"the model can be told {told}; {task!r} came")
    vocabulary = run.vocabularies[task]
    return {
        vocabulary.title(name): {**(labels or {}), task: value}
        for name, value in sweep_values(vocabulary).items()
    }
