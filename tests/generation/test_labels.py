"""Labels of the command line are parsed, and sweeps cover all values."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

from vschaos.data.pitch.notes import PITCH_CLASSES
from vschaos.generation import parse_labels, swept_labels
from vschaos.labels import Vocabulary, sweep_values
from vschaos.runs import Run

VOCABULARIES = {
    "loudness": Vocabulary(low=-40.0, high=0.0),
    "octave": Vocabulary(tuple("01234")),
    "pitch": Vocabulary(PITCH_CLASSES),
    "timbre": Vocabulary(("reed", "bell")),
}


class LabelledRun:
    """The labels of a run."""

    vocabularies = VOCABULARIES
    model: Any = SimpleNamespace(vocabularies=VOCABULARIES)
    conditioning_tasks: ClassVar = ["pitch", "octave", "loudness"]
    labels, check_conditioning, _values = Run.labels, Run.check_conditioning, Run._values


def parsed(*words: str) -> Any:
    return parse_labels(LabelledRun(), words)  # type: ignore[arg-type]


def test_words_are_labels_and_their_values() -> None:
    assert parsed() == {}
    assert parsed("pitch", "3", "octave", "4") == {"pitch": 3.0, "octave": 4.0}
    assert parsed("pitch", "C") == {"pitch": 3.0}
    assert parsed("loudness", "-12.5", "pitch", "G#") == {"loudness": -12.5, "pitch": 11.0}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["pitch"], "pairs of a label and its value.*got pitch"),
        (["pitch", "3", "octave"], "pairs of a label"),
        (["timbre", "reed"], "conditioned on pitch, octave, loudness, got 'timbre'"),
        (["nowhere", "1"], "conditioned on pitch, octave, loudness, got 'nowhere'"),
        (["pitch", "H"], "pitch: .*class number from 0 to 11 or one of A, A#, .* 'H'"),
        (["pitch", "12"], "pitch: .* '12'"),
        (["octave", "-1"], "octave: .* '-1'"),
        (["loudness", "loud"], "loudness: .*'loud'"),
    ],
)
def test_wrong_labels_are_refused(words: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parsed(*words)


@pytest.mark.parametrize(
    ("low", "high"), [(-40.0, 0.0), (0.0, 1.0), (120.0, 124.0), (1990.0, 2001.0), (1e6, 1e6 + 7)]
)
def test_numbers_are_swept_from_the_lowest_to_the_highest(low: float, high: float) -> None:
    values = sweep_values(Vocabulary(low=low, high=high))
    np.testing.assert_allclose(list(values.values()), np.linspace(low, high, 8))
    step = (high - low) / 7
    for name, value in values.items():
        assert float(name) == pytest.approx(value, abs=0.1 * step)


def test_a_sweep_covers_all_classes_and_keeps_the_other_labels() -> None:
    others = {"pitch": 7.0, "octave": np.arange(5.0)}
    swept = swept_labels(LabelledRun(), "pitch", others)  # type: ignore[arg-type]
    assert tuple(swept) == PITCH_CLASSES
    for number, labels in enumerate(swept.values()):
        assert labels["pitch"] == number
        assert labels["octave"] is others["octave"]
    assert others["pitch"] == 7.0


def test_a_sweep_marks_classes_absent_from_the_training() -> None:
    run = LabelledRun()
    octave = dataclasses.replace(VOCABULARIES["octave"], unseen=(0, 4))
    run.vocabularies = {**VOCABULARIES, "octave": octave}
    swept = swept_labels(run, "octave")  # type: ignore[arg-type]
    assert list(swept) == ["0 - not in the training", "1", "2", "3", "4 - not in the training"]


def test_a_sweep_of_another_label_is_refused() -> None:
    with pytest.raises(ValueError, match="conditioned on pitch, octave, loudness, got 'timbre'"):
        swept_labels(LabelledRun(), "timbre")  # type: ignore[arg-type]
    run = LabelledRun()
    run.conditioning_tasks = []  # type: ignore[misc]
    with pytest.raises(ValueError, match="conditioned on no label, got 'pitch'"):
        swept_labels(run, "pitch")  # type: ignore[arg-type]
