"""amsynth itself: its banks, its preset files in a new process, a walk to a dataset."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.plugin.plugins import require_plugin
from vschaos.cli.plugin import main
from vschaos.data.metadata.task import find_tasks, read_task
from vschaos.plugin.banks import SAME_WITHIN, read_presets, split_presets
from vschaos.plugin.checking import Check, check, preset_differences
from vschaos.plugin.description import read_description
from vschaos.plugin.draws import Draw
from vschaos.plugin.host import Host
from vschaos.plugin.levels import loudness_db
from vschaos.plugin.player import Player

AMSYNTH = read_description("amsynth")
PARAMETERS_WITHIN = 2e-7  # float32, of values of nine digits
SAME_DB = 0.1  # of sounds of new processes, which have no reason to differ


@pytest.fixture(scope="module", autouse=True)
def amsynth() -> None:
    require_plugin("amsynth")


@pytest.fixture(scope="module")
def found() -> Check:
    return check(AMSYNTH)


def test_it_sounds_and_repeats_itself_in_new_processes(found: Check) -> None:
    assert found.num_parameters == len(AMSYNTH.parameters)
    assert found.sounds
    assert found.is_deterministic
    assert found.sounds_a_second > 5  # 80 on the machine of 2026-11-30, and others are busier


def test_a_preset_file_brings_parameters_and_sound_to_a_new_process(found: Check) -> None:
    assert found.preset_error is not None
    assert found.preset_error <= PARAMETERS_WITHIN
    assert found.preset_distance_db is not None
    assert found.preset_distance_db <= SAME_DB
    assert found.is_preset_faithful


def test_presets_of_people_are_read_and_come_back() -> None:
    presets = read_presets(AMSYNTH.find_banks(), AMSYNTH)
    split = split_presets(presets, AMSYNTH)
    assert split.num_read == len(presets) > 3000
    assert 1000 < split.num_distinct < split.num_read
    assert len(split.test) == 512
    parents = np.stack([preset.positions for preset in split.parents])
    free = [index for index, one in enumerate(AMSYNTH.parameters) if not one.is_frozen]
    for preset in split.test[::64]:
        apart = np.abs(parents - preset.positions)[:, free].max(axis=1)
        assert apart.min() > SAME_WITHIN
    with Host(AMSYNTH.find()) as host:
        for preset in split.test[:2]:
            draw = Draw(0, 0, preset.positions, 60, 100, "test")
            error, distance = preset_differences(Player(host, AMSYNTH), draw)
            assert error is not None
            assert error <= PARAMETERS_WITHIN
            assert distance is not None
            assert distance <= SAME_DB


def test_a_loud_tail_is_not_in_the_next_sound() -> None:
    """Without the rest of its description, -16 dB of it are."""
    loud = AMSYNTH.base()
    for name, value in (("amp_release", 2.5), ("reverb_wet", 0.8), ("reverb_roomsize", 1.0)):
        index = AMSYNTH.names.index(name)
        loud[index] = AMSYNTH.parameters[index].position_of(value)
    with Host(AMSYNTH.find()) as host:
        player = Player(host, AMSYNTH)
        assert loudness_db(player.play(loud, 60, 120), AMSYNTH.sample_rate) > -30
        assert loudness_db(player.play(loud, 60, 0), AMSYNTH.sample_rate) < -90


def test_a_walk_from_nothing_to_a_dataset(tmp_path: Path) -> None:
    out = tmp_path / "my renders"
    command = ["render", "amsynth", str(out), "-n", "12", "--processes", "1", "--seed", "3"]
    free = "filter_cutoff,osc1_waveform"
    assert main([*command, "--free", free, "--notes", "60", "--seconds", "0.5"]) == 0
    assert find_tasks(out) == ["filter_cutoff", "note", "osc1_waveform", "velocity"]
    cutoff = read_task(out, "filter_cutoff", kind="float")
    waveform = read_task(out, "osc1_waveform")
    assert len(cutoff.segments) == 12
    assert waveform.vocabulary.classes[:3] == ("sine", "pulse", "saw")
    (draws,) = out.glob("data/*/draws.json")
    entries = json.loads(draws.read_text())["draws"]
    assert {entry["note"] for entry in entries} == {60}
    assert {entry["origin"] for entry in entries} == {"uniform", "crossed", "jittered"}
    assert len({entry["sha256"] for entry in entries}) == 12
