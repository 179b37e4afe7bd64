"""A vocabulary knows what a name or a number means, survives a file, and refuses the rest."""

from __future__ import annotations

import json
import math

import pytest

from vschaos.labels import Vocabulary

TIMBRE = Vocabulary(("violin", "Kör 🎻", "12", "1.5"))
LOUDNESS = Vocabulary(low=-60.0, high=-6.0, mean=-20.0, deviation=9.5)


@pytest.mark.parametrize(
    ("given", "number"),
    [("violin", 0), ("Kör 🎻", 1), ("2", 2), (2, 2), (3.0, 3), ("3.0", 3), ("1.5", 3), (" 1 ", 1)],
)
def test_a_class_is_meant_by_its_name_or_its_number(given: str | float, number: int) -> None:
    assert TIMBRE.is_class
    value = TIMBRE.value(given)
    assert isinstance(value, float)
    assert value == number


@pytest.mark.parametrize(
    "given", ["Violin", "12", "-1", -1, 4, 0.5, "0.5", math.nan, "nan", math.inf, "", "none"]
)
def test_what_is_no_class_is_refused_with_those_there_are(given: str | float) -> None:
    with pytest.raises(
        ValueError, match=r"from 0 to 3 or one of violin, Kör 🎻, 12, 1\.5, got"
    ) as e:
        TIMBRE.value(given)
    assert str(e.value).endswith(f"got {given!r}")


@pytest.mark.parametrize(
    ("given", "number"), [("-20", -20.0), (-3.5, -3.5), ("1e2", 100.0), (-900.0, -900.0)]
)
def test_a_number_is_itself_also_beyond_its_range(given: str | float, number: float) -> None:
    assert not LOUDNESS.is_class
    assert LOUDNESS.value(given) == number


@pytest.mark.parametrize("given", ["loud", "nan", math.nan, "inf", -math.inf, ""])
def test_what_is_no_number_is_refused(given: str | float) -> None:
    with pytest.raises(ValueError, match=r"expected a number, got "):
        LOUDNESS.value(given)


@pytest.mark.parametrize("vocabulary", [TIMBRE, LOUDNESS, Vocabulary()])
def test_a_vocabulary_comes_back_from_json(vocabulary: Vocabulary) -> None:
    text = json.dumps(vocabulary.to_json())
    assert Vocabulary.from_json(json.loads(text)) == vocabulary


@pytest.mark.parametrize(
    "change", [{"low": "deep"}, {"mean": None}, {"classes": 3}, {"classes": None}, {"high": []}]
)
def test_other_json_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no vocabulary of a label"):
        Vocabulary.from_json({**TIMBRE.to_json(), **change})
    with pytest.raises(ValueError, match="no vocabulary of a label"):
        Vocabulary.from_json({})
