"""The voice: what is played is heard, in any blocks and batches, and differentiable in all."""

from __future__ import annotations

import math

import pytest
import torch

from tests.tolerances import ROUNDING
from vschaos.models.synth import (
    CHAINS,
    Note,
    Voice,
    play_controls,
    render,
    render_morph,
    render_notes,
)
from vschaos.models.synth.parameters import PARAMETERS
from vschaos.models.synth.presets import Preset
from vschaos.models.synth.voice import VoiceState

RATE = 44100
BLOCKS = 1e-5  # of full scale, however a sound is cut


def drawn(chain: str, batch: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """`[B, K]`"""
    torch.manual_seed(1)
    positions = 0.1 + 0.8 * torch.rand(len(CHAINS[chain].parameters), batch, dtype=dtype)
    values = [p.value_at(x) for p, x in zip(CHAINS[chain].parameters, positions, strict=True)]
    names = [parameter.name for parameter in CHAINS[chain].parameters]
    for name, audible in (("attack", 5.0), ("sustain", 0.8), ("level", 0.0)):
        values[names.index(name)][:] = audible
    return torch.stack(values, 1)


def controls(chain: str, batch: int, length: int) -> torch.Tensor:
    """Notes that begin and end, all modulations moving."""
    torch.manual_seed(0)
    values = torch.zeros(batch, len(play_controls(CHAINS[chain])), length)
    time = torch.arange(length)
    values[:, 0] = 48.0 + 7.0 * torch.arange(batch).unsqueeze(1) + 12.0 * (time > length // 2)
    values[:, 1, 50 : length // 3] = 0.8
    values[:, 1, length // 2 : length - 200] = 0.4
    waves = torch.sin(time / 97.0) * torch.rand(batch, values.shape[1] - 2, 1)
    values[:, 2:] = waves
    return values


def settings(**values: float) -> torch.Tensor:
    """Of `modular`, `[1, K]`."""
    preset = Preset("test", "modular", values)
    return preset.parameters(CHAINS["modular"]).unsqueeze(0)


def played(pitch: float, seconds: float, velocity: float = 1.0, **values: float) -> torch.Tensor:
    """A note that is held for 3/4 of the time, `[T]`."""
    length = round(seconds * RATE)
    gate = torch.zeros(1, length)
    gate[:, : 3 * length // 4] = velocity
    chosen = settings(**{"attack": 1.0, "level": 0.0, **values})
    with torch.inference_mode():
        voice = Voice(CHAINS["modular"])
        return render(voice, chosen, torch.full([1, length], pitch), gate)[0]


def levels(sound: torch.Tensor, *seconds: float) -> list[float]:
    """dB in 20 ms from there on."""
    starts = [round(second * RATE) for second in seconds]
    return [float(10 * sound[s : s + RATE // 50].square().mean().log10()) for s in starts]


def peak_hz(sound: torch.Tensor) -> float:
    window = torch.hann_window(len(sound))
    spectrum = torch.fft.rfft(sound * window, 16 * len(sound)).abs()
    return float(spectrum.argmax()) * RATE / (16 * len(sound))


@pytest.mark.parametrize("chain", CHAINS)
@torch.inference_mode()
def test_blocks_do_not_matter(chain: str) -> None:
    voice, inputs = Voice(CHAINS[chain]), controls(chain, 2, 24 * 128)
    parameters = drawn(chain, 2).unsqueeze(2)
    whole = voice(inputs, parameters)
    assert whole.abs().max() > 0.003
    for hops in (1, 2, 3, 8):
        state, blocks = voice.silence(2, torch.float32), []
        for block in inputs.split(128 * hops, 2):
            audio, state = voice.continued(block, parameters, state)
            blocks.append(audio)
        assert (torch.cat(blocks, 1) - whole).abs().max() <= BLOCKS


@torch.inference_mode()
def test_voices_rest_where_they_are_not_heard_in_any_blocks() -> None:
    """Two voices, of which one, both or none sounds; phases, filter and LFO go on as they were."""
    voice = Voice(CHAINS["modular"])
    inputs = torch.zeros(2, len(voice.inlets), 72 * 128)
    inputs[:, 0] = torch.tensor([[45.0], [64.3]])
    for row, starts in enumerate(((100, 3000, 6000), (1500, 6100))):
        for start in starts:
            inputs[row, 1, start : start + 700] = 0.9
    preset = {"attack": 1.0, "release": 8.0, "index": 1.5, "noise": 0.3, "lfo_cutoff": 9.0}
    preset |= {"cutoff": 900.0, "resonance": 9.0, "drive": 6.0, "lfo_pitch": 1.0, "mix": 0.4}
    parameters = settings(**preset).unsqueeze(2)
    whole = voice(inputs, parameters)
    assert whole[:, 5000:6000].abs().max() < 1e-9
    for hops in (1, 2, 3, 8):
        state, blocks = voice.silence(2, torch.float32), []
        for block in inputs.split(128 * hops, 2):
            audio, state = voice.continued(block, parameters, state)
            blocks.append(audio)
        assert (torch.cat(blocks, 1) - whole).abs().max() <= BLOCKS


def test_rest_costs_no_oscillators(monkeypatch: pytest.MonkeyPatch) -> None:
    voice = Voice(CHAINS["modular"])
    monkeypatch.setattr(voice.oscillator, "forward", None)
    assert not voice(torch.zeros(1, len(voice.inlets), 128), settings().unsqueeze(2)).any()


def test_silence_and_nonsense() -> None:
    voice = Voice(CHAINS["modular"])
    nothing = torch.zeros(1, 7, 4096)
    with torch.inference_mode():
        for parameters in (settings(), settings(noise=1.0, drive=24.0, resonance=20.0)):
            assert not voice(nothing, parameters.unsqueeze(2)).any()
        wild = torch.full([1, 7, 4096], math.inf)
        wild[:, :, ::3] = math.nan
        assert torch.isfinite(voice(wild, settings().unsqueeze(2))).all()


def test_a_note_ends_in_exact_silence() -> None:
    """And not in the smallest numbers, with which processors are slow."""
    voice = Voice(CHAINS["mono"])
    parameters = Preset("test", "mono", {"release": 50.0}).parameters(CHAINS["mono"])
    inputs = torch.zeros(1, len(voice.inlets), 128)
    inputs[:, 0] = 60.0
    with torch.inference_mode():
        state = voice.silence(1, torch.float32)
        for hop in range(200):
            inputs[:, 1] = float(hop < 20)
            audio, state = voice.continued(inputs, parameters[None, :, None], state)
            if hop == 10:
                assert audio.any()
    assert not audio.any()


def test_it_plays_the_pitch_that_is_asked_for() -> None:
    for pitch in (45.0, 69.0, 81.5):
        hertz = 440.0 * 2 ** ((pitch - 69) / 12)
        found = peak_hz(played(pitch, 0.4, shape_1=0.0)[2000:12000])
        assert abs(1200 * math.log2(found / hertz)) < 5.0
    second = peak_hz(played(57.0, 0.4, shape_2=0.0, mix=1.0, semitones_2=7.0)[2000:12000])
    assert abs(second / 220.0 - 2 ** (7 / 12)) < 0.005


def test_velocity_is_a_level_and_the_gate_begins_and_ends_it() -> None:
    loud, soft = (played(57.0, 0.4, velocity, shape_1=0.0) for velocity in (1.0, 0.5))
    assert (0.5 * loud - soft).abs().max() < 1e-4
    before, after = levels(played(57.0, 0.4, release=20.0), 0.25, 0.35)
    assert after < before - 60.0


def test_envelopes_take_their_times() -> None:
    sound = played(57.0, 1.0, shape_1=0.0, attack=200.0, decay=300.0, sustain=0.1)
    rising, top, held = levels(sound, 0.04, 0.19, 0.6)
    assert rising < top - 4.0
    assert held == pytest.approx(-20.0 - 3.0, abs=0.5)
    bright = played(45.0, 0.8, cutoff=200.0, filter_envelope=48.0, decay_2=1000.0)
    highs = bright.diff()
    first, later = levels(highs, 0.02, 0.5)
    assert first > later + 6.0


def test_cutoff_tracks_the_keys() -> None:
    def brightness(pitch: float, tracking: float) -> float:
        """Of the tenth harmonic beside the first, dB."""
        sound = played(pitch, 0.3, cutoff=400.0, key_tracking=tracking)[3000:9000].double()
        hertz = 440.0 * 2 ** ((pitch - 69) / 12)
        time = torch.arange(len(sound)) * (2 * math.pi * hertz / RATE)
        window = torch.hann_window(len(sound), dtype=torch.float64)
        first, tenth = (
            float(torch.view_as_real((torch.exp(-1j * k * time) * window * sound).sum()).norm())
            for k in (1, 10)
        )
        return 20 * math.log10(tenth / first)

    assert abs(brightness(48.0, 1.0) - brightness(60.0, 1.0)) < 0.5
    assert abs(brightness(48.0, 0.0) - brightness(60.0, 0.0)) > 6.0


def test_glide_slides_between_notes_and_not_into_the_first() -> None:
    length = RATE // 2
    pitch = torch.full([1, length], 48.0)
    pitch[:, length // 2 :] = 60.0
    with torch.inference_mode():
        voice = Voice(CHAINS["modular"])
        chosen = settings(glide=100.0, shape_1=0.0, level=0.0)
        sound = render(voice, chosen, pitch, torch.ones(1, length))[0]
    assert abs(peak_hz(sound[500:6500]) / 130.81 - 1) < 0.01
    sliding = peak_hz(sound[length // 2 + 1000 : length // 2 + 4000])
    assert 135.0 < sliding < 230.0
    assert abs(peak_hz(sound[-4000:]) / 261.63 - 1) < 0.1  # 2 time constants later


def test_phase_modulation_makes_sidebands() -> None:
    plain = played(69.0, 0.3, shape_1=0.0)[3000:9000]
    modulated = played(69.0, 0.3, shape_1=0.0, index=2.0, semitones_2=12.0)[3000:9000]
    assert modulated.diff().std() / modulated.std() > 2.0 * plain.diff().std() / plain.std()
    quiet = played(69.0, 0.3, shape_1=0.0, index=2.0, index_envelope=1.0)[9000:12000]
    assert abs(quiet.diff().std() / quiet.std() - plain.diff().std() / plain.std()) < 0.01


def test_modulations_add_to_the_preset() -> None:
    """At 0 they leave it; a cutoff an octave up is a cutoff twice as high."""
    voice = Voice(CHAINS["two_osc"])
    inlets = [control.name for control in play_controls(CHAINS["two_osc"])]
    inputs = torch.zeros(1, len(inlets), 4096)
    inputs[:, 0], inputs[:, 1] = 45.0, 1.0
    moved = inputs.clone()
    moved[:, inlets.index("cutoff_mod")] = 12.0
    moved[:, inlets.index("level_mod")] = -6.0
    moved[:, inlets.index("mix_mod")] = 0.25
    low, high = (
        Preset("test", "two_osc", values).parameters(CHAINS["two_osc"])[None, :, None]
        for values in (
            {"cutoff": 500.0, "mix": 0.25, "cents_2": 9.0},
            {"cutoff": 1000.0, "mix": 0.5, "cents_2": 9.0, "level": -18.0},
        )
    )
    with torch.inference_mode():
        assert (voice(moved, low) - voice(inputs, high)).abs().max() < 100 * ROUNDING


@torch.inference_mode()
def test_voices_of_a_batch_do_not_know_of_each_other() -> None:
    voice, inputs, parameters = (
        Voice(CHAINS["two_osc"]),
        controls("two_osc", 3, 1024),
        drawn("two_osc", 3),
    )
    together = voice(inputs, parameters.unsqueeze(2))
    alone = voice(inputs[:1], parameters[:1].unsqueeze(2))
    assert (together[:1] - alone).abs().max() <= BLOCKS


def test_every_continuous_parameter_has_the_right_gradient() -> None:
    """At a rate so low that 64 samples hold a whole note."""
    chain = CHAINS["modular"]
    voice = Voice(chain, sample_rate=2000)
    torch.manual_seed(3)
    inputs = torch.zeros(1, len(voice.inlets), 64, dtype=torch.float64)
    inputs[:, 0], inputs[:, 1, 2:40] = 50.3, 0.9
    chosen = {
        **{"glide": 5.0, "shape_1": 1.3, "width_1": 0.4, "shape_2": 1.6, "width_2": 0.3},
        **{"mix": 0.4, "noise": 0.3, "index": 0.8, "index_envelope": 0.5, "cutoff": 180.0},
        **{"resonance": 2.0, "filter_type": 0.3, "filter_envelope": 12.0, "key_tracking": 0.4},
        **{"attack_2": 4.3, "decay_2": 30.0, "sustain_2": 0.4},
        **{"release_2": 20.0, "attack": 3.3, "decay": 40.0, "sustain": 0.6},
        **{"release": 30.0, "lfo_rate": 19.0, "lfo_shape": 0.4, "lfo_pitch": 0.7},
        **{"lfo_cutoff": 5.0, "lfo_width": 0.05, "lfo_level": 0.3, "drive": 9.0, "level": -3.0},
        **{"cents_2": 11.0, "semitones_2": 5.0},
    }
    assert set(chosen) == {parameter.name for parameter in PARAMETERS}
    parameters = Preset("test", "modular", chosen).parameters(chain).double()[None, :, None]
    # one number of each sound: the sum of squares and a projection, so that one pass is enough
    projection = torch.randn(64, dtype=torch.float64)

    def measured(values: torch.Tensor) -> torch.Tensor:
        sound = voice(inputs, values)[0]
        return torch.stack([sound @ projection, sound.square().sum()])

    parameters.requires_grad_()
    assert torch.autograd.gradcheck(measured, (parameters,), atol=1e-7, rtol=1e-4)
    (gradient,) = torch.autograd.grad(measured(parameters)[0], parameters)
    reached = gradient[0, :, 0].abs() > 1e-9
    without = [p.name for p, is_reached in zip(PARAMETERS, reached, strict=True) if not is_reached]
    assert without == ["glide"]  # there was one note


def test_a_state_can_be_scripted() -> None:
    voice = torch.jit.script(Voice(CHAINS["mono"]))
    state = voice.silence(1, torch.float32)
    assert len(state) == len(VoiceState._fields)


def test_a_morph_begins_and_ends_as_its_presets_sound() -> None:
    dark = Preset("dark", "mono", {"cutoff": 300.0, "release": 10.0, "level": -6.0})
    bright = Preset("bright", "mono", {"cutoff": 9000.0, "release": 10.0, "level": -6.0})
    notes = [Note(45.0, 0.6)]
    morph = render_morph([dark, bright], notes)
    alone = [render_notes(preset, notes) for preset in (dark, bright)]
    assert len(morph) == len(alone[1])
    centroids = [spectral_centroid(sound) for sound in (morph[:4000], morph[20000:24000])]
    expected = [spectral_centroid(alone[0][:4000]), spectral_centroid(alone[1][20000:24000])]
    # the knob has moved by a seventh after the first 4000 samples, two thirds of an octave
    assert centroids == pytest.approx(expected, rel=0.4)
    assert centroids[1] > 1.8 * centroids[0]
    middle = spectral_centroid(morph[11000:15000])
    assert centroids[0] < middle < centroids[1]


def test_a_morph_between_chains_is_played_by_all_modules() -> None:
    bell = Preset("bell", "fm", {"index": 3.0, "release": 10.0})
    noise = Preset("noise", "mono", {"noise": 1.0, "release": 10.0})
    sound = render_morph([bell, noise, bell], [Note(60.0, 0.05), Note(64.0, 0.05)])
    assert bool(torch.isfinite(sound).all())
    assert float(sound.abs().max()) > 0.01
    with pytest.raises(ValueError, match="at least two presets, got 1"):
        render_morph([bell], [Note(60.0)])


def test_steady_and_moving_parameters_sound_the_same_where_nothing_moves() -> None:
    preset = Preset("still", "two_osc", {"mix": 0.5, "release": 10.0})
    notes = [Note(57.3, 0.07), Note(60.0, 0.05)]
    still, moving = render_notes(preset, notes), render_morph([preset, preset], notes)
    # float32: a law and its inverse
    assert float((still - moving).abs().max()) < 1e-3


def spectral_centroid(sound: torch.Tensor) -> float:
    """Hz."""
    power = torch.fft.rfft(sound * torch.hann_window(len(sound))).abs().square()
    hertz = torch.arange(len(power)) * 44100 / len(sound)
    return float((power * hertz).sum() / power.sum())
