"""A check finds what a plug-in is like: here one of which that is known."""

from dataclasses import replace
from pathlib import Path

from tests.plugin.faking import PROGRAM, fake_description
from vschaos.plugin.checking import check


def test_a_plugin_that_carries_its_phase_along_is_described_so(tmp_path: Path) -> None:
    description = fake_description(tmp_path)
    found = check(description, PROGRAM)
    assert found.path == tmp_path / "fake.so"
    assert found.num_parameters == 4
    assert found.sounds
    assert found.loudness_db[60, 127] > found.loudness_db[60, 60]
    assert found.is_deterministic
    assert found.repeat_distance_db > 0  # another phase in a window that cuts the period
    assert found.preset_error is not None
    assert found.preset_error < 1e-6
    assert found.is_preset_faithful


def test_presets_that_are_lost_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "forgetful.so"
    path.touch()
    found = check(replace(fake_description(tmp_path), paths=(str(path),)), PROGRAM)
    assert found.preset_error is not None
    assert found.preset_error > 0.01
    assert not found.is_preset_faithful


def test_a_plugin_without_preset_files_can_be_checked(tmp_path: Path) -> None:
    found = check(replace(fake_description(tmp_path), identity=""), PROGRAM)
    assert found.sounds
    assert found.preset_error is None
    assert not found.is_preset_faithful
