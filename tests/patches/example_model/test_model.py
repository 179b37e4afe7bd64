"""The model in patches/ is playable: labels take effect, trajectories move, nothing is silent."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from patches.example_model.orchestra import perform
from patches.example_model.phrase import KEYBOARDS, phrase
from vschaos.audio.files import read_channels
from vschaos.data.pitch.notes import A4_HZ, A4_MIDI, midi_number
from vschaos.demo.sounds import Note
from vschaos.export import Host
from vschaos.generation import trajectory

PATCHES = Path(__file__).parents[3] / "patches"
MODEL = PATCHES / "example.ts"
RATE, HOP, LATENTS = 44100, 512, 8
Listen = Callable[[np.ndarray, int], float]


def hz_of(pitch: int, octave: int) -> float:
    midi = float(midi_number(np.array(pitch), np.array(octave)))
    return A4_HZ * 2 ** ((midi - A4_MIDI) / 12)


@cache
def model() -> torch.jit.ScriptModule:
    return torch.jit.load(str(MODEL))


def host(method: str) -> Host:
    """A fresh object, of the one model that takes its time to load."""
    torch.manual_seed(0)
    fresh = Host(model(), method, 2048)
    fresh.set("reset", 1)
    return fresh


def decode(latents: np.ndarray, pitch: int, octave: int) -> np.ndarray:
    """Latents `[Z, N]` under a label -> sound `[T]`, once it has begun."""
    labels = np.full((2, latents.shape[1]), [[pitch], [octave]], dtype=np.float32)
    controls = np.concatenate([latents, labels]).repeat(HOP, axis=1)
    return host("decode").process(controls)[0, 4 * 2048 :]


def path(seed: int, width: float = 1.0, frames: int = 180) -> np.ndarray:
    random = np.random.default_rng(seed)
    return trajectory("random", LATENTS, frames, RATE / HOP, random, width)


def levels_db(sound: np.ndarray) -> np.ndarray:
    """Of each tenth of a second."""
    tenths = sound[: len(sound) // 4410 * 4410].reshape(-1, 4410)
    return 10 * np.log10(np.mean(tenths**2, axis=1) + 1e-12)


def longest_true(flags: np.ndarray) -> int:
    return max(len(run) for run in "".join("x" if flag else " " for flag in flags).split(" "))


def test_it_is_small_enough_for_a_repository() -> None:
    assert MODEL.stat().st_size < 8_000_000
    assert (PATCHES / "example.wav").stat().st_size < 300_000


def test_it_has_inlets_and_outlets_for_pitch_and_octave() -> None:
    inlets, outlets = host("forward").labels()
    assert inlets == ["audio", "pitch", "octave"]
    assert outlets == ["audio", "pitch", "octave"]
    assert host("decode").labels()[0][LATENTS:] == ["pitch", "octave"]
    assert host("encode").labels()[1][LATENTS:] == ["pitch", "octave"]


@pytest.mark.parametrize(
    "octave", [3, *(pytest.param(octave, marks=pytest.mark.slow) for octave in (2, 4, 5))]
)
def test_labels_take_effect_at_any_latents(octave: int, fundamental_hz: Listen) -> None:
    """Three pitches an octave, all twelve in the four."""
    right = []
    for pitch in range(octave % 4, 12, 4):
        sound = decode(path(100 * octave + pitch), pitch, octave)
        for start in range(0, len(sound) - 8192, 8192):
            hz = fundamental_hz(sound[start : start + 8192], RATE)
            right.append(abs(12 * np.log2(hz / hz_of(pitch, octave))) < 0.5)
    assert np.mean(right) > 0.85


@pytest.mark.parametrize("width", [1.0, 1.5])
def test_trajectories_are_audible_and_do_not_clip(width: float) -> None:
    sound = np.concatenate(
        [decode(path(seed, width), 5 * seed % 12, 2 + seed % 4) for seed in range(4)]
    )
    assert np.abs(sound).max() < 1.0
    assert -27.0 < 10 * np.log10(np.mean(sound**2)) < -15.0
    assert longest_true(levels_db(sound) < -50.0) < 10  # tenths of a second


def test_the_middle_of_the_latents_is_a_sound() -> None:
    for octave in (2, 3, 4, 5):
        sound = decode(np.zeros((LATENTS, 90), np.float32), 3, octave)
        assert -29.0 < 10 * np.log10(np.mean(sound**2)) < -12.0


def test_each_latent_is_audible() -> None:
    """Wherever the others are: a change of the spectrum by 1 dB is about what can be heard."""

    def spectrum_db(latents: np.ndarray, pitch: int, octave: int) -> np.ndarray:
        sound = decode(np.repeat(latents, 60, axis=1), pitch, octave)
        power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
        bands = np.add.reduceat(power, np.round(np.geomspace(1, len(power) - 1, 40)).astype(int))
        return 10 * np.log10(bands + 1e-4 * bands.max())

    for k in range(LATENTS):
        changes = []
        for seed in range(6):
            low = np.random.default_rng(seed).standard_normal((LATENTS, 1)).astype(np.float32)
            high = low.copy()
            low[k], high[k] = -2.0, 2.0
            note = (5 * seed % 12, 2 + seed % 4)
            difference = spectrum_db(high, *note) - spectrum_db(low, *note)
            changes.append(np.sqrt(np.mean(difference**2)))
        assert np.mean(changes) > 1.5, f"latent {k + 1}: {changes}"


def test_a_note_is_predicted_and_played_at_another_pitch(fundamental_hz: Listen) -> None:
    sound = perform(Note("reed", 5, 3, "loud"))  # a D
    labels = np.full((2, len(sound)), [[10.0], [4.0]], dtype=np.float32)  # to play a G
    nn_object = host("forward")
    nn_object.set("inversion_mode", "rtisi")  # the phase of the input would hold on to its pitch
    played, pitch, octave = nn_object.process(np.concatenate([sound[None], labels]))
    nn_object.set("inversion_mode", "keep_input")
    middle = slice(RATE // 2, RATE)
    hz = fundamental_hz(played[middle], RATE)
    assert abs(12 * np.log2(hz / hz_of(10, 4))) < 0.3
    assert np.mean(pitch[middle] == 5) > 0.9
    assert np.mean(octave[middle] == 3) > 0.9
    assert abs(np.std(played[middle]) / np.std(sound[middle]) - 1.0) < 0.5


def test_the_phrase_goes_through_it_at_its_own_pitches() -> None:
    (sound,) = read_channels(PATCHES / "example.wav")
    assert np.abs(sound - phrase(KEYBOARDS)).max() < 1e-3  # it is what the command writes
    unknown = np.full((2, len(sound)), -1.0, dtype=np.float32)
    played, pitch, _ = host("forward").process(np.concatenate([sound[None], unknown]))
    predicted = [int(np.median(pitch[n * 22050 + 8000 : n * 22050 + 18000])) for n in range(6)]
    assert predicted == [5, 0, 8, 7, 3, 10]  # D A F E C G
    assert -30.0 < 10 * np.log10(np.mean(played**2)) < -12.0


def test_silence_stays_silent() -> None:
    silence = np.zeros((3, RATE), dtype=np.float32)
    silence[1:] = [[3.0], [4.0]]
    played = host("forward").process(silence)[0]
    assert 20 * np.log10(np.abs(played[8192:]).max() + 1e-9) < -70.0
