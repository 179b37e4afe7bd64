"""`max_example_mc.maxpat`, edited in Max, fits the model that is shipped and its other patch."""

import json
from pathlib import Path
from typing import Any

from tests.patches.max_check import boxes_of, cords_of, patchers
from tests.patches.test_max import named, overlap, place_of, shown
from vschaos.instrument.instrument import read_instrument

PATCHES = Path(__file__).parents[2] / "patches"
TEXT = (PATCHES / "max_example_mc.maxpat").read_text(encoding="utf-8")
INSTRUMENT = read_instrument(PATCHES / "example.ts")


def test_every_voice_has_labels_of_its_own() -> None:
    """A cord with fewer channels than the sound would leave the other voices without label."""
    labels = [c for method in INSTRUMENT.methods for c in method.inlets if c.classes]
    expected = 1 + len({label.name for label in labels})  # and the frequency
    assert named(TEXT, "mc.pack~") == [["mc.pack~", "4"]] * expected


def test_all_latents_go_by_one_cord() -> None:
    latents, buffer = 8, str(INSTRUMENT.buffer_size)
    cords = [found[2:] for found in named(TEXT, "mcs.nn~")]
    assert cords == [
        ["encode", "1", buffer, "@chans", str(latents + 2)],
        ["decode", "1", buffer, "@chans", "1"],
    ]
    assert named(TEXT, "mc.separate~") == [["mc.separate~", str(latents)]]
    (drawn,) = (b for p in patchers(json.loads(TEXT)) for b in shown(p) if b.get("size", 1) > 1)
    assert drawn["size"] == latents


def test_nothing_covers_anything_on_the_page() -> None:
    for patcher in patchers(json.loads(TEXT)):
        places = [place_of(box) for box in shown(patcher) if box["maxclass"] != "panel"]
        assert not [(a, b) for n, a in enumerate(places) for b in places[n + 1 :] if overlap(a, b)]


def test_it_says_of_the_model_what_the_other_patch_says() -> None:
    other = (PATCHES / "max_example.maxpat").read_text(encoding="utf-8")
    assert title(TEXT) == title(other)


def title(text: str) -> tuple[list[Any], list[Any]]:
    """What is written and tied in the panel of the title."""
    first = json.loads(text)["patcher"]["boxes"][0]["box"]["patcher"]
    return [box.get("text") for box in boxes_of(first)], list(cords_of(first))
