"""The voice as nn~ plays it: presets, settings, voices that come and go."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.clicks import clickiness
from vschaos.export.host import Host
from vschaos.export.script import export_stream
from vschaos.instrument.instrument import read_instrument
from vschaos.models.synth import (
    CHAINS,
    Note,
    Preset,
    VoiceStream,
    bank_of,
    play_controls,
    render_notes,
)

RATE, HOP = 44100, 128
CHAIN = CHAINS["two_osc"]
BANK = bank_of(CHAIN)
INLETS = [control.name for control in play_controls(CHAIN)]
BLOCKS = 1e-5  # of full scale, however a sound is cut


@pytest.fixture(scope="module")
def ts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Exported, through all checks of the gate."""
    folder = tmp_path_factory.mktemp("synth")
    return export_stream(VoiceStream(CHAIN, BANK), folder, "voice", RATE, has_patches=False)


def notes(length: int, batch: int = 1) -> torch.Tensor:
    inputs = torch.zeros(batch, len(INLETS), length)
    inputs[:, 0] = 50.0 + 4.0 * torch.arange(batch).unsqueeze(1)
    inputs[:, 1, HOP : 3 * length // 4] = 0.8
    return inputs


def run(host: Host, inputs: torch.Tensor, size: int) -> torch.Tensor:
    made = torch.cat([host.perform(block) for block in inputs.split(size, 2)], 2)
    assert not host.failures
    return made[:, 0]


def test_it_is_described(ts: Path) -> None:
    instrument = read_instrument(ts)
    (method,) = instrument.methods
    assert method.name == "play"
    assert [c.name for c in method.inlets] == INLETS
    found = {attribute.name: attribute for attribute in instrument.settings()}
    assert found["cutoff"].unit == "Hz"
    assert found["cutoff"].high == 18000
    assert found["preset"].choices == tuple(preset.name for preset in BANK)


def test_it_plays_what_is_rendered_offline_in_any_blocks(ts: Path) -> None:
    """By a preset other than the first."""
    preset = next(preset for preset in BANK if preset.name == "plucked-wire")
    expected = render_notes(preset, [Note(55.0, 0.3)], chain=CHAIN)[: 96 * HOP]
    inputs = torch.zeros(1, len(INLETS), 96 * HOP)
    inputs[:, 0] = 55.0
    inputs[:, 1, : round(0.3 * RATE) - RATE // 1000] = 0.8
    for size in (HOP, 3 * HOP, 8 * HOP, 96 * HOP):
        host = Host(ts, "play")
        host.set("preset", preset.name)
        assert (run(host, inputs, size)[0] - expected).abs().max() <= BLOCKS


def test_a_preset_sets_all_and_a_setting_is_kept(ts: Path) -> None:
    host = Host(ts, "play")
    host.set("preset", "acid-line")
    assert host.get("cutoff") == [260.0]
    assert host.get("glide") == [40.0]
    host.set("cutoff", 700.0)
    assert host.get("cutoff") == [700.0]
    assert host.get("preset") == ["acid-line"]
    for name, value in (("cutoff", 5.0), ("sustain", float("nan")), ("preset", "none")):
        with pytest.raises(ValueError, match="does not take"):
            host.set(name, value)


def test_settings_move_without_clicks(ts: Path) -> None:
    host = Host(ts, "play")
    host.set("preset", "sub-sine")
    inputs = notes(64 * HOP)
    inputs[:, 1, HOP:] = 0.8
    before = run(host, inputs, HOP)
    # a sine all along: the pulses of other waves are clicks
    changes = [("level", -3.0), ("cutoff", 400.0), ("transpose", 3.0), ("drive", 0.0)]
    changes += [("resonance", 8.0), ("semitones_2", 7.0), ("sustain", 0.3)]
    pieces = []
    for name, value in changes:
        host.set(name, value)
        pieces.append(run(host, inputs[:, :, 32 * HOP :], HOP))
    sound = torch.cat([before, *pieces], 1)[0].numpy()
    assert clickiness(sound[10 * HOP :]).max() < 5.0
    assert np.abs(pieces[0].numpy()).max() > 1.5 * np.abs(before.numpy()[:, 40 * HOP :]).max()


def test_voices_stay_as_others_come_and_go(ts: Path) -> None:
    inputs = notes(48 * HOP, 4)
    alone = run(Host(ts, "play"), inputs[:1], HOP)
    host = Host(ts, "play")
    parts = [
        run(host, piece[:voices], size)
        for piece, voices, size in zip(
            inputs.split(16 * HOP, 2), (1, 4, 1), (HOP, 2 * HOP, HOP), strict=True
        )
    ]
    assert (torch.cat([part[:1] for part in parts], 1) - alone).abs().max() <= BLOCKS
    # a voice that comes begins its note, as it finds the gate open
    assert parts[1][3].abs().max() > 0.01


def test_reset_clears_and_silence_is_silent(ts: Path) -> None:
    host = Host(ts, "play")
    assert not run(host, torch.zeros(2, len(INLETS), 32 * HOP), HOP).any()
    run(host, notes(16 * HOP), HOP)
    host.set("reset", True)
    ended = run(host, torch.zeros(1, len(INLETS), 400 * HOP), HOP)
    assert ended[0, -10 * HOP :].abs().max() < 1e-4


def test_own_presets_join_the_bank(tmp_path: Path) -> None:
    mine = Preset("mine", "mono", {"cutoff": 333.0})
    path = export_stream(VoiceStream(CHAINS["mono"], [mine]), tmp_path, "v", RATE, False)
    assert path.name == "v_model.ts"
    assert Host(path, "play").get("cutoff") == [333.0]


@pytest.mark.parametrize("rate", [48000, 96000])
def test_it_plays_the_same_at_the_rate_of_the_host(ts: Path, rate: int) -> None:
    """As in seconds: the level of each 10 ms, and the pitch."""
    hosts = {hertz: Host(ts, "play") for hertz in (RATE, rate)}
    hosts[rate].set("sample_rate", rate)
    levels, pitches = [], []
    for hertz, host in hosts.items():
        host.set("preset", "soft-keys")
        inputs = torch.zeros(1, len(INLETS), hertz // 2 // HOP * HOP)
        inputs[:, 0], inputs[:, 1, : hertz // 4] = 69.0, 0.8
        sound = run(host, inputs, HOP)[0]
        frames = sound[: 48 * (hertz // 100)].reshape(48, hertz // 100)
        levels.append(10 * (frames.square().mean(1) + 1e-7).log10())
        window = torch.hann_window(hertz // 5)
        spectrum = torch.fft.rfft(sound[: hertz // 5] * window, hertz * 2).abs()
        pitches.append(float(spectrum.argmax()) / 2)
    assert (levels[0] - levels[1]).abs().max() < 0.5
    assert pitches == pytest.approx([440.0, 440.0], abs=1.0)
