"""A description is read strictly: what is wrong is one sentence, and nothing executes."""

import re
from pathlib import Path

import numpy as np
import pytest

from tests.plugin.faking import YAML, fake_description
from vschaos.plugin.description import FOLDER, parse_description, read_description

FAKE = YAML.format(path="fake.so")


def test_those_of_the_package_are_read() -> None:
    for path in FOLDER.glob("*.yaml"):
        description = read_description(path.stem)
        assert description.name == path.stem
        assert description.install
        assert len(set(description.names)) == len(description.parameters)


def test_amsynth_is_described_whole() -> None:
    description = read_description("amsynth")
    stepped = [one for one in description.parameters if one.is_stepped]
    assert (len(description.parameters), len(stepped)) == (41, 11)
    frozen = {one.name for one in description.parameters if one.is_frozen}
    assert frozen == {"master_vol", "portamento_time", "portamento_mode", "keyboard_mode"}


def test_the_laws_are_those_of_amsynth() -> None:
    """As it shows them at a quarter of the way."""
    shown = {
        "amp_attack": 0.244641,
        "filter_cutoff": 1.0,
        "osc2_detune": 0.894427,
        "lfo_freq": 3.51562,
        "master_vol": 0.0625,
        "freq_mod_amount": -0.96875,
        "osc1_waveform": 1.0,
        "osc2_range": 0.5,
        "osc2_pitch": -6.0,
        "lfo_waveform": 2.0,
        "filter_resonance": 0.2425,
        "distortion_crunch": 0.225,
    }
    description = read_description("amsynth")
    of = dict(zip(description.names, description.parameters, strict=True))
    found = {name: of[name].quantity_at(0.25) for name in shown}
    assert found == pytest.approx(shown, rel=1e-5)  # six digits are shown


def test_positions_and_values_lead_back() -> None:
    description = read_description("amsynth")
    chance = np.random.default_rng(3)
    positions = chance.random(41)
    values = description.values_at(positions)
    again = description.positions_of(values)
    assert description.values_at(again) == pytest.approx(values)
    smooth = [not one.is_stepped for one in description.parameters]
    assert np.abs(again - positions)[smooth].max() < 1e-12
    assert (description.positions_of({}) == description.base()).all()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("name: fake", "nam: fake", "no entry 'nam', perhaps name"),
        ("default: 0.5", "default: .nan", "default must be a number from 0 to 1, got nan"),
        ("default: 0.5", "default: .inf", "default must be a number"),
        ("default: 0.5", "default: 2", "level: default must be a number from 0 to 1, got 2"),
        ("default: 0.5", "default: true", "default must be a number"),
        ("name: fake", "name: fake\nname: other", "'name' twice, in line"),
        ("  level:", "  shape:", "'shape' twice, in line"),
        ("called: Level", "called: Shape", "two parameters are called Shape"),
        ("kind: stepped, high: 2", "kind: step, high: 2", "kind must be continuous or stepped or"),
        ("kind: stepped, high: 2", "kind: stepped, high: 2.5", "must be whole numbers"),
        ("[sine, square, cube]", "[sine, square]", "values must name each step"),
        ("kind: continuous, default: 0.5", "kind: continuous", "level: default is missing"),
        ("kind: continuous, default: 0.5", "kind: switch, high: 3, default: 0", "two steps"),
        ("high: 2, default: 0", "high: 2, off_at: 0, default: 0", "off_at is for continuous"),
        ("{called: Level,", "{off_at: 2, called: Level,", "off_at must be a number from 0 to 1"),
        ("{called: Level,", "{heard_if: {}, called: Level,", "must be a list of entries, got {}"),
        ("{called: Level,", "{heard_if: [1], called: Level,", "expected entries as a mapping"),
        ("{called: Level,", "{heard_if: [{x: [0, 1]}], called: Level,", "there is no entry 'x'"),
        (
            "{called: Level,",
            "{heard_if: [{shape: [box]}], called: Level,",
            "among its steps, sine,",
        ),
        ("{called: Level,", "{heard_if: [{echo: [hi]}], called: Level,", "of which it has none"),
        (
            "{called: Level,",
            "{heard_if: [{echo: [1, 0]}], called: Level,",
            "a range [low, high] or",
        ),
        ("{called: Level,", "{heard_if: [{echo: [0]}], called: Level,", "a range [low, high] or"),
        (
            "{called: Level,",
            "{heard_if: [{echo: [0, 3]}], called: Level,",
            "number from 0 to 1, got 3",
        ),
        ("{called: Level,", "{heard_if: [{level: [0, 1]}], called: Level,", "depend on each other"),
        ("notes: [60, 72]", "notes: [60, 128]", "notes must be a whole number from 0 to 127"),
        ("notes: [60, 72]", "notes: []", "notes must be some different numbers"),
        ("echo: 0}}", "ech: 0}}", "no entry 'ech', perhaps echo"),
        ("  level:", "  ../up:", "names of parameters are letters, digits and _"),
        ("  level:", "  note:", "note is the label of the note"),
        ("identity: Fake", "identity: Fakes", "identity must be 4 ASCII characters"),
        ("format: fxp", "format: exe", "format must be amsynth or fxp"),
        ("install: say please", "install: !!python/name:os.system", "could not determine"),
        ("install: say please", "install: &a [x]\nbanks: *a", "an alias in line"),
        ("seconds: 0.1", "seconds: -1", "seconds must be a number from 0.05 to 60"),
    ],
)
def test_a_mistake_is_one_sentence(old: str, new: str, told: str) -> None:
    old, new = (text.replace("}}", "}") for text in (old, new))
    assert old in FAKE
    with pytest.raises(ValueError, match=re.escape(told)) as error:
        parse_description(FAKE.replace(old, new, 1).encode(), "fake.yaml")
    assert str(error.value).startswith("fake.yaml")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"- a\n- b", b"{", b"[" * 5000, b"name: x"])
def test_what_is_no_description_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"fake\.yaml"):
        parse_description(content, "fake.yaml")


def test_a_plugin_that_is_not_there_is_told_with_its_package(tmp_path: Path) -> None:
    description = fake_description(tmp_path)
    assert description.find() == tmp_path / "fake.so"
    (tmp_path / "fake.so").unlink()
    with pytest.raises(FileNotFoundError, match=r"fake was expected in .*fake\.so: say please"):
        description.find()
    with pytest.raises(FileNotFoundError, match="amsynth"):
        read_description("never_heard_of")


def test_another_version_of_a_plugin_is_noticed(tmp_path: Path) -> None:
    description = fake_description(tmp_path)
    assert description.indices(["Trap", "Level", "Echo", "Shape"]) == [1, 3, 0, 2]
    with pytest.raises(ValueError, match="no parameter Level, perhaps it is called Levels"):
        description.indices(["Levels", "Shape", "Trap", "Echo"])
