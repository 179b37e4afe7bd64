"""A plug-in as a synthesiser to match sounds with."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.plugin.faking import PROGRAM, fake_description
from tests.plugin.plugins import require_plugin
from vschaos.instrument.synthesiser import Differentiable, Synthesiser
from vschaos.matching import Effort, Neighbours, match, open_library
from vschaos.matching.targets import describe
from vschaos.plugin.description import read_description
from vschaos.plugin.host import HostError
from vschaos.plugin.synthesiser import PluginSynthesiser

NOTE = 60.0, 1.0, 0.05, 0.05  # pitch, velocity, seconds, held


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PluginSynthesiser]:
    description = fake_description(tmp_path_factory.mktemp("plugin"))
    found = PluginSynthesiser(description, num_processes=2, program=PROGRAM)
    yield found
    found.close()


def played(plugin: PluginSynthesiser, positions: np.ndarray) -> np.ndarray:
    rows = np.atleast_2d(positions)
    pitch, velocity = np.full(len(rows), NOTE[0]), np.full(len(rows), NOTE[1])
    return plugin.render(rows, pitch, velocity, *NOTE[2:])


def test_its_knobs_are_what_the_description_leaves_free(plugin: PluginSynthesiser) -> None:
    assert isinstance(plugin, Synthesiser)
    assert not isinstance(plugin, Differentiable)
    assert [(knob.name, knob.kind) for knob in plugin.parameters] == [
        ("level", "continuous"),
        ("shape", "stepped"),
    ]
    assert [plugin.parameters[1].text(x) for x in (0.0, 0.6, 1.0)] == ["sine", "square", "cube"]
    assert plugin.suffix == ".fxp"
    assert plugin.velocity == 127 / 127  # of 60 and 127 the nearer to 100


def test_rows_are_played_in_their_order(plugin: PluginSynthesiser) -> None:
    levels = np.array([0.1, 0.9, 0.4, 0.7, 0.2])
    sounds = played(plugin, np.stack([levels, np.zeros(5)], 1))
    assert sounds.shape == (5, 400)
    assert sounds.dtype == np.float32
    np.testing.assert_allclose(np.abs(sounds).max(axis=1), levels, rtol=0.01)  # the sine's samples


def test_pitches_are_rounded_to_notes(plugin: PluginSynthesiser) -> None:
    rows = np.array([[0.5, 0.0]] * 3)
    sounds = plugin.render(rows, np.array([59.6, 60.4, 60.5]), np.ones(3), 0.5, 0.5)
    peaks = np.abs(np.fft.rfft(sounds)).argmax(axis=1) / 0.5
    expected = [261.6, 261.6, 277.2]
    np.testing.assert_allclose(peaks, expected, atol=2.0)  # a bin


def test_a_preset_file_is_loaded_by_a_new_process(
    plugin: PluginSynthesiser, tmp_path: Path
) -> None:
    path = tmp_path / "schön.fxp"
    plugin.write(np.array([0.3, 0.5]), path, "schön")
    np.testing.assert_allclose(plugin.read(path), [0.3, 0.5], atol=1e-6)
    sounds = [plugin.play_file(path, *NOTE) for _ in range(2)]
    assert np.array_equal(*sounds)  # its phase goes on from sound to sound within a process
    assert np.abs(sounds[0]).max() == pytest.approx(0.3, rel=0.01)


def test_a_setting_that_kills_the_plug_in_is_silent(
    plugin: PluginSynthesiser, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fragile = PluginSynthesiser(
        plugin.description, ["trap", "level"], num_processes=1, program=PROGRAM
    )
    sounds = played(fragile, np.array([[0.2, 0.5], [0.0, 0.5]]))
    fragile.close()
    assert not sounds[0].any()
    assert sounds[1].any()
    assert "taken for silent: the plug-in crashed" in caplog.text


def test_one_that_always_dies_is_given_up(
    plugin: PluginSynthesiser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vschaos.plugin.synthesiser.MOST_FAILURES", 2)
    dead = PluginSynthesiser(plugin.description, ["trap"], num_processes=1, program=PROGRAM)
    with pytest.raises(HostError, match="code 3: no display"):
        played(dead, np.ones((20, 1)))
    dead.close()


def test_draws_repeat_by_their_seed(plugin: PluginSynthesiser) -> None:
    one, other = (plugin.draw(np.random.default_rng(3), 4) for _ in range(2))
    assert np.array_equal(one, other)
    assert one.shape == (4, 2)
    assert set(one[:, 1]) <= {0.0, 0.5, 1.0}


def test_unknown_knobs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"one of level, shape, trap, echo; got wobble"):
        PluginSynthesiser(fake_description(tmp_path), ["wobble"], program=PROGRAM)


@pytest.mark.slow
def test_amsynth_finds_itself(tmp_path: Path) -> None:
    """A sound of its own, with a few knobs to be found, comes back as its own preset file."""
    require_plugin("amsynth")
    names = ["osc1_waveform", "filter_cutoff", "amp_decay"]
    synth = PluginSynthesiser(read_description("amsynth"), names, num_processes=2)
    wanted = np.array([synth.parameters[0].nearest(0.5), 0.45, 0.4])
    note = np.array([57.0]), np.array([synth.velocity])
    sound = synth.render(wanted[None], *note, 0.5, 0.4)[0]
    target = describe("own", tmp_path / "own.wav", 0.0, sound, synth.sample_rate)
    library = open_library(synth, 30, 0, tmp_path)
    found = match(target, synth, Neighbours(library), Effort(evaluations=60), library)
    assert found.best is not None
    synth.write(found.best.positions, tmp_path / "own.amSynthPreset", "own")
    heard = target.pitch, synth.velocity, target.seconds, target.held_seconds
    played = synth.play_file(tmp_path / "own.amSynthPreset", *heard)
    synth.close()
    lsd = {one.method: one.scores.log_spectral for one in found.found}
    assert found.best.scores.log_spectral < 0.5 * lsd["mean preset"]
    np.testing.assert_allclose(played, found.sound, atol=1e-5)  # it has no fader
