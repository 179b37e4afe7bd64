"""The card of a model says all of it, inside the `.ts` and beside it."""

import dataclasses
import json
import math
import zipfile
from pathlib import Path
from typing import Any

import pytest

from vschaos.instrument.controls import Attribute, Control, Method
from vschaos.instrument.instrument import CARD, Instrument, check_plain, read_instrument

PITCH = Control("pitch", 0.0, 1.0, "class", ("A", "Ré ♯"), unknown_below=0.0, unseen=(1,))
AUDIO = Control("audio", -1.0, 1.0, "amplitude")
LATENT = Control("latent 1", -2.5, 3.1, "sigma")
INSTRUMENT = Instrument(
    "my strings",
    48000,
    256,
    768,
    [Method("decode", [LATENT, PITCH], 256, [AUDIO], 1), Method("forward", [AUDIO], 1, [AUDIO], 1)],
    [
        Attribute("dimred", "str", "coordinates", "none", choices=("none", "pca")),
        Attribute("latency", "int", "samples", 768, is_read_only=True),
    ],
)


def test_a_card_beside_the_model_says_all(tmp_path: Path) -> None:
    path = tmp_path / "my strings.json"
    path.write_text(INSTRUMENT.to_json(), encoding="utf-8")
    assert read_instrument(path) == INSTRUMENT


def test_a_card_within_the_model_says_all(tmp_path: Path) -> None:
    path = tmp_path / "my strings.ts"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"my strings/extra/{CARD}", INSTRUMENT.to_json())
    assert read_instrument(path) == INSTRUMENT


def changed(value: Any) -> Any:
    """Another value of the same kind."""
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, int | float):
        return value + 1
    return (*value, "a") if isinstance(value, tuple) else f"{value}a"


@pytest.mark.parametrize("entry", [PITCH, INSTRUMENT.attributes[0]])
def test_each_field_survives_the_card(entry: Control | Attribute, tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    special = {
        "movement": "gate",
        "unseen": (0,),
        "limits": (0.0, 0.5),
        "aliases": (("p", "pca"),),
        "type": "str",
    }
    depth = Attribute("depth", "float", "that another sets", 0.5)
    if isinstance(entry, Attribute):
        entry = entry._replace(low=0.1)  # as a logarithmic one has
        special["sets"] = (("depth", (0.25,) * len(entry.choices)),)
    for field in entry._fields:
        other = entry._replace(**{field: special.get(field, changed(getattr(entry, field)))})
        if isinstance(other, Control):
            methods = [Method("play", [other], 1, [other], 1)]
            instrument = dataclasses.replace(INSTRUMENT, methods=methods)
        else:
            instrument = dataclasses.replace(INSTRUMENT, attributes=[other, depth])
        path.write_text(instrument.to_json(), encoding="utf-8")
        assert read_instrument(path) == instrument, field


@pytest.mark.parametrize(
    ("control", "message"),
    [
        (LATENT._replace(default=math.nan), "finite numbers"),
        (LATENT._replace(low=4.0), "low <= high"),
        (LATENT._replace(movement="jumping"), "movement must be one of gaussian"),  # type: ignore[arg-type]
        (PITCH._replace(unseen=(2,)), "unseen must be numbers of classes"),
        (PITCH._replace(name="a\n"), "printable"),
    ],
)
def test_controls_that_cannot_be_are_refused(control: Control, message: str) -> None:
    methods = [Method("play", [control], 1, [AUDIO], 1)]
    with pytest.raises(ValueError, match=message):
        check_plain(dataclasses.replace(INSTRUMENT, methods=methods))


def test_what_can_be_turned_and_called() -> None:
    assert [attribute.name for attribute in INSTRUMENT.settings()] == ["dimred"]
    assert INSTRUMENT.method("decode") is INSTRUMENT.methods[0]
    assert INSTRUMENT.method("encode") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        (json.dumps({"format": 2}), "format must be 1, got 2"),
        (json.dumps({"format": 1, "name": "x"}), "methods"),
    ],
)
def test_cards_that_are_none_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "card.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read_instrument(path)


def test_files_without_a_card_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.ts"
    with pytest.raises(FileNotFoundError, match=r"model\.ts"):
        read_instrument(path)
    path.write_bytes(b"no archive")
    with pytest.raises(ValueError, match="is no model"):
        read_instrument(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/data.pkl", b"")
    with pytest.raises(ValueError, match="holds no card"):
        read_instrument(path)
