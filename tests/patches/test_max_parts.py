"""The parts of patches for Max are patches that Max opens, and fit where they are included."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.patches.max_check import boxes_of, port_faults, structural_faults
from tests.patches.test_max import INSTRUMENTS
from vschaos.patches.max import write_max
from vschaos.patches.max.patcher import PARTS, Patcher

NAMES = sorted(path.stem for path in PARTS.iterdir())
WORDS = ("0.5",) * 9  # a word that is a number too


def content_of(part: str) -> dict[str, Any]:
    content = json.loads((PARTS / f"{part}.maxpat").read_text(encoding="utf-8"))["patcher"]
    return dict(content)


def test_a_wheel_has_them_all() -> None:
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    patterns = tomllib.loads(text)["tool"]["setuptools"]["package-data"]["vschaos.patches.max"]
    found = {path for pattern in patterns for path in PARTS.parent.glob(pattern)}
    assert found == set(PARTS.iterdir())


@pytest.mark.parametrize("part", sorted(set(NAMES) - {"palette"}))
def test_cords_and_ports_are_those_of_max(part: str) -> None:
    patch = Patcher()
    patch.include(part, *WORDS)
    assert not list(structural_faults(patch.content()))


def test_the_palette_has_boxes_with_the_ports_of_max() -> None:
    boxes = boxes_of(content_of("palette"))
    assert not [fault for box in boxes for fault in port_faults(box)]


@pytest.mark.parametrize("part", NAMES)
def test_a_part_says_what_is_to_be_filled_in(part: str) -> None:
    content = content_of(part)
    texts = [box.get("text", "") for box in boxes_of(content)]
    notes = [b["text"] for b in boxes_of(content) if b["id"] == "note"]
    used = {found for text in texts for found in re.findall(r"#[1-9]", text)}
    assert used <= set(re.findall(r"#[1-9]", " ".join(notes)))


def test_a_word_is_filled_in_as_one_word() -> None:
    patch = Patcher()
    named = patch.include("buffer", 'a "b"', "512")
    texts = [box.get("text") for box in patch.boxes]
    assert 'r "a \\"b\\"-buffer"' in texts
    assert "i 512" in texts
    assert set(named) == {"sizes", "shown"}


def test_an_included_part_brings_its_inlets_behind_those_that_are_there() -> None:
    patch = Patcher()
    patch.inlet("first")
    patch.include("trajectory", *WORDS)
    inlets = [box for box in boxes_of(patch.content()) if box["maxclass"] == "inlet"]
    assert [inlet["index"] for inlet in inlets] == list(range(1, len(inlets) + 1))
    assert [inlet["comment"] for inlet in inlets][:2] == ["first", "trajectory"]


def test_a_part_is_moved_to_its_place() -> None:
    here, there = Patcher(), Patcher()
    first = here.include("buffer", *WORDS)["sizes"]["presentation_rect"]
    second = there.include("buffer", *WORDS, left=10.0, top=20.0)["sizes"]["presentation_rect"]
    assert [b - a for a, b in zip(first, second, strict=True)] == [10.0, 20.0, 0.0, 0.0]


def test_nothing_is_left_to_fill_in() -> None:
    assert not re.search(r"#[1-9]", write_max(INSTRUMENTS["labels"]))
