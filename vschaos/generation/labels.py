"""Labels as a player states them, and sounds under each value of a label."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from vschaos.labels import Vocabulary
from vschaos.runs import Given, Run

NUMBERS_IN_SWEEP = 8


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


def sweep_values(vocabulary: Vocabulary) -> dict[str, float]:
    """The values to go through, by what they are called: all classes, or some numbers from the
    lowest to the highest."""
    if vocabulary.is_class:
        return {name: float(number) for number, name in enumerate(vocabulary.classes)}
    numbers = np.linspace(vocabulary.low, vocabulary.high, NUMBERS_IN_SWEEP)
    step = abs(numbers[1] - numbers[0]) or 1.0
    digits = max(0, 1 - math.floor(math.log10(step)))  # so that no two are called the same
    return {f"{number:.{digits}f}": float(number) for number in numbers}


def sweep(
    run: Run,
    latents: np.ndarray,
    task: str,
    labels: Given | None = None,
    inversion: str | None = None,
) -> dict[str, np.ndarray]:
    """The same latents `[Z, N]` under each value of a label: sounds `[T]` by its name.

    Args:
        task: the label to go through.
        labels: the others.
        inversion: how the phase is found, one of the model's `inversions`.

    Raises:
        ValueError: the model is not told such a label.
    """
    if task not in run.model.told:
        told = ", ".join(run.model.told) or "none"
        raise ValueError(f"the model can be told {told}; {task!r} came")
    return {
        name: run.decode(latents, {**(labels or {}), task: value}, inversion)
        for name, value in sweep_values(run.vocabularies[task]).items()
    }
