"""The card of a model says all of it, inside the `.ts` and beside it."""

import json
import zipfile
from pathlib import Path

import pytest

from vschaos.instrument.controls import Attribute, Control, Method
from vschaos.instrument.instrument import CARD, Instrument, read_instrument

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


def test_what_can_be_turned_and_called() -> None:
    assert [attribute.name for attribute in INSTRUMENT.settings()] == ["dimred"]
    assert INSTRUMENT.method("decode") is INSTRUMENT.methods[0]
    assert INSTRUMENT.method("encode") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        (json.dumps({"format": 2}), "format 1 expected, 2 came"),
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
