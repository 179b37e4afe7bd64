"""Faults of a model are reported, and nothing of a model without faults."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from tests.training.monitoring.puppet import Player, Puppet, Sine, material
from vschaos.evaluation.effects import values_of
from vschaos.evaluation.prediction import predicted_frames, prediction_score
from vschaos.labels import Vocabulary
from vschaos.training.monitoring.findings import find


def warnings(*known: bool, **model: Any) -> list[str]:
    puppet = Puppet(**model)
    found = find(puppet, material(puppet, known or (True,) * 6))
    return [finding.text for finding in found if finding.level >= logging.WARNING]


def test_a_model_without_faults_has_no_warnings() -> None:
    assert warnings() == []
    puppet = Puppet()
    assert find(puppet, material(puppet))[0].text == "2 of 2 latents are active"


def test_a_collapse_is_reported_with_what_to_change() -> None:
    (text,) = warnings(nats=(0.02, 0.05))
    assert "collapsed: 0 of 2 latents are active" in text
    assert "lower training.weights.kl.weight" in text


def test_latents_that_encode_nothing_are_named() -> None:
    puppet = Puppet(nats=(1.0, 0.01))
    (finding, *_) = find(puppet, material(puppet))
    assert finding.level == logging.INFO
    assert "1 of 2 latents are active, 2 encode nothing" in finding.text
    assert "model.latent.dim=1" in finding.text


@pytest.mark.parametrize("octaves", [0.0, 0.001])
def test_a_label_without_effect_is_reported(octaves: float) -> None:
    (text,) = warnings(octaves=octaves)
    assert "the model ignores its conditioning label pitch" in text
    assert "metadata/pitch" in text


def test_numbers_are_treated_as_classes_are() -> None:
    number = Vocabulary(low=0.0, high=1.0)
    assert warnings(vocabulary=number) == []
    text = warnings(vocabulary=number, octaves=0.0, is_right=False)
    assert len(text) == 2
    assert "ignores" in text[0]
    assert "with an error of 0.5, the constant 0 gives 0.5" in text[1]


def test_a_label_of_the_encoder_alone_need_not_change_the_decoder() -> None:
    assert warnings(octaves=0.0, conditions_encoder=True) == []


def test_a_label_of_one_value_is_not_reported() -> None:
    assert warnings(octaves=0.0, vocabulary=Vocabulary(("only",))) == []


def test_a_label_that_is_not_predicted_is_reported() -> None:
    (text,) = warnings(is_right=False)
    assert "right in 50% of the frames, the constant low gives 50%" in text
    assert warnings(False, True, False, True, is_right=False) == []


def test_unknown_labels_do_not_count() -> None:
    puppet = Puppet(is_right=False)
    excerpts = material(puppet, (True, True, True, False)).short_excerpts
    score = prediction_score(
        puppet.vocabularies["pitch"], *predicted_frames(puppet, excerpts, "pitch")
    )
    assert score is not None
    assert score.score == score.trivial == pytest.approx(2 / 3)


def test_of_many_classes_some_are_compared() -> None:
    classes = tuple(f"class {number}" for number in range(128))
    values = values_of(Puppet(vocabulary=Vocabulary(classes)), "pitch")
    assert len(values) == 12
    assert {"class 0", "class 127"} <= set(values)


@pytest.mark.parametrize("model", [Sine(), Player()])
def test_a_model_without_the_capabilities_has_no_findings(model: Player) -> None:
    assert find(model, material(model)) == []
