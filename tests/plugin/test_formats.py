"""Preset files say all that a preset is, and are read strictly."""

import re
from pathlib import Path

import numpy as np
import pytest

from tests.plugin.faking import fake_description
from vschaos.plugin.description import read_description
from vschaos.plugin.formats import Preset, preset_format
from vschaos.plugin.formats.amsynth import AmsynthText

AMSYNTH = read_description("amsynth")
HEAD = "amSynth1.0preset\n<preset> <name> a\n"
EXACT = 1e-7  # of positions: nine digits, and float32


@pytest.mark.parametrize(
    "name", ["plain", "Glöckchen für 夏 🎹", "", "  a\n<parameter> amp_decay 9 "]
)
def test_a_preset_comes_back(name: str) -> None:
    positions = np.random.default_rng(1).random(41)
    positions = AMSYNTH.positions_of(AMSYNTH.values_at(positions))
    content = AmsynthText().write(Preset(name, positions), AMSYNTH)
    (found,) = AmsynthText().read(content, AMSYNTH, "a")
    assert found.name == " ".join(name.split())
    assert np.abs(found.positions - positions).max() < EXACT
    assert content.count(b"\n<parameter>") == 41 == len(AMSYNTH.parameters)


def test_a_bank_comes_back() -> None:
    presets = [Preset(f"preset {k}", AMSYNTH.base()) for k in range(3)]
    found = AmsynthText().read(AmsynthText().write_bank(presets, AMSYNTH), AMSYNTH, "a")
    assert [preset.name for preset in found] == [preset.name for preset in presets]


def test_old_presets_list_fewer_and_get_the_rest_of_the_base_preset() -> None:
    content = HEAD + "<parameter> filter_cutoff 0.25\r\n<parameter> osc2_range -1\n"
    (found,) = AmsynthText().read(content.encode(), AMSYNTH, "a")
    values, base = AMSYNTH.values_at(found.positions), AMSYNTH.values_at(AMSYNTH.base())
    assert values["filter_cutoff"] == pytest.approx(0.25)
    assert values["osc2_range"] == -1
    del values["filter_cutoff"], values["osc2_range"]
    assert values == {name: base[name] for name in values}


def test_values_out_of_range_are_clipped_as_amsynth_does() -> None:
    (found,) = AmsynthText().read(f"{HEAD}<parameter> amp_attack 9\n".encode(), AMSYNTH, "a")
    assert AMSYNTH.values_at(found.positions)["amp_attack"] == 2.5


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "a: expected amSynth or amSynth1.0preset in the first line of a preset file, got ''"),
        ("RIFF", "in the first line"),
        (HEAD, "a: expected a preset, got none"),
        ("amSynth\n<parameter> amp_attack 0\n", "a:2: expected <preset> <name> before"),
        (HEAD + "<parameter> amp_attak 0\n", "a:3: amsynth has no parameter 'amp_attak'"),
        (HEAD + "<parameter> amp_attack nan\n", "a:3: amp_attack must be a finite number"),
        (HEAD + "<parameter> amp_attack 1e999\n", "finite number, got '1e999'"),
        (HEAD + "<parameter> amp_attack 1_0\n", "finite number, got '1_0'"),
        (HEAD + "<parameter> amp_attack\n", "expected a name and a value, got 'amp_attack'"),
        (HEAD + 2 * "<parameter> amp_attack 1\n", "a:4: amp_attack is there twice"),
        (HEAD + "__import__('os')\n", "a:3: expected <preset> <name> or <parameter>, got"),
    ],
)
def test_a_mistake_is_told_with_its_line(content: str, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        AmsynthText().read(content.encode(), AMSYNTH, "a")


def test_presets_of_before_utf8_are_read() -> None:
    content = f"{HEAD.replace(' a', ' Glöckchen')}<parameter> amp_attack 0\n".encode("latin-1")
    assert AmsynthText().read(content, AMSYNTH, "a")[0].name == "Glöckchen"


def test_an_fxp_comes_back(tmp_path: Path) -> None:
    description = fake_description(tmp_path)
    form = preset_format(description)
    positions = np.array([0.25, 0.5, 0.2, 0.75])
    content = form.write(Preset("夏" * 20, positions), description)
    (found,) = form.read(content, description, "a.fxp")
    assert found.name == "夏" * 9  # 27 bytes
    assert np.abs(found.positions - positions).max() < EXACT
    for broken, told in [
        (content[:-1], "a.fxp: expected an .fxp with 4 parameters"),
        (b"RIFF" + content[4:], "got another kind of file"),
        (content.replace(b"Fake", b"Fame"), "got one of 'Fame'"),
        (content[:-4] + b"\x7f\xc0\x00\x00", "expected positions from 0 to 1"),
    ]:
        with pytest.raises(ValueError, match=re.escape(told)):
            form.read(broken, description, "a.fxp")


def test_an_fxp_takes_the_four_characters_of_its_plugin(tmp_path: Path) -> None:
    description = fake_description(tmp_path, ", identity: Fake")
    with pytest.raises(ValueError, match="must say its four characters"):
        preset_format(description).write(Preset("a", description.base()), description)
