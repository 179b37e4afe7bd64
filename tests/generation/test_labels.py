"""What a player says of labels is understood, and sweeps go through all there is."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from vschaos.data.pitch.notes import PITCH_CLASSES
from vschaos.generation import parse_labels, sweep
from vschaos.labels import Vocabulary, sweep_values
from vschaos.runs import Run

VOCABULARIES = {
    "loudness": Vocabulary(low=-40.0, high=0.0),
    "octave": Vocabulary(tuple("01234")),
    "pitch": Vocabulary(PITCH_CLASSES),
    "timbre": Vocabulary(("reed", "bell")),
}


class Recorder:
    """A run that is told labels and keeps what it is asked to decode."""

    vocabularies = VOCABULARIES
    model: Any = SimpleNamespace(told=["pitch", "octave", "loudness"])
    labels = Run.labels

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def decode(self, latents: np.ndarray, labels: Any, inversion: str | None) -> np.ndarray:
        self.asked.append((latents, labels, inversion))
        return np.full(10, len(self.asked))


def parsed(*words: str) -> Any:
    return parse_labels(Recorder(), words)  # type: ignore[arg-type]


def test_words_are_labels_and_their_values() -> None:
    assert parsed() == {}
    assert parsed("pitch", "3", "octave", "4") == {"pitch": 3.0, "octave": 4.0}
    assert parsed("pitch", "C") == {"pitch": 3.0}
    assert parsed("loudness", "-12.5", "pitch", "G#") == {"loudness": -12.5, "pitch": 11.0}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["pitch"], "pairs of a label and its value.*pitch came"),
        (["pitch", "3", "octave"], "pairs of a label"),
        (["timbre", "reed"], "the model can be told pitch, octave, loudness; 'timbre' came"),
        (["nowhere", "1"], "the model can be told pitch, octave, loudness; 'nowhere' came"),
        (["pitch", "H"], "pitch: a class number from 0 to 11 or one of A, A#, .* 'H' came"),
        (["pitch", "12"], "pitch: .* '12' came"),
        (["octave", "-1"], "octave: .* '-1' came"),
        (["loudness", "loud"], "loudness: a number was expected"),
    ],
)
def test_what_cannot_be_said_is_refused(words: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parsed(*words)


@pytest.mark.parametrize(
    ("low", "high"), [(-40.0, 0.0), (0.0, 1.0), (120.0, 124.0), (1990.0, 2001.0), (1e6, 1e6 + 7)]
)
def test_numbers_are_gone_through_from_the_lowest_to_the_highest(low: float, high: float) -> None:
    values = sweep_values(Vocabulary(low=low, high=high))
    np.testing.assert_allclose(list(values.values()), np.linspace(low, high, 8))
    step = (high - low) / 7
    for name, value in values.items():
        assert float(name) == pytest.approx(value, abs=0.1 * step)


def test_a_sweep_goes_through_all_classes_and_leaves_the_other_labels() -> None:
    run, latents = Recorder(), np.zeros((2, 5))
    others = {"pitch": 7.0, "octave": np.arange(5.0)}
    sounds = sweep(run, latents, "pitch", others, "scan")  # type: ignore[arg-type]
    assert tuple(sounds) == PITCH_CLASSES
    assert [int(sound[0]) for sound in sounds.values()] == list(range(1, 13))
    for number, (given, labels, inversion) in enumerate(run.asked):
        assert given is latents
        assert labels["pitch"] == number
        assert labels["octave"] is others["octave"]
        assert inversion == "scan"
    assert others["pitch"] == 7.0


def test_a_sweep_tells_the_classes_that_no_sound_had() -> None:
    run = Recorder()
    octave = dataclasses.replace(VOCABULARIES["octave"], unseen=(0, 4))
    run.vocabularies = {**VOCABULARIES, "octave": octave}
    sounds = sweep(run, np.zeros((2, 5)), "octave")  # type: ignore[arg-type]
    assert list(sounds) == ["0 - not in the training", "1", "2", "3", "4 - not in the training"]


def test_a_sweep_of_what_the_model_is_not_told_is_refused() -> None:
    with pytest.raises(ValueError, match="can be told pitch, octave, loudness; 'timbre' came"):
        sweep(Recorder(), np.zeros((2, 5)), "timbre")  # type: ignore[arg-type]
    run = Recorder()
    run.model = SimpleNamespace(told=[])
    with pytest.raises(ValueError, match="can be told none; 'pitch' came"):
        sweep(run, np.zeros((2, 5)), "pitch")  # type: ignore[arg-type]
