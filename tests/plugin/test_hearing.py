"""What cannot be heard of a setting is told by the others, step by step."""

from pathlib import Path

import numpy as np
import pytest

from tests.plugin.faking import fake_description
from tests.plugin.plugins import require_plugin
from vschaos.plugin.description import Description, read_description
from vschaos.plugin.draws import Source, free_parameters
from vschaos.plugin.host import Host
from vschaos.plugin.levels import spectral_distance_db
from vschaos.plugin.player import Player

LEVEL, SHAPE, TRAP, ECHO = range(4)


def test_all_is_heard_if_nothing_else_is_said(tmp_path: Path) -> None:
    assert fake_description(tmp_path).heard(np.zeros((3, 4))).all()


def test_one_alternative_is_enough_and_needs_all_of_its_conditions(tmp_path: Path) -> None:
    when = "heard_if: [{level: [0.2, 0.6], shape: [sine, cube]}, {level: [0.9, 1]}]"
    description = fake_description(tmp_path, "{called: Echo,", f"{{{when}, called: Echo,")
    settings = np.array(
        [
            [0.2, 0.0, 0, 0],  # ends of a range belong to it
            [0.6, 1.0, 0, 0],
            [0.4, 0.5, 0, 0],  # another step
            [0.7, 0.0, 0, 0],  # between both ranges
            [0.95, 0.5, 0, 0],
        ]
    )
    heard = description.heard(settings)
    assert heard[:, ECHO].tolist() == [True, True, False, False, True]
    assert heard[:, [LEVEL, SHAPE, TRAP]].all()


def test_what_depends_on_the_unheard_is_not_heard(tmp_path: Path) -> None:
    description = fake_description(
        tmp_path, "{called: Shape,", "{heard_if: [{level: [0.1, 1]}], called: Shape,"
    )
    text = "{heard_if: [{shape: [sine]}], called: Echo,"
    both = fake_description(tmp_path, "{called: Echo,", text)
    assert both.heard(np.zeros((1, 4)))[0, ECHO]
    parameters = list(description.parameters)
    parameters[ECHO] = both.parameters[ECHO]
    joined = description.__class__(**{**description.__dict__, "parameters": tuple(parameters)})
    assert joined.heard(np.array([[0.05, 0, 0, 0], [0.5, 0, 0, 0], [0.5, 0.5, 0, 0]]))[
        :, ECHO
    ].tolist() == [False, True, False]


def test_an_empty_list_is_never_heard(tmp_path: Path) -> None:
    description = fake_description(tmp_path, "{called: Echo,", "{heard_if: [], called: Echo,")
    assert not description.heard(np.random.default_rng(0).random((9, 4)))[:, ECHO].any()


@pytest.mark.slow  # some hundred sounds
@pytest.mark.parametrize("name", ["amsynth"])
def test_what_is_said_to_be_unheard_changes_nothing(name: str) -> None:
    """Parameters that are said to be unheard are all turned at once: no sound but one in ten moves
    by a decibel more than it does by itself, as they do if one is turned that is heard."""
    require_plugin(name)
    description = read_description(name)
    free = free_parameters(description, None)
    none = np.zeros((0, len(description.parameters)))
    source = Source(description, description.base(), free, none, (60,), (127,), 3)
    chance = np.random.default_rng(1)
    moved: dict[str, list[float]] = {"itself": [], "unheard": [], "heard": []}
    with Host(description.find(), description.sample_rate) as host:
        player = Player(host, description)
        for number in range(24):
            setting = _with_amounts_off(source.draw(number).positions, chance, description)
            other = source.draw(1000 + number).positions
            is_heard = description.heard(setting[None])[0]
            unheard = np.where(is_heard, setting, other)
            one = setting.copy()
            index = int(chance.choice([i for i in free if is_heard[i]]))
            one[index] = other[index]
            first = player.play(setting, 60, 127)
            for kind, positions in (("itself", setting), ("unheard", unheard), ("heard", one)):
                again = player.play(positions, 60, 127)
                moved[kind].append(_distance_db(first, again))
    changed = {
        kind: np.mean(np.array(moved[kind]) > np.array(moved["itself"]) + 1.0) for kind in moved
    }
    # an oscillator that is mixed to nothing may still drive the other by its sync
    assert changed["unheard"] <= 0.1
    assert changed["heard"] >= 0.25


def _with_amounts_off(
    setting: np.ndarray, chance: np.random.Generator, description: Description
) -> np.ndarray:
    """A setting in which half of all amounts do nothing, and half of the mixes leave one out."""
    changed = setting.copy()
    for index, parameter in enumerate(description.parameters):
        if parameter.off_at is not None and chance.random() < 0.5:
            changed[index] = parameter.position_of(parameter.off_at)
    if "osc_mix" in description.names and chance.random() < 0.5:
        changed[description.names.index("osc_mix")] = float(chance.random() < 0.5)
    return changed


def _distance_db(one: np.ndarray, other: np.ndarray) -> float:
    """Of two sounds, as loud as each other."""
    levels = [max(float(np.sqrt(np.square(sound).mean())), 1e-9) for sound in (one, other)]
    return spectral_distance_db(one / levels[0], other / levels[1])
