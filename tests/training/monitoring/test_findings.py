"""What is wrong with a model is said, and nothing of one that is well."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from tests.training.monitoring.puppet import Puppet, material
from vschaos.evaluation.effects import values_of
from vschaos.evaluation.prediction import predicted_frames, prediction_score
from vschaos.labels import Vocabulary
from vschaos.training.monitoring.findings import find


def warnings(*known: bool, **model: Any) -> list[str]:
    puppet = Puppet(**model)
    found = find(puppet, material(puppet, known or (True,) * 6))
    return [finding.text for finding in found if finding.level >= logging.WARNING]


def test_nothing_is_wrong_with_a_model_that_is_well() -> None:
    assert warnings() == []
    puppet = Puppet()
    assert find(puppet, material(puppet))[0].text == "2 of 2 latents are active"


def test_a_collapse_is_said_with_what_to_change() -> None:
    (said,) = warnings(nats=(0.02, 0.05))
    assert "collapsed: 0 of 2 latents are active" in said
    assert "lower training.weights.kl.weight" in said
    assert warnings(nats=None) == []


def test_latents_that_say_nothing_are_named() -> None:
    puppet = Puppet(nats=(1.0, 0.01))
    (finding, *_) = find(puppet, material(puppet))
    assert finding.level == logging.INFO
    assert "1 of 2 latents are active, 2 say nothing" in finding.text
    assert "model.latent.dim=1" in finding.text


@pytest.mark.parametrize("obeyed", [0.0, 0.001])
def test_a_label_that_does_nothing_is_said(obeyed: float) -> None:
    (said,) = warnings(obeyed=obeyed)
    assert "pitch is told to the model and ignored" in said
    assert "metadata/pitch" in said


def test_numbers_are_judged_as_classes_are() -> None:
    number = Vocabulary(low=0.0, high=1.0)
    assert warnings(vocabulary=number) == []
    said = warnings(vocabulary=number, obeyed=0.0, hears=False)
    assert len(said) == 2
    assert "ignored" in said[0]
    assert "predicted with an error of 0.5, always saying 0 gives 0.5" in said[1]


def test_a_label_that_only_the_encoder_is_told_need_not_change_the_decoder() -> None:
    assert warnings(obeyed=0.0, told_to_encoder=True) == []


def test_one_value_alone_can_do_nothing() -> None:
    assert warnings(obeyed=0.0, vocabulary=Vocabulary(("only",))) == []


def test_a_head_that_hears_nothing_is_said() -> None:
    (said,) = warnings(hears=False)
    assert "right in 50% of the frames, always saying low gives 50%" in said
    assert warnings(False, True, False, True, hears=False) == []  # one class is known: who can tell


def test_only_what_is_known_is_judged() -> None:
    puppet = Puppet(hears=False)
    glimpses = material(puppet, (True, True, True, False)).glimpses
    heard = prediction_score(
        puppet.vocabularies["pitch"], *predicted_frames(puppet, glimpses, "pitch")
    )
    assert heard is not None
    assert heard.score == heard.trivial == pytest.approx(2 / 3)


def test_of_many_classes_some_are_gone_through() -> None:
    classes = tuple(f"class {number}" for number in range(128))
    values = values_of(Puppet(vocabulary=Vocabulary(classes)), "pitch")
    assert len(values) == 12
    assert {"class 0", "class 127"} <= set(values)
