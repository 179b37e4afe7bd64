"""The tracker tells the pitch of tones: live as offline, in noise, never an octave off for long.

Times are in frames of 256 samples at 44.1 kHz.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from vschaos.dsp.pitch import PitchTracker

RATE, HOP = 44100, 256
WINDOWS = {2048: 46.0, 1024: 92.0, 512: 184.0}  # and a fundamental just above their lowest
SAME = 1e-6  # of float32 at 127: all before is float64
TIMBRES = {
    "saw": lambda k: 1 / k,
    "odd": lambda k: (k % 2) / k,
    "no fundamental": lambda k: (k > 1) / k,
    "sine": lambda k: 1.0 * (k == 1),
}


def _tone(midi: np.ndarray, timbre: str = "saw", noise_db: float | None = None) -> Tensor:
    """`[T]` notes -> `[1, T]`, mean square .01; random phases, partials up to 20 kHz."""
    random = np.random.default_rng(0)
    hz = 440 * 2 ** ((midi - 69) / 12)
    cycles = np.cumsum(hz) / RATE
    k = np.arange(1, int(min(20000 / hz.max(), 40)) + 1)[:, None]
    partials = np.sin(2 * np.pi * (k * cycles + random.random(k.shape)))
    sound = (TIMBRES[timbre](k) * partials).sum(axis=0)
    sound *= 0.1 / sound.std()
    if noise_db is not None:
        sound += 0.1 * 10 ** (noise_db / 20) * random.standard_normal(len(sound))
    return torch.from_numpy(sound).float()[None]


def _steady(note: float, frames: int = 40) -> np.ndarray:
    return np.full(frames * HOP, float(note))


def _errors(tracker: PitchTracker, midi: np.ndarray, sound: Tensor) -> np.ndarray:
    """Cents, of the frames that lie wholly in the sound; the delay taken out."""
    found = tracker(sound)[0, 0].double().numpy()
    first = tracker.window // HOP
    centres = (np.arange(first, len(found)) + 1) * HOP - tracker.delay
    return 100 * (found[first:] - midi[centres])


def _midi(hz: float) -> float:
    return 69 + 12 * math.log2(hz / 440)


@pytest.mark.parametrize("timbre", TIMBRES)
@pytest.mark.parametrize("window", WINDOWS)
def test_tones_come_back_at_their_pitch(timbre: str, window: int) -> None:
    for note in np.linspace(_midi(WINDOWS[window]), 93, 7):
        midi = _steady(note, 20)
        errors = _errors(PitchTracker(window=window), midi, _tone(midi, timbre))
        assert np.abs(errors).max() < (1 if note < 83 else 2)


def test_differences_are_those_of_their_definition() -> None:
    tracker = PitchTracker(window=512, hop_length=128)
    frame = np.random.default_rng(3).normal(0.5, 1, 512)
    naive = [np.mean((frame[lag:] - frame[:-lag]) ** 2) for lag in range(1, tracker.num_lags + 1)]
    found = tracker.differences(torch.from_numpy(frame)[None])[0].numpy()
    assert found == pytest.approx(naive, rel=1e-10)


def test_candidates_are_those_of_a_naive_yin() -> None:
    """A single frame, lag by lag in loops; its choice is the cheapest dip."""
    tracker = PitchTracker(octave_cost=0.1)
    sound = _tone(_steady(50.3, 9), "odd", -20)
    frame = np.asarray(tracker._frames(sound)[0, -1])
    d = [0.0] + [np.mean((frame[lag:] - frame[:-lag]) ** 2) for lag in range(1, 982)]
    best = (math.inf, 0.0, 0.0)
    for lag in range(22, 981):
        before, here, after = d[lag - 1 : lag + 2]
        if before > here <= after:
            shift = (before - after) / (2 * (before - 2 * here + after))
            lowest = here - (before - after) * shift / 4
            relative = max(lowest, 0) / np.mean(d[1 : lag + 1])
            cost = relative + 0.1 * math.log2(lag / 22)
            best = min(best, (cost, lag + shift, 1 - relative))
    notes, confidences, costs = tracker._find_candidates(torch.from_numpy(frame)[None, None])
    chosen = int(costs[0, 0].argmin())
    assert costs[0, 0, chosen].item() == pytest.approx(best[0], rel=1e-9)
    assert notes[0, 0, chosen].item() == pytest.approx(_midi(RATE / best[1]), abs=1e-9)
    assert confidences[0, 0, chosen].item() == pytest.approx(best[2], rel=1e-9)


@pytest.mark.parametrize("note", [35, 50, 65, 80, 92])
def test_a_vibrato_is_followed_in_time(note: float) -> None:
    seconds = np.arange(100 * HOP) / RATE
    midi = note + 0.5 * np.sin(2 * np.pi * 5 * seconds)
    errors = _errors(PitchTracker(), midi, _tone(midi))
    # a mean over 46 ms takes 6 % of the depth at the peaks; one hop late would be 9 cents
    assert np.abs(errors).max() < 6


@pytest.mark.parametrize("direction", [-1, 1])
def test_a_glide_is_followed_in_time_at_every_height(direction: int) -> None:
    midi = 62 + direction * np.linspace(-24, 24, 2 * RATE // HOP * HOP)
    errors = _errors(PitchTracker(), midi, _tone(midi, "saw"))
    assert np.abs(errors).max() < 6  # two octaves a second: a hop late would be 14 cents


@pytest.mark.parametrize("timbre", TIMBRES)
def test_noise_makes_no_octave_errors(timbre: str) -> None:
    for note in (35, 48, 60, 72, 84, 92):
        midi = _steady(note, 60)
        errors = np.abs(_errors(PitchTracker(), midi, _tone(midi, timbre, -10)))
        assert np.mean(errors > 50) < 0.02
        assert np.median(errors) < 5


@pytest.mark.parametrize("step", [12, -12, 19, -24, 7])
def test_a_wrong_octave_lasts_a_few_frames(step: int) -> None:
    """After a leap the old note's lag is about as good as the new one's: the choice leaves it."""
    midi = np.concatenate([_steady(60, 40), _steady(60 + step, 60)])
    tracker = PitchTracker()
    found = tracker(_tone(midi, "saw"))[0, 0].numpy()
    window = tracker.window // HOP
    assert np.abs(found[40 + window + 6 :] - (60 + step)).max() < 0.1
    assert np.abs(found[window:40] - 60).max() < 0.1


@pytest.mark.parametrize("octaves", [-1, 1])
def test_a_wrong_octave_in_the_state_is_left_behind(octaves: int) -> None:
    tracker, midi = PitchTracker(), _steady(60, 48)
    sound = _tone(midi)
    tracker(sound[:, : 16 * HOP])
    # as if the frames before had been an octave off, and sure of it
    tracker.candidates = torch.zeros_like(tracker.candidates)
    tracker.candidates[:, 1] = 60.0 + 12 * octaves
    tracker.candidates[:, 2] = 1.0
    found = tracker(sound[:, 16 * HOP :])[0, 0]
    assert (found[8:] - 60).abs().max() < 0.05


def test_a_short_wrong_dip_does_not_move_the_pitch() -> None:
    """Two frames in which the octave above is a little better, as at a consonant."""
    tracker = PitchTracker()
    notes = torch.tensor([60.0, 72.0, 48.0, 40.0]).double().repeat(1, 30, 1)
    costs = torch.tensor([0.1, 0.2, 0.3, 0.9]).double().repeat(1, 30, 1)
    costs[:, 14:16, 0] = 0.25  # .05 above the other octave
    chosen = tracker._choose(notes, torch.full_like(notes, 0.9), costs)
    assert (chosen == 0).all()


def test_confidence_tells_tones_from_noise_and_silence() -> None:
    assert PitchTracker()(_tone(_steady(60)))[0, 1, 8:].min() > 0.95
    noise = torch.from_numpy(np.random.default_rng(1).normal(0, 0.1, (1, 200 * HOP))).float()
    assert PitchTracker()(noise)[0, 1].max() < 0.5
    for silence in (0.0, 0.3):
        values = PitchTracker()(torch.full((1, 40 * HOP), silence))[0]
        assert (values[1, 9:] == 0).all()
        assert (values[0] == 60).all()


def test_a_pitch_is_held_where_there_is_none() -> None:
    sound = torch.cat([_tone(_steady(67.5, 30)), torch.zeros(1, 30 * HOP)], dim=1)
    values = PitchTracker()(sound)[0]
    assert (values[0, 29:] - 67.5).abs().max() < 0.5  # the end of a tone is a little off
    assert (values[0, 45:] == values[0, 44]).all()
    assert (values[1, 40:] == 0).all()


@pytest.mark.parametrize("scripted", [False, True])
@pytest.mark.parametrize("window", WINDOWS)
def test_blocks_and_batches_do_not_matter(scripted: bool, window: int) -> None:
    sounds = torch.cat([_tone(_steady(note, 40), noise_db=db) for note, db in _VOICES])
    whole = PitchTracker(window=window)(sounds)
    tracker = PitchTracker(window=window)
    stream = torch.jit.script(tracker) if scripted else tracker
    parts, start = [], 0
    for hops in (1, 3, 2, 8, 1, 16, 9):
        parts.append(stream(sounds[:, start * HOP : (start + hops) * HOP]))
        start += hops
    assert (torch.cat(parts, 2) - whole).abs().max() <= SAME
    stream.reset()
    assert (stream(sounds[1:2]) - whole[1:2]).abs().max() <= SAME


# noise decides between dips: what rounding changed would be heard
_VOICES = [(50, -20.0), (64, 0.0), (80, 6.0)]


def test_voices_that_stay_keep_their_past() -> None:
    sounds = torch.cat([_tone(_steady(note, 24), noise_db=db) for note, db in _VOICES])
    tracker = PitchTracker()
    parts = [
        tracker(sounds[:rows, start * HOP : (start + 8) * HOP])
        for start, rows in ((0, 1), (8, 3), (16, 1))
    ]
    alone = PitchTracker()(sounds[:1])
    assert (torch.cat([part[:1] for part in parts], 2) - alone).abs().max() <= SAME
    joined = PitchTracker()(sounds[1:, 8 * HOP : 16 * HOP])
    assert (parts[1][1:] - joined).abs().max() <= SAME


def test_values_are_finite_whatever_comes() -> None:
    tracker, sound = PitchTracker(), _tone(_steady(60, 60))
    strange = sound.clone()
    strange[:, 20 * HOP : 24 * HOP : 3] = float("nan")
    strange[:, 20 * HOP : 24 * HOP : 7] = float("inf")
    strange[:, 24 * HOP : 25 * HOP] = 1e38
    values = tracker(strange)[0]
    assert values.isfinite().all()
    assert ((values[1] >= 0) & (values[1] <= 1)).all()
    assert (values[0, 40:] - 60).abs().max() < 0.05
    full_scale = PitchTracker()(_tone(_steady(60, 20)).sign())[0]
    assert (full_scale[0, 8:] - 60).abs().max() < 0.02


def test_gain_does_not_matter() -> None:
    sound = _tone(_steady(57.3), noise_db=-20)
    quiet, loud = PitchTracker()(sound / 512), PitchTracker()(sound * 8)
    assert (quiet - loud)[0, :, 8:].abs().max() < 1e-4


def test_state_stays_bounded() -> None:
    """A minute says what hours do: costs are counted from the least of each frame."""
    tracker, random = PitchTracker(), np.random.default_rng(5)
    sound = torch.from_numpy(random.normal(0, 0.1, (1, 250 * HOP))).float()
    for second in range(40):
        tracker(sound * (second % 3))
        # at most a jump more than the cheapest, and what its own frame costs
        assert tracker.candidates[:, 0].min() == 0
        assert tracker.candidates[:, 0].max() <= tracker.jump_cost + 2.0
    assert tracker.past.shape == PitchTracker().past.shape


@pytest.mark.parametrize(("rate", "hop", "window"), [(22050, 128, 1024), (48000, 256, 2048)])
def test_other_rates_hear_the_same_range(rate: int, hop: int, window: int) -> None:
    tracker = PitchTracker(rate, hop, window)
    assert 44 < tracker.lowest_hz < 50
    for hz in (1.02 * tracker.lowest_hz, 440.0, 1900.0):
        time = torch.arange(24 * hop, dtype=torch.float64) / rate
        found = tracker(torch.sin(2 * math.pi * hz * time).float()[None])[0, 0, 16:]
        assert (found - _midi(hz)).abs().max() < 0.02
        tracker.reset()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"window": 128}, "window of the pitch must be at least hop_length"),
        ({"highest_hz": 40.0}, "highest_hz of the pitch must be above 45"),
        ({"highest_hz": 9000.0}, "at most 5512"),
    ],
)
def test_settings_are_checked(settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PitchTracker(**settings)
