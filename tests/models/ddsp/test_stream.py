"""A harmonic instrument as it is played: blocks, voices, delay, silence, clicks, windows."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.clicks import clicking_hops
from vschaos.dsp.reverb import Room
from vschaos.export import Host, script_stream
from vschaos.instrument.live_stream import LIVE_ATTRIBUTES
from vschaos.instrument.pitched_stream import PITCHED_ATTRIBUTES
from vschaos.labels import Vocabulary
from vschaos.models.ddsp import DDSP

HOP, RATE = 256, 44100
SAME = 1e-6  # of full scale: units in the last place of float32
DELAYS = {2048: 1100, 1024: 600, 512: 350}  # samples that are more than a window's, less than twice
DEFAULTS = {
    **{attribute.name: attribute.default for attribute in [*PITCHED_ATTRIBUTES, *LIVE_ATTRIBUTES]},
    "reverb": 0.0,
    "sample_rate": RATE,
}


@pytest.fixture(scope="module")
def model() -> DDSP:
    """Not trained: its level and its mean spectrum are obeyed all the same. That is a dull one, for
    on the pulses of bright tones no click is found."""
    torch.manual_seed(0)
    model = DDSP({})
    model.network.partial_db.mul_(4.0)  # partials fall by 24 dB an octave
    return model.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def compiled(model: DDSP) -> Any:
    scripted = script_stream(model.stream().eval(), RATE)
    scripted.get_methods()
    return scripted


@pytest.fixture
def played(compiled: Any) -> Any:
    for name, value in DEFAULTS.items():
        assert getattr(compiled, f"set_{name}")(value) == 0
    compiled.engine.stream.reset()
    return compiled


def tone(hertz: float, num_hops: int, level: float = 0.3) -> Tensor:
    """`[1, 1, T]`, begun softly."""
    seconds = torch.arange(num_hops * HOP, dtype=torch.float64) / RATE
    sine = level * torch.sin(2 * math.pi * hertz * seconds) * (seconds / 0.05).clamp(max=1.0)
    return sine.float()[None, None]


def music(num_hops: int = 128) -> Tensor:
    """A glide, noise and rests, `[1, 1, T]`."""
    torch.manual_seed(1)
    seconds = torch.arange(num_hops * HOP) / RATE
    glide = 0.3 * torch.sin(2 * math.pi * (200.0 * seconds + 100.0 * seconds**2))
    swell = (torch.sin(9.0 * seconds) + 0.5).clamp(0.0, 1.0)
    return (swell * (glide + 0.02 * torch.randn(len(seconds))))[None, None]


@torch.inference_mode()
def in_blocks(model: Any, method: str, values: Tensor, sizes: list[int]) -> Tensor:
    """In blocks of so many hops."""
    ratio = 1 if method == "decode" else HOP
    parts, start = [], 0
    for size in itertools.cycle(sizes):
        if start >= values.shape[2]:
            break
        parts.append(getattr(model, method)(values[:, :, start : start + size * ratio]))
        start += size * ratio
    return torch.cat(parts, 2)


@pytest.mark.parametrize("sizes", [[1], [2], [8, 32], [3, 1, 7]])
def test_blocks_do_not_matter(played: Any, sizes: list[int]) -> None:
    """Noise, glide and a room included."""
    for name, value in {"glide": 100.0, "reverb": 0.5, "fit": 0.7}.items():
        assert getattr(played, f"set_{name}")(value) == 0
    values = {"forward": music(), "encode": music()}
    played.engine.stream.reset()
    values["decode"] = in_blocks(played, "encode", music(), [128])
    for method, given in values.items():
        outputs = []
        for each in ([128], sizes):
            played.engine.stream.reset()
            outputs.append(in_blocks(played, method, given, each))
        scale = max(1.0, float(outputs[0].abs().max()))  # pitch and loudness reach 127
        assert (outputs[0] - outputs[1]).abs().max() < SAME * scale


def test_encode_and_decode_in_a_chain_are_forward(played: Any) -> None:
    """Through the middle of a patch: no attribute acts twice."""
    for name, value in {"transpose": 5.0, "harmonics": -3.0, "gate_threshold": -50.0}.items():
        assert getattr(played, f"set_{name}")(value) == 0
    through = in_blocks(played, "forward", music(), [4])
    chain = in_blocks(played, "decode", in_blocks(played, "encode", music(), [4]), [4])
    # bounds of the controls between the two cut z that is beyond them only
    assert (through - chain).abs().max() < SAME


@torch.inference_mode()
def test_voices_that_stay_keep_their_sound(played: Any) -> None:
    """B = 1 -> 4 -> 1 against a voice alone."""
    alone = in_blocks(played, "forward", music(), [8])
    played.engine.stream.reset()
    others = tone(330.0, 128).expand(3, -1, -1)
    parts = []
    for n, start in enumerate(range(0, 128, 32)):
        block = slice(start * HOP, (start + 32) * HOP)
        voices = [music()[:, :, block]] + ([others[:, :, block]] if n % 2 else [])
        parts.append(in_blocks(played, "forward", torch.cat(voices), [8])[:1])
    # a product of several rows adds in another order: a unit or two in the last place of log levels
    assert (torch.cat(parts, 2) - alone).abs().max() < 1e-5


@torch.inference_mode()
def test_silence_gives_silence_and_the_next_sound_is_clean(played: Any) -> None:
    silence = torch.zeros(1, 1, 64 * HOP)
    assert played.forward(silence).abs().max() < 1e-4  # -80 dBFS
    assert played.decode(played.encode(silence)).abs().max() < 1e-4
    played.forward(music())
    after = played.forward(silence)[0, 0, 2048 + 2 * HOP :]  # a window
    assert after.abs().max() < 1e-4


@torch.inference_mode()
def test_what_is_no_number_makes_no_harm(played: Any) -> None:
    poisoned = music(32).clone()
    poisoned[0, 0, 1000:3000:7] = math.nan
    poisoned[0, 0, 3000:4000:9] = math.inf
    assert played.forward(poisoned).isfinite().all()
    controls = played.encode(poisoned)
    assert controls.isfinite().all()
    controls[:, :, ::3] = math.nan
    assert played.decode(controls).isfinite().all()
    clean = played.forward(music())
    assert clean.isfinite().all()
    assert clean.abs().max() > 0.01


@pytest.mark.parametrize("window", DELAYS)
def test_a_quicker_window_is_chosen_by_the_delay(model: DDSP, window: int) -> None:
    stream = model.stream(DELAYS[window])
    assert window // 2 <= stream.get_delay() <= DELAYS[window]
    heard = stream.eval().encode(tone(440.0, 40))[0, :, -1]
    assert heard[0] == pytest.approx(69.0, abs=0.05)


def test_no_window_is_quick_enough(model: DDSP) -> None:
    with pytest.raises(ValueError, match="max_delay must be at least"):
        model.stream(100)


@torch.inference_mode()
@pytest.mark.parametrize("offset", range(0, HOP, 32))
def test_the_delay_is_as_declared_wherever_an_onset_is(played: Any, offset: int) -> None:
    """Centres of a swell of a tone, before and after: a millisecond at most apart."""
    seconds = torch.arange(100 * HOP, dtype=torch.float64) / RATE
    centre = (50 * HOP + offset) / RATE
    swell = torch.exp(-0.5 * ((seconds - centre) / 0.02) ** 2)
    sound = (0.5 * swell * torch.sin(2 * math.pi * 441.0 * seconds)).float()[None, None]
    assert played.set_noise(-60.0) == 0
    output = in_blocks(played, "forward", sound, [4])
    lag = _centre(output) - _centre(sound)
    assert abs(lag - played.engine.stream.get_delay()) < 64


def _centre(sound: Tensor) -> float:
    power = sound[0, 0].double().square()
    return float((power * torch.arange(len(power))).sum() / power.sum())


def test_dry_sound_is_in_time_with_the_wet(played: Any) -> None:
    assert played.set_mix(0.0) == 0
    delay = played.engine.stream.get_delay()
    output = in_blocks(played, "forward", music(), [4])
    assert torch.equal(output[:, :, delay:], music()[:, :, :-delay])


def test_transposition_is_in_tune(played: Any) -> None:
    for semitones in (-12.0, 0.0, 7.0, 12.0):
        played.engine.stream.reset()
        assert played.set_transpose(semitones) == 0
        output = in_blocks(played, "forward", tone(220.0, 100), [4])
        again = in_blocks(played, "encode", output, [4])[0, 0, 50:]
        cents = 100.0 * (again - 57.0 - semitones)
        assert cents.abs().median() < 2.0


def test_loudness_is_kept(played: Any) -> None:
    heard = in_blocks(played, "encode", tone(330.0, 100), [4])[0, 2, 40:]
    played.engine.stream.reset()
    output = in_blocks(played, "forward", tone(330.0, 100), [4])
    again = in_blocks(played, "encode", output, [4])[0, 2, 60:]
    assert float(again.median() - heard.median()) == pytest.approx(0.0, abs=1.0)


TURNS: dict[str, list[Any]] = {
    "transpose": [12.0, -7.0, 24.0, 0.0, 0.5],
    "octave": [1, 0, 2, 0, -1],
    "glide": [500.0, 0.0, 2000.0, 0.0],
    "quantise": [1.0, 0.0, 0.5, 0.0],
    "gate_threshold": [0.0, -90.0, 0.0, -40.0],
    "confidence_gate": [1.0, 0.0, 1.0, 0.0],
    "harmonics": [-60.0, 12.0, -20.0, 0.0],
    "noise": [-60.0, 12.0, -20.0, 0.0],
    "reverb": [1.0, 0.0, 0.3, 1.0],
    "fit": [1.0, 0.0, 0.5, 0.0],
    "gain": [-100.0, 6.0, -20.0, 0.0],
    "mix": [0.0, 1.0, 0.5, 0.0],
    "freeze": [1, 0, 1, 0],
    "smoothing": [500.0, 0.0, 50.0, 0.0],
    "reset": [True, True, True, True],
}


@pytest.mark.parametrize("name", TURNS)
@torch.inference_mode()
def test_no_setting_clicks(played: Any, name: str) -> None:
    """Every 24 hops another value, on a tone whose noise does not hide clicks.

    Not two octaves up from far down: a low tone of equal loudness is ten times as large, and
    becoming small within a hop bends it.
    """
    if name != "noise":
        assert played.set_noise(-60.0) == 0
    playing, every = tone(164.8, 24 * (len(TURNS[name]) + 2)), 24 * HOP
    outputs = [played.forward(playing[:, :, : 2 * every])]
    for n, value in enumerate(TURNS[name], 2):
        assert getattr(played, f"set_{name}")(value) == 0
        outputs.append(played.forward(playing[:, :, n * every : (n + 1) * every]))
    output = torch.cat(outputs, 2)[0, 0]
    assert output[every : 2 * every].abs().max() > 0.01
    assert [hop for hop in clicking_hops(output.numpy(), HOP) if hop >= 40] == []


@pytest.mark.slow
def test_a_host_plays_the_smallest_buffer_for_a_minute(played: Any) -> None:
    """Whatever is turned meanwhile: nothing fails, grows, or stays behind."""
    host = Host(played, "forward", HOP)
    expected = host.process(music(64)[0].numpy())
    for turn, (name, values) in enumerate(TURNS.items()):
        host.set(name, values[0])
        host.process(music(64)[0].numpy() * (turn % 3))
        host.set(name, values[1])
        host.process(tone(110.0 * (turn + 1), 64)[0].numpy())
    assert not host.failures
    for name, value in DEFAULTS.items():
        host.set(name, value)
    host.process(torch.zeros(1, 200 * HOP).numpy())
    again = host.process(music(64)[0].numpy())
    # the noise is another
    assert 20 * math.log10((again**2).mean() / (expected**2).mean()) == pytest.approx(0.0, abs=1.0)


@torch.inference_mode()
def test_labels_are_inlets_that_change_the_sound() -> None:
    torch.manual_seed(0)
    conditioning = {"bow": {"dim": 2, "target": ["decoder"], "embedding": "OneHot"}}
    classes = {"bow": Vocabulary(("soft", "hard"))}
    model = DDSP(classes, conditioning=conditioning).eval()
    played = script_stream(model.stream().eval(), RATE)
    assert played.forward_input_labels == ["audio", "bow"]
    assert played.decode_input_labels[-1] == "bow"
    sounds = []
    for bow in (0.0, 1.0, -1.0):
        played.engine.stream.reset()
        sound = tone(220.0, 60)
        sounds.append(played.forward(torch.cat([sound, torch.full_like(sound, bow)], 1)))
    for k, sound in enumerate(sounds):
        assert sound.abs().max() > 0.01
        assert (sound - sounds[k - 1]).abs().max() > 1e-4


RATES_OF_HOSTS = [32000, 48000, 96000]


def at_rate(played: Any, rate: int, method: str, values: Tensor) -> Tensor:
    """After the rate was set under a sound."""
    with torch.inference_mode():
        getattr(played, method)(values[:, :, : values.shape[2] // 2])
        assert played.set_sample_rate(rate) == 0
        result: Tensor = getattr(played, method)(values)
        return result


@pytest.mark.parametrize("rate", RATES_OF_HOSTS)
def test_a_sound_is_heard_and_sung_alike_at_any_rate(played: Any, rate: int) -> None:
    seconds = torch.arange(200 * HOP, dtype=torch.float64)
    heard, sung = [], []
    for hosts in (RATE, rate):
        phase = 2 * math.pi * 220.0 * seconds / hosts
        sound = sum(0.2 / k * torch.sin(k * phase) for k in range(1, 9))
        heard.append(at_rate(played, hosts, "encode", sound.float()[None, None])[0, :, -1])
        voice = at_rate(played, hosts, "forward", sound.float()[None, None])
        sung.append(at_rate(played, hosts, "encode", voice)[0, :, -1])
    for trained, other in (heard, sung):
        assert abs(float(other[0]) - 57.0) < 0.01  # a cent
        assert abs(float(other[2] - trained[2])) < 0.5  # dB
        assert float((other[3:] - trained[3:]).abs().max()) < 0.25  # standard deviations


@pytest.mark.parametrize("rate", RATES_OF_HOSTS[1:])
def test_noise_has_the_same_power_and_no_new_highs(played: Any, rate: int) -> None:
    controls = torch.tensor([60.0, 0.0, -30.0] + [0.0] * 4)[None, :, None].expand(1, -1, 200)
    played.set_harmonics(-60.0)
    powers = []
    for hosts in (RATE, rate):
        noise = at_rate(played, hosts, "decode", controls)[0, 0, 100 * HOP :].double()
        spectrum = torch.fft.rfft(noise * torch.hann_window(len(noise))).abs().square()
        powers.append(float(noise.square().mean()))
    beyond = spectrum[int(1.1 * RATE / rate * len(spectrum)) :].sum() / spectrum.sum()
    assert abs(10 * math.log10(powers[1] / powers[0])) < 0.5  # by chance some .2 dB
    assert rate < 1.1 * RATE or float(beyond) < 1e-3


def test_blocks_do_not_matter_at_another_rate(played: Any) -> None:
    played.set_sample_rate(48000)
    sound = music()
    whole = in_blocks(played, "forward", sound, [128])
    played.engine.stream.reset()
    assert (in_blocks(played, "forward", sound, [1, 3, 8]) - whole).abs().max() < SAME


def test_the_trained_rate_is_as_if_none_was_set(played: Any) -> None:
    sound = music(32)
    with torch.inference_mode():
        before = played.forward(sound)
        played.engine.stream.reset()
        at_rate(played, 48000, "forward", sound)
        played.set_sample_rate(RATE)
        played.forward(sound)
        played.engine.stream.reset()
        assert (played.forward(sound) - before).abs().max() < SAME


@pytest.mark.slow  # compiles a second instrument
@torch.inference_mode()
def test_a_room_that_was_learnt_is_live_as_it_is_offline() -> None:
    """It adds nothing to the loudness; turned down, what it had taken over is played."""
    torch.manual_seed(0)
    room = Room(RATE, 0.2)
    room.take(torch.full([7], 0.3), torch.full([7], -3.0))
    model = DDSP({}, num_partials=20, room=room).eval()
    live = script_stream(model.stream().eval(), RATE)
    frames = in_blocks(live, "encode", music(), [128])
    frames[:, 2] = frames[:, 2].clamp_min(-79.0)  # the host's bounds would cut what is below
    wet, parts = model.decode(frames), in_blocks(live, "decode", frames, [3, 1, 7])
    # sums of the room's partitions, and of the network's products, in another order
    assert (parts[:, 0] - wet).abs().max() < 1e-4 * wet.abs().max().clamp_min(1.0)
    assert live.set_reverb(0.0) == 0
    live.engine.stream.reset()
    dry = in_blocks(live, "decode", frames, [128])[:, 0]
    assert (dry - wet).abs().max() > 1e-2 * wet.abs().max()
