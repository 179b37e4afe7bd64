"""The voice as a synthesiser to match sounds with."""

from pathlib import Path

import numpy as np
import pytest
import torch

from vschaos.instrument.synthesiser import Differentiable, Synthesiser
from vschaos.models.synth import Preset, chain_named, read_preset, write_preset
from vschaos.models.synth.synthesiser import UNHEARD, VoiceSynthesiser

NOTE = 57.3, 0.8, 0.2, 0.1  # pitch, velocity, seconds, held


@pytest.fixture(scope="module")
def voice() -> VoiceSynthesiser:
    return VoiceSynthesiser("two_osc")


def played(voice: VoiceSynthesiser, positions: np.ndarray) -> np.ndarray:
    rows = np.atleast_2d(positions)
    pitch, velocity = np.full(len(rows), NOTE[0]), np.full(len(rows), NOTE[1])
    return voice.render(rows, pitch, velocity, *NOTE[2:])


def test_it_is_what_matching_asks_for(voice: VoiceSynthesiser) -> None:
    assert isinstance(voice, Synthesiser)
    assert isinstance(voice, Differentiable)


def test_its_knobs_are_the_parameters_that_one_note_tells(voice: VoiceSynthesiser) -> None:
    names = [knob.name for knob in voice.parameters]
    known = [parameter.name for parameter in chain_named("two_osc").parameters]
    assert names == [name for name in known if name not in UNHEARD]
    semitones = voice.parameters[names.index("semitones_2")]
    assert semitones.kind == "stepped"
    assert semitones.num_steps == 49
    assert semitones.text(semitones.position_of(7.0)) == "+7 st"
    for knob in voice.parameters:
        assert knob.position_of(knob.value_at(0.25)) == pytest.approx(knob.nearest(0.25), abs=0.02)


def test_a_preset_file_keeps_the_sound(voice: VoiceSynthesiser, tmp_path: Path) -> None:
    drawn = voice.draw(np.random.default_rng(1), 3)
    for number, (positions, sound) in enumerate(zip(drawn, played(voice, drawn), strict=True)):
        path = tmp_path / f"{number}.json"
        voice.write(positions, path, "été, take 2")
        assert read_preset(path).name == "été__take_2"
        # nine digits are written: as much as float32 holds
        np.testing.assert_allclose(voice.play_file(path, *NOTE), sound, atol=1e-4)
        knobs = zip(voice.parameters, voice.read(path), positions, strict=True)
        assert all(abs(knob.nearest(was) - found) < 1e-4 for knob, found, was in knobs)


def test_a_fader_makes_it_louder(voice: VoiceSynthesiser, tmp_path: Path) -> None:
    voice.write(voice.base(), tmp_path / "a.json", "a", gain_db=6.0)
    before, after = played(voice, voice.base())[0], voice.play_file(tmp_path / "a.json", *NOTE)
    gain = 10 * np.log10(np.square(after).sum() / np.square(before).sum())
    assert gain == pytest.approx(6.0, abs=0.01)  # the voice is linear in its level
    voice.write(voice.base(), tmp_path / "b.json", "b", gain_db=90.0)
    assert read_preset(tmp_path / "b.json").value("level") == 6.0


def test_pitches_between_the_notes_are_played(voice: VoiceSynthesiser) -> None:
    rows = np.stack([voice.base()] * 2)
    sounds = voice.render(rows, np.array([60.0, 60.5]), np.array([0.8, 0.8]), 0.1, 0.1)
    assert sounds.shape == (2, 4410)
    assert np.abs(sounds[0] - sounds[1]).max() > 0.01


def test_gradients_reach_what_is_heard(voice: VoiceSynthesiser) -> None:
    positions = torch.full([1, len(voice.parameters)], 0.4).requires_grad_()
    note = torch.tensor([60.0]), torch.tensor([0.8])
    voice.render_tensor(positions, *note, 0.05, 0.03).square().sum().backward()
    assert positions.grad is not None
    names = [knob.name for knob in voice.parameters]
    for name in ("shape_1", "cutoff", "attack", "drive"):
        assert positions.grad[0, names.index(name)].abs() > 0.0


def test_other_parameters_stay_as_the_base_has_them(tmp_path: Path) -> None:
    base = Preset("base", "mono", {"cutoff": 900.0, "level": -20.0})
    few = VoiceSynthesiser("mono", ["shape_1", "drive"], base)
    few.write(np.array([0.5, 0.25]), tmp_path / "few.json", "few")
    preset = read_preset(tmp_path / "few.json")
    found = [preset.value(name) for name in ("cutoff", "level", "shape_1", "drive")]
    assert found == pytest.approx([900.0, -20.0, 1.0, 6.0])


def test_what_it_cannot_be_is_told(voice: VoiceSynthesiser, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"must be one of glide, shape_1.*got 'index'"):
        VoiceSynthesiser("mono", ["index"])
    write_preset(Preset("bell", "fm", {"index": 2.0}), tmp_path / "bell.json")
    with pytest.raises(ValueError, match=r"bell\.json: expected a preset that the chain two_osc"):
        voice.read(tmp_path / "bell.json")
