"""What the settings of a pitched instrument do to its controls, one by one, and all in blocks."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
import torch
from torch import Tensor

from vschaos.dsp.oscillators import HarmonicBank, StreamingHarmonicBank
from vschaos.instrument.fit import TrainedRange
from vschaos.instrument.pitched import PitchedControls, PitchedSettings, PlayedFrames
from vschaos.instrument.pitched_stream import PITCHED_ATTRIBUTES

HOP, RATE = 256, 44100
SECOND = RATE // HOP  # frames
TRAINED = TrainedRange(loudness_db=-20.0, spread_db=6.0, pitch=60.0)
DEFAULTS = {attribute.name: attribute.default for attribute in PITCHED_ATTRIBUTES}
EXACT = 1e-5  # semitones and dB: a unit in the last place of float32 at 100 is 8e-6
SETTLING = round(0.2 * SECOND)  # frames, ten time constants of a ramp


def settings(**changed: Any) -> PitchedSettings:
    return PitchedSettings(**{**DEFAULTS, **changed})


@pytest.fixture
def pitched() -> Any:
    return torch.jit.script(PitchedControls(TRAINED, HOP, RATE))


def frames(
    pitch: float | Tensor,
    confidence: float | Tensor = 1.0,
    loudness: float | Tensor = -20.0,
    length: int = SECOND,
) -> Tensor:
    """`[1, 4, N]`, with a timbre of .5."""
    given = (pitch, confidence, loudness, 0.5)
    return torch.stack([torch.as_tensor(v).float().expand(length) for v in given])[None]


def melody(length: int = 2 * SECOND) -> Tensor:
    """Steps, unsure frames, crescendos and rests, `[2, 4, N]`."""
    n = torch.arange(length)
    pitch = 40.0 + 5.3 * torch.stack([n // 40 % 4, n // 25 % 6]) + 0.3 * torch.sin(n / 9.0)
    confidence = 0.5 + 0.5 * torch.cos(n / torch.tensor([[13.0], [29.0]]))
    loudness = -40.0 + 40.0 * torch.sin(n / torch.tensor([[31.0], [17.0]]))
    timbre = torch.sin(n / 50.0).expand(2, -1)
    return torch.stack([pitch, confidence, loudness.clamp(-80.0, 0.0), timbre], dim=1)


ALL = settings(
    transpose=3.3,
    octave=-1,
    glide=80.0,
    quantise=0.7,
    gate_threshold=-40.0,
    confidence_gate=0.6,
    unvoiced="hold",
    harmonics=-6.0,
    noise=3.0,
    fit=0.8,
)


def in_blocks(module: Any, values: Tensor, sizes: list[int], chosen: list[PitchedSettings]) -> Any:
    """In blocks; the settings change every 60 frames."""
    module.reset()
    parts, start = [], 0
    for size in itertools.cycle(sizes):
        if start >= values.shape[2]:
            break
        stop = min(start + size, start - start % 60 + 60, values.shape[2])
        parts.append(module(values[:, :, start:stop], chosen[start // 60 % len(chosen)]))
        start = stop
    rows = values.shape[0]
    gains = [[gain.expand(rows, c.shape[2]) for gain in (h, n)] for c, h, n in parts]
    return PlayedFrames(
        torch.cat([part.controls for part in parts], 2),
        *(torch.cat([both[k] for both in gains], 1) for k in range(2)),
    )


def test_defaults_change_nothing(pitched: Any) -> None:
    played = pitched(melody(), settings())
    assert (played.controls - melody()).abs().max() < EXACT
    assert played.harmonics.unique().tolist() == played.noise.unique().tolist() == [1.0]


def test_transposition_and_octaves_move_the_pitch(pitched: Any) -> None:
    played = pitched(melody(), settings(transpose=2.5, octave=1)).controls
    assert (played[:, 0] - melody()[:, 0] - 14.5).abs().max() < EXACT
    assert torch.equal(played[:, 3], melody()[:, 3])


def test_a_pitch_stays_a_note(pitched: Any) -> None:
    assert pitched(frames(110.0), settings(octave=3)).controls[0, 0].max() == 127.0


def test_a_glide_takes_its_time_and_arrives(pitched: Any) -> None:
    """Exponential: 63 % of the way in its time constant."""
    pitched(frames(50.0), settings(glide=100.0))
    glided = pitched(frames(60.0), settings(glide=100.0)).controls[0, 0]
    after = round(0.1 * SECOND)
    assert glided[after - 1] == pytest.approx(50.0 + 10.0 * (1.0 - math.exp(-1.0)), abs=0.3)
    assert glided.diff().min() >= 0.0
    assert glided[-1] == pytest.approx(60.0, abs=1e-3)


def test_a_glide_of_nothing_is_none(pitched: Any) -> None:
    pitched(frames(50.0), settings())
    assert pitched(frames(60.0), settings()).controls[0, 0].unique().tolist() == [60.0]


@pytest.mark.parametrize(("amount", "expected"), [(0.0, 60.4), (0.5, 60.2), (1.0, 60.0)])
def test_quantising_moves_to_the_nearest_semitone(
    pitched: Any, amount: float, expected: float
) -> None:
    played = pitched(frames(60.4), settings(quantise=amount)).controls
    assert played[0, 0, -1] == pytest.approx(expected, abs=EXACT)


def test_a_vibrato_on_a_quantised_pitch_is_gone(pitched: Any) -> None:
    vibrato = 60.0 + 0.4 * torch.sin(torch.arange(SECOND) / 4.0)
    assert pitched(frames(vibrato), settings(quantise=1.0)).controls[0, 0].std() < EXACT


def test_the_gate_closes_on_soft_sound(pitched: Any) -> None:
    level = torch.full([2 * SECOND], -30.0)
    level[SECOND // 2 :] = -50.0
    sound = frames(60.0, 1.0, level, 2 * SECOND)
    loudness = pitched(sound, settings(gate_threshold=-40.0)).controls[0, 2]
    assert (loudness[: SECOND // 2] + 30.0).abs().max() < EXACT
    assert loudness[-1] == -80.0  # silence
    amplitude = 10.0 ** ((loudness[SECOND // 2 :] + 50.0) / 20.0)
    assert amplitude[0] > 0.8  # no corner
    assert loudness[SECOND // 2 + round(0.15 * SECOND) :].max() == -80.0


def test_the_gate_opens_again(pitched: Any) -> None:
    chosen = settings(gate_threshold=-40.0)
    pitched(frames(60.0, 1.0, -60.0), chosen)
    opened = pitched(frames(60.0, 1.0, -30.0), chosen).controls[0, 2]
    assert opened[round(0.03 * SECOND)] > -40.0
    assert opened[-1] == pytest.approx(-30.0, abs=0.01)


def test_the_gate_does_not_chatter(pitched: Any) -> None:
    around = -40.0 + 2.0 * torch.sin(torch.arange(SECOND) * 1.3)
    loudness = pitched(frames(60.0, 1.0, around), settings(gate_threshold=-40.0)).controls[0, 2]
    assert (loudness - around)[SETTLING:].abs().max() < 0.01


def unvoiced(pitched: Any, choice: str) -> PlayedFrames:
    chosen = settings(confidence_gate=0.5, unvoiced=choice)
    pitched(frames(60.0, 0.9), chosen)
    return pitched(frames(75.0, 0.2), chosen)


def test_unvoiced_sound_plays_noise(pitched: Any) -> None:
    played = unvoiced(pitched, "noise")
    assert played.harmonics[0, -1] < 1e-3
    assert played.harmonics[0].diff().abs().max() < 0.25  # it fades
    assert played.noise.min() == 1.0
    assert played.controls[0, 2, -1] == pytest.approx(-20.0, abs=EXACT)


def test_unvoiced_sound_holds_the_pitch(pitched: Any) -> None:
    played = unvoiced(pitched, "hold")
    assert played.controls[0, 0].unique().tolist() == [60.0]
    assert played.controls[0, 1].min() == pytest.approx(0.9)
    assert played.harmonics.min() == pytest.approx(1.0)


def test_unvoiced_sound_is_silent(pitched: Any) -> None:
    played = unvoiced(pitched, "silence")
    assert played.controls[0, 2, -1] == -80.0
    assert (10.0 ** (played.controls[0, 2] / 20.0)).diff().min() > -0.02  # of .1: it fades


@pytest.mark.parametrize("choice", ["noise", "hold", "silence"])
def test_without_a_confidence_gate_all_is_voiced(pitched: Any, choice: str) -> None:
    played = pitched(melody(), settings(unvoiced=choice))
    assert (played.controls - melody()).abs().max() < EXACT
    assert played.harmonics.min() == 1.0


@pytest.mark.parametrize(("name", "row"), [("harmonics", 1), ("noise", 2)])
def test_levels_ramp_to_decibels(pitched: Any, name: str, row: int) -> None:
    pitched(frames(60.0), settings())
    gain = pitched(frames(60.0), settings(**{name: 12.0}))[row][0]
    assert gain[-1] == pytest.approx(10.0 ** (12.0 / 20.0), rel=1e-5)
    assert gain.diff().min() >= 0.0
    assert gain.diff().max() < 0.3 * (gain[-1] - 1.0)
    assert pitched(frames(60.0), settings(**{name: -60.0}))[row][0, -1] == 0.0


def test_fit_moves_a_player_to_the_loudness_of_the_training(pitched: Any) -> None:
    """Speech at -50 dB and hardly any dynamics, to -20 dB and 6 dB of deviation."""
    torch.manual_seed(0)
    spoken = -50.0 + 3.5 * torch.randn(20 * SECOND)
    fitted = pitched(frames(60.0, 1.0, spoken, 20 * SECOND), settings(fit=1.0)).controls[0, 2]
    later = fitted[10 * SECOND :]
    assert later.mean() == pytest.approx(TRAINED.loudness_db, abs=1.5)
    assert later.std() == pytest.approx(TRAINED.spread_db, abs=1.0)
    half = pitched(frames(60.0, 1.0, spoken, 20 * SECOND), settings(fit=0.5)).controls[0, 2]
    assert half[10 * SECOND :].mean() == pytest.approx(-35.0, abs=2.0)


def test_fit_is_slow_and_leaves_silence(pitched: Any) -> None:
    steady = frames(60.0, 1.0, -50.0)
    fitted = pitched(steady, settings(fit=1.0)).controls[0, 2]
    assert fitted[0] < -45.0
    assert fitted.diff().abs().max() < 2.0  # dB in a frame
    silent = pitched(frames(60.0, 0.0, -80.0), settings(fit=1.0)).controls[0, 2]
    assert silent.max() == -80.0


@pytest.mark.parametrize(("played", "expected"), [(38.0, 62.0), (85.0, 61.0), (64.0, 64.0)])
def test_fit_moves_a_player_by_octaves_from_the_first_note(
    pitched: Any, played: float, expected: float
) -> None:
    fitted = pitched(frames(played), settings(fit=1.0)).controls[0, 0]
    assert fitted[2:].unique().tolist() == [expected]


def test_an_octave_is_kept_around_the_middle(pitched: Any) -> None:
    """A player who stays half way between two octaves hears no jumps."""
    chosen = settings(fit=1.0)
    wander = 54.0 + 1.5 * torch.sin(torch.arange(30 * SECOND) / (3.0 * SECOND))
    played = pitched(frames(wander, 1.0, -20.0, 30 * SECOND), chosen).controls[0, 0]
    added = (played - wander)[2:].round()
    assert len(added.unique()) == 1


def test_fit_that_is_off_forgets(pitched: Any) -> None:
    pitched(frames(38.0, 1.0, -50.0), settings(fit=1.0))
    pitched(frames(38.0, 1.0, -50.0), settings())
    played = pitched(frames(38.0, 1.0, -50.0), settings()).controls
    assert (played - frames(38.0, 1.0, -50.0)).abs().max() < EXACT


@pytest.mark.parametrize("sizes", [[1], [2], [8], [3, 7, 40]])
def test_blocks_do_not_matter(pitched: Any, sizes: list[int]) -> None:
    """Also while all settings change."""
    chosen = [settings(), ALL, settings(glide=500.0, unvoiced="silence", confidence_gate=0.4), ALL]
    whole = in_blocks(pitched, melody(), [SECOND], chosen)
    cut = in_blocks(pitched, melody(), sizes, chosen)
    for one, other in zip(whole, cut, strict=True):
        assert (one - other).abs().max() < EXACT


def test_voices_that_stay_go_on(pitched: Any) -> None:
    values = melody()
    alone = in_blocks(pitched, values[:1], [8], [ALL]).controls[0]
    pitched.reset()
    first = pitched(values[:1, :, :100], ALL).controls[0]
    second = pitched(values[:, :, 100:200], ALL).controls
    third = pitched(values[:1, :, 200:], ALL).controls[0]
    together = torch.cat([first, second[0], third], 1)
    assert (together - alone).abs().max() < EXACT
    # the one that joined begins as if it were the first
    new = PitchedControls(TRAINED, HOP, RATE)(values[1:, :, 100:200], ALL).controls[0]
    assert (second[1] - new).abs().max() < EXACT


def test_reset_forgets_all(pitched: Any) -> None:
    before = in_blocks(pitched, melody(), [50], [ALL]).controls
    after = in_blocks(pitched, melody(), [50], [ALL]).controls
    assert torch.equal(before, after)


STEPS: dict[str, list[Any]] = {
    "transpose": [12.0, 0.0, -7.0, 24.0],
    "octave": [1, 0, -1, 2],
    "glide": [500.0, 0.0, 50.0, 0.0],
    "quantise": [1.0, 0.0, 0.5, 0.0],
    "gate_threshold": [-10.0, -90.0, -5.0, -90.0],
    "confidence_gate": [1.0, 0.0, 0.9, 0.0],
    "harmonics": [-60.0, 0.0, -12.0, 6.0],
    "fit": [1.0, 0.0, 0.5, 0.0],
}


@pytest.mark.parametrize("name", STEPS)
def test_a_step_of_a_setting_does_not_click(name: str) -> None:
    """On a low tone of three partials: where a setting steps, the sound bends no more than such a
    tone does where it is highest and loudest; a cut bends it a hundred times as much."""
    pitched, bank = PitchedControls(TRAINED, HOP, RATE), StreamingHarmonicBank(HarmonicBank(RATE))
    heights = torch.zeros(1, 100, 20)
    heights[:, :3] = 0.1
    bends, most = [], 0.0
    for value in [DEFAULTS[name], *STEPS[name]]:
        played = pitched(frames(45.3, 0.8, -30.0, 20), settings(**{name: value}))
        gains = played.harmonics * 10.0 ** ((played.controls[:, 2] + 30.0) / 20.0)
        hertz = 440.0 * torch.exp2((played.controls[:, 0].double() - 69.0) / 12.0)
        bends.append(bank(hertz, heights * gains[:, None])[0].double().diff(n=2).abs())
        of_partials = [0.1 * (2 * math.pi * k * hertz / RATE) ** 2 for k in (1, 2, 3)]
        most = max(most, float((gains * torch.stack(of_partials).sum(0)).max()))
    assert torch.stack([part.max() for part in bends[1:]]).max() < 2.0 * most
