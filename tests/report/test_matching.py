"""A report of a model that finds settings: sounds to hear, tables, and the chain."""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest
import torch
from PIL import Image

from tests.evaluation.test_matching import run_of
from vschaos.models.synth import Synth
from vschaos.report import matching
from vschaos.report.page import render


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    torch.manual_seed(0)
    model = Synth({}, "two_osc", seconds=0.1, channels=8, hidden_dim=16).eval()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching, "SOUNDS", 3)
        patch.setattr(matching, "NEIGHBOURS", 8)
        patch.setattr(matching, "PLAYED", 2)
        with torch.inference_mode():
            return matching.describe_matching(run_of(model), model)


def test_sounds_are_beside_what_was_found(described: dict[str, Any]) -> None:
    assert len(described["pairs"]) == 2
    for pair in described["pairs"]:
        assert [player["title"] for player in pair["players"]] == ["target", "found"]
        assert all(len(base64.b64decode(player["sound"])) > 500 for player in pair["players"])
    assert described["count"] == 3
    assert described["rows"]["model"]["lsd"] > 0.0


def test_the_chain_is_drawn(described: dict[str, Any]) -> None:
    picture = Image.open(io.BytesIO(base64.b64decode(described["diagram"])))
    assert picture.width > 2 * picture.height > 200


def test_the_page_takes_all_of_it(described: dict[str, Any]) -> None:
    page = render({"name": "a", "matching": described})
    assert "nearest training sound" in page
    assert "semitones_2" in page


def test_without_what_plays_them_the_table_is_still_there(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def missing(self: Synth) -> None:
        raise FileNotFoundError("no such plug-in")

    monkeypatch.setattr(Synth, "synthesiser", missing)
    monkeypatch.setattr(matching, "SOUNDS", 2)
    monkeypatch.setattr(matching, "NEIGHBOURS", 8)
    model = Synth({}, "mono", seconds=0.1, channels=8, hidden_dim=16).eval()
    described = matching.describe_matching(run_of(model), model)
    assert described["pairs"] == []
    assert "lsd" not in described["rows"]["model"]
    assert "no such plug-in" in caplog.text
