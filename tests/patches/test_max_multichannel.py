"""A patch for Max with cords of many channels fits its model."""

import json

import pytest

from tests.patches.max_check import check_max, patchers
from tests.patches.test_max import INSTRUMENTS, named, overlap, place_of, shown
from vschaos.patches.max import write_max_multichannel

WHOLE = ["plain", "labels", "1 latent", "64 latents"]


@pytest.mark.parametrize("name", WHOLE)
def test_a_patch_fits_its_model(name: str) -> None:
    text = write_max_multichannel(INSTRUMENTS[name])
    check_max(text, INSTRUMENTS[name])


def test_every_voice_has_labels_of_its_own() -> None:
    """A cord with fewer channels than the sound would leave the other voices without label."""
    text = write_max_multichannel(INSTRUMENTS["labels"])
    assert named(text, "mc.pack~") == [["mc.pack~", "4"]] * 3  # frequency, pitch, brightness


def test_all_latents_go_by_one_cord() -> None:
    text = write_max_multichannel(INSTRUMENTS["labels"])
    cords = [found[2:] for found in named(text, "mcs.nn~")]
    assert cords == [["encode", "1", "1024", "@chans", "5"], ["decode", "1", "1024", "@chans", "1"]]
    assert named(text, "mc.separate~") == [["mc.separate~", "3"]]


@pytest.mark.parametrize("name", WHOLE)
def test_nothing_covers_anything_on_the_page(name: str) -> None:
    for patcher in patchers(json.loads(write_max_multichannel(INSTRUMENTS[name]))):
        places = [place_of(box) for box in shown(patcher) if box["maxclass"] != "panel"]
        assert not [(a, b) for n, a in enumerate(places) for b in places[n + 1 :] if overlap(a, b)]


def test_a_model_without_decode_is_refused() -> None:
    with pytest.raises(ValueError, match="got forward"):
        write_max_multichannel(INSTRUMENTS["forward only"])
