"""A report shows the cycles of a model along each descriptor, and plays them."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.generation.test_tables import HOP, make_run
from vschaos.report.listening import _tables
from vschaos.report.page import render

Tables = list[dict[str, Any]]


@pytest.fixture(scope="module")
def decoded() -> list[np.ndarray]:
    """What the model was given to play."""
    return []


@pytest.fixture(scope="module")
def tables(decoded: list[np.ndarray]) -> Tables:
    run = make_run()

    def decode(latents: np.ndarray, labels: object) -> np.ndarray:
        decoded.append(latents)
        return np.full(latents.shape[1] * HOP, 0.1, np.float32)

    run.decode = decode
    return _tables(run, run.model, {})


def test_each_descriptor_moves_alone(tables: Tables, decoded: list[np.ndarray]) -> None:
    assert [entry["player"]["title"] for entry in tables] == [
        "brightness from -2 to 2 standard deviations",
        "odd_even from -2 to 2 standard deviations",
    ]
    brightness, odd = decoded
    np.testing.assert_allclose(
        brightness[[0, 1, 2, 4]], [[58.0], [1.0], [-25.0], [0.0]] * np.ones(brightness.shape[1])
    )
    np.testing.assert_allclose(brightness[3, [0, -1]], [-2.0, 2.0])
    np.testing.assert_allclose(odd[4, [0, -1]], [-2.0, 2.0])


def test_their_pictures_are_those_of_their_cycles(tables: Tables) -> None:
    pictures = [
        np.asarray(Image.open(io.BytesIO(base64.b64decode(one["picture"]))).convert("RGB"))
        for one in tables
    ]
    assert all(np.ptp(one) > 200 for one in pictures)
    assert (pictures[0] != pictures[1]).any()


def test_the_page_holds_them(tables: Tables, content: dict[str, Any]) -> None:
    assert content["listening"]["tables"] == []  # of a model that has no cycle
    page = render({**content, "listening": {**content["listening"], "tables": tables}})
    assert json.dumps(tables[0]["picture"]) in page
