"""A sound, and what is found for it: by which way, how far, and what it is judged beside."""

from pathlib import Path

import numpy as np
import pytest

from tests.matching.toys import RATE, Toy, toy_sound, toy_target
from vschaos.matching import Effort, Library, Neighbours, match, open_library
from vschaos.matching.library import timbres_of
from vschaos.matching.match import FAR
from vschaos.matching.targets import SILENCE, Target

TRUE = 0.63, 0.21, 0.5
EFFORT = Effort(hypotheses=4, evaluations=40, refine=4, seed=3)


class Knows:
    """Proposes what is near the truth, as a network would."""

    name = "network"

    def propose(self, target: Target, count: int) -> np.ndarray:
        return np.array([(0.1, 0.9, 1.0), (0.6, 0.24, 0.5), (0.9, 0.1, 0.5)])[:count]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return open_library(Toy(), 60, 0, tmp_path_factory.mktemp("cache"))


def test_each_way_is_judged_beside_the_others(library: Library) -> None:
    found = match(toy_target(TRUE), Toy(), Knows(), EFFORT, library)
    scores = {one.method: one.scores for one in found.found}
    heard = {one.method: one.num_heard for one in found.found}
    assert list(scores) == [
        *("network", "best of 3 network", "network and search"),
        *("network, search and gradients", "random preset", "mean preset"),
        *("nearest of 60 draws", "search alone"),
    ]
    led, distances = (
        "network, search and gradients",
        {m: s.multi_resolution for m, s in scores.items()},
    )
    assert distances["network"] > distances["best of 3 network"]
    assert distances["best of 3 network"] >= distances["network and search"] > distances[led]
    assert distances[led] < 0.5 * distances["mean preset"]
    assert scores[led].log_spectral < scores["mean preset"].log_spectral
    assert scores[led].mfcc < scores["mean preset"].mfcc
    assert scores[led].pitch_cents == pytest.approx(0.0, abs=2.0)
    assert (heard["network"], heard["best of 3 network"], heard[led]) == (1, 3, 43)
    assert heard["search alone"] == 40


def test_the_same_seed_finds_the_same(library: Library) -> None:
    one, same = (match(toy_target(TRUE), Toy(), Knows(), EFFORT, library) for _ in range(2))
    for left, right in zip(one.found, same.found, strict=True):
        assert np.array_equal(left.positions, right.positions)


def test_the_preset_plays_as_loud_as_the_target(library: Library) -> None:
    target = toy_target(TRUE)
    loud = Target(**{**vars(target), "audio": 5.0 * target.audio})
    found = match(loud, Toy(), Knows(), Effort(evaluations=0, has_baselines=False), library)
    assert found.gain_db == pytest.approx(14.0, abs=1.5)
    assert found.level_db == pytest.approx(0.0, abs=0.01)


def test_silence_has_no_preset() -> None:
    target = toy_target(TRUE)
    silent = Target(**{**vars(target), "audio": 0 * target.audio, "remarks": (SILENCE,)})
    found = match(silent, Toy(), Knows(), EFFORT)
    assert found.best is None
    assert found.remarks == (SILENCE,)


def test_what_the_synthesiser_cannot_be_is_called_far(library: Library) -> None:
    noise = 0.1 * np.random.default_rng(0).standard_normal(RATE // 4).astype(np.float32)
    target = Target(**{**vars(toy_target(TRUE)), "audio": noise, "confidence": 0.0})
    found = match(target, Toy(), Knows(), EFFORT, library)
    assert FAR in found.remarks
    assert found.best is not None
    assert found.best.scores.pitch_cents is None
    assert FAR not in match(toy_target(TRUE), Toy(), Knows(), EFFORT, library).remarks


@pytest.mark.parametrize("moment", [2, 30, 60, 70])
def test_ctrl_c_keeps_what_was_found(moment: int, library: Library) -> None:
    heard = 0

    def count(number: int) -> None:
        nonlocal heard
        heard += number
        if heard > moment:
            heard = -1000
            raise KeyboardInterrupt

    if moment == 2:  # nothing was found yet
        with pytest.raises(KeyboardInterrupt):
            match(toy_target(TRUE), Toy(), Knows(), EFFORT, library, count)
        return
    found = match(toy_target(TRUE), Toy(), Knows(), EFFORT, library, count)
    assert found.is_stopped
    assert found.best is not None
    assert len(found.sound) == len(found.target.audio)
    assert "search alone" not in {one.method for one in found.found}


def test_without_a_network_the_nearest_draws_lead(library: Library) -> None:
    found = match(toy_target(TRUE), Toy(), Neighbours(library), EFFORT)
    assert {one.method for one in found.found} >= {"neighbours", "neighbours and search"}


def test_the_nearest_draw_is_found_at_any_note_and_level(library: Library) -> None:
    """By its timbre over time, though no draw was heard at this note."""
    wanted = library.positions[17]
    sound = 0.1 * toy_sound(tuple(wanted), pitch=64.0, seconds=0.25)
    target = Target(**{**vars(toy_target(TRUE)), "audio": sound})
    nearest = library.nearest(target, 6)
    assert np.abs(nearest - wanted).max(axis=1).min() == 0.0


def test_a_library_is_rendered_once_and_again_for_another_synthesiser(tmp_path: Path) -> None:
    class Changed(Toy):
        def render(self, *asked, **others) -> np.ndarray:  # type: ignore[no-untyped-def]
            return super().render(*asked, **others) ** 3

    first, again, changed = Toy(), Toy(), Changed()
    one = open_library(first, 20, 0, tmp_path)
    same = open_library(again, 20, 0, tmp_path)
    other = open_library(changed, 20, 0, tmp_path)
    assert (first.num_played, again.num_played) == (20, 4)
    np.testing.assert_allclose(one.timbres, same.timbres, atol=1e-4)  # float32 on the disk
    assert changed.num_played == 24
    assert np.abs(other.timbres - one.timbres).max() > 1.0


@pytest.mark.parametrize("content", [b"", b"no library", b"PK\x03\x04 broken"])
def test_a_broken_library_is_made_anew(content: bytes, tmp_path: Path) -> None:
    open_library(Toy(), 5, 0, tmp_path)
    (path,) = (tmp_path / "matching").iterdir()
    path.write_bytes(content)
    assert open_library(Toy(), 5, 0, tmp_path).timbres.shape[0] == 5


def test_parts_after_the_end_of_a_sound_do_not_count() -> None:
    timbres = timbres_of(toy_sound(TRUE, seconds=0.25)[None], RATE)
    assert np.isfinite(timbres[0, 0]).all()
    assert np.isnan(timbres[0, -1]).all()
