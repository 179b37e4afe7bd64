"""Searches find settings whose sound is near a target, within what they may spend."""

import numpy as np
import pytest

from tests.matching.toys import Toy, toy_target
from vschaos.matching.objective import OF_SILENCE, Objective, on_steps
from vschaos.matching.search import SEARCHES, refine, search

TRUE = 0.63, 0.21, 0.0
NOWHERE = np.zeros((0, 3))


def objective() -> Objective:
    return Objective(Toy(), toy_target(TRUE))


def test_the_true_settings_are_the_nearest_there_are() -> None:
    found = objective()(np.array([TRUE, (0.6, 0.21, 0.0), (0.63, 0.4, 0.0), (0.63, 0.21, 1.0)]))
    assert found[0] < 1e-6
    assert (found[1:] > 0.02).all()


def test_the_level_of_a_sound_is_no_distance() -> None:
    target = toy_target(TRUE)
    softer = Objective(Toy(), type(target)(**{**vars(target), "audio": 0.02 * target.audio}))
    assert softer(np.array([TRUE]))[0] < 1e-4  # what is brought up is a little rounded


def test_silence_is_farther_than_any_sound() -> None:
    class Mute(Toy):
        def render(self, *asked, **others) -> np.ndarray:  # type: ignore[no-untyped-def]
            return 0.0 * super().render(*asked, **others)

    found = Objective(Mute(), toy_target(TRUE))(np.array([TRUE]))
    assert found.tolist() == [OF_SILENCE]


@pytest.mark.parametrize("kind", SEARCHES)
def test_a_search_nears_the_target_and_repeats_by_its_seed(kind: str) -> None:
    one, same, other = objective(), objective(), objective()
    assert search(one, kind, 150, NOWHERE, seed=1)
    search(same, kind, 150, NOWHERE, seed=1)
    search(other, kind, 150, NOWHERE, seed=2)
    before = objective()(Toy().base()[None])[0]
    assert one.least < 0.2 * before
    assert np.array_equal(one.best, same.best)
    assert not np.array_equal(one.best, other.best)


@pytest.mark.parametrize("kind", SEARCHES)
@pytest.mark.parametrize("evaluations", [1, 7, 33])
def test_it_spends_what_it_may_and_no_more(kind: str, evaluations: int) -> None:
    spent = objective()
    search(spent, kind, evaluations, NOWHERE, seed=0)
    assert spent.num_heard == evaluations
    assert spent.synthesiser.num_played == evaluations  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", SEARCHES)
def test_a_good_start_is_worth_evaluations(kind: str) -> None:
    blind, led = objective(), objective()
    search(blind, kind, 30, NOWHERE, seed=0)
    search(led, kind, 30, np.array([[0.65, 0.22, 0.0], [0.1, 0.9, 1.0]]), seed=0)
    assert led.least < blind.least


@pytest.mark.parametrize("kind", SEARCHES)
def test_ctrl_c_keeps_the_best_so_far(kind: str) -> None:
    stopped = objective()

    def count(_: int) -> None:
        if stopped.num_heard > 40:
            raise KeyboardInterrupt

    stopped.progress = count
    assert not search(stopped, kind, 1000, NOWHERE, seed=0)
    assert 40 < stopped.num_heard < 100
    assert stopped.least < objective()(Toy().base()[None])[0]


def test_a_synthesiser_of_one_knob_can_be_searched() -> None:
    class Single(Toy):
        parameters = Toy.parameters[:1]

        def base(self) -> np.ndarray:
            return super().base()[:1]

        def render(self, positions: np.ndarray, *note, **others) -> np.ndarray:  # type: ignore[no-untyped-def]
            whole = np.tile(TRUE, (len(positions), 1))
            whole[:, :1] = positions
            return super().render(whole, *note, **others)

    for kind in SEARCHES:
        found = Objective(Single(), toy_target(TRUE))
        search(found, kind, 60, np.zeros((0, 1)), seed=0)
        assert found.best[0] == pytest.approx(TRUE[0], abs=0.05)


def test_gradients_lessen_the_distance_and_leave_steps_alone() -> None:
    near = objective()
    near(np.array([[0.5, 0.3, 0.0]]))
    before, start = near.least, near.best
    assert refine(near, 25)
    assert near.least < 0.5 * before
    assert near.best[2] == start[2]


def test_refining_never_makes_it_worse() -> None:
    exact = objective()
    exact(np.array([TRUE]))
    refine(exact, 5)
    assert exact.least < 1e-6
    np.testing.assert_allclose(exact.best, TRUE)


def test_steps_are_where_a_knob_can_stand() -> None:
    stood = on_steps(Toy(), np.array([[-0.2, 1.4, 0.3], [0.5, 0.5, 0.9]]))
    assert stood.tolist() == [[0.0, 1.0, 0.5], [0.5, 0.5, 1.0]]


def test_unknown_searches_are_refused() -> None:
    with pytest.raises(ValueError, match="--search must be one of cmaes, de, got 'luck'"):
        search(objective(), "luck", 1, NOWHERE, seed=0)
