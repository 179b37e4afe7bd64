"""The yaml of an undescribed plug-in can be read, and finds what can be found."""

from pathlib import Path

import pytest

from tests.plugin.faking import PROGRAM
from vschaos.plugin.description import parse_description
from vschaos.plugin.probing import _own_name, describe


def test_what_a_plugin_shows_is_described(tmp_path: Path) -> None:
    path = tmp_path / "Ünser Synth.so"
    path.touch()
    text = describe(path, PROGRAM)
    description = parse_description(text.encode(), "a.yaml")
    level, shape, trap, echo = description.parameters
    assert (description.name, description.find()) == ("Ünser Synth", path)
    assert (level.name, level.called, level.kind) == ("level", "Level", "continuous")
    assert (shape.kind, shape.classes) == ("stepped", ["sine", "square", "cube"])
    assert (trap.kind, echo.kind) == ("continuous", "continuous")  # they show their positions
    assert description.base() == pytest.approx([0.5, 0, 0, 0])  # as it was loaded
    assert (level.is_frozen, echo.is_frozen) == (True, False)  # by its name
    assert text.startswith("# Ünser Synth, as vschaos found it. To be finished by hand:")


def test_names_are_those_of_folders_and_differ() -> None:
    taken: dict[str, object] = {}
    for called in ("VCF Resonance", "VCF/Resonance", "1 Mix", "note", "../x", "", "夏 1"):
        taken[_own_name(called, taken)] = None
    assert list(taken) == [
        "vcf_resonance", "vcf_resonance_2", "p_1_mix", "p_note", "x", "parameter", "夏_1",
    ]  # fmt: skip


def test_what_is_no_plugin_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="which is not there"):
        describe(tmp_path / "none.so", PROGRAM)
    (tmp_path / "broken.so").touch()
    with pytest.raises(ValueError, match="it is broken"):
        describe(tmp_path / "broken.so", PROGRAM)
