"""A report plays the sounds with the most noise without and with its texture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vschaos.evaluation.rendered import open_material
from vschaos.generation.material import Clip, Material
from vschaos.models.capabilities import Textured
from vschaos.report.listening import _textures
from vschaos.runs import Run

RATE = 8000


@pytest.fixture(scope="module")
def material(plain: Run) -> Material:
    return open_material(plain)


@pytest.fixture(scope="module")
def clips(material: Material) -> list[Clip]:
    """A tone, a tone with noise after it, noise, under the names of three files."""
    found = [material.clip(name, 1.0, "held_out") for name in material.names("held_out")[:3]]
    random = np.random.default_rng(0)
    noise = (0.1 * random.standard_normal(2 * RATE)).astype(np.float32)
    tone = np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE).astype(np.float32) / 4
    half = np.where(np.arange(2 * RATE) < RATE, tone, noise).astype(np.float32)
    pairs = zip(found, (tone, half, noise), strict=True)
    return [clip._replace(audio=audio) for clip, audio in pairs if clip is not None]


def textures(run: Run, material: Material, clips: list[Clip]) -> list[dict[str, Any]]:
    assert isinstance(run.model, Textured)
    return _textures(run, run.model, material, clips)


def test_the_noisiest_come_first_and_tones_not_at_all(
    plain: Run, material: Material, clips: list[Clip]
) -> None:
    found = textures(plain, material, clips)
    assert [pair["name"] for pair in found] == [clips[2].name, clips[1].name]
    for pair in found:
        assert [one["title"] for one in pair["players"]] == ["without texture", "with texture"]
        without, textured = pair["players"]
        assert without["seconds"] == textured["seconds"] == pytest.approx(2.0, abs=0.1)
    assert textures(plain, material, clips[:1]) == []


def test_the_setting_of_the_model_stays(
    plain: Run, material: Material, clips: list[Clip], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = plain.model
    assert isinstance(model, Textured)
    monkeypatch.setattr(model, "texture", 0.3)
    heard: list[float] = []
    decode = type(plain).decode

    def listening(run: Run, *arguments: Any) -> np.ndarray:
        heard.append(model.texture)
        return decode(run, *arguments)

    monkeypatch.setattr(type(plain), "decode", listening)
    textures(plain, material, clips[2:])
    assert heard == [0.0, 1.0]
    assert model.texture == 0.3


def test_a_model_that_tells_no_noise_shows_none(
    plain: Run, material: Material, clips: list[Clip], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain.model, "has_texture", False)
    assert textures(plain, material, clips) == []


def test_a_page_of_tones_has_no_such_section(content: dict[str, Any]) -> None:
    assert content["listening"]["textures"] == []
