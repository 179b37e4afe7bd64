"""The harmonic model in patches/ is playable by a keyboard: in tune, audible, silent in silence."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from patches.example_model.phrase import CHOIR, NOTE_SECONDS, phrase
from patches.example_model.reed import HIGHEST_NOTE, LOWEST_NOTE, Note, perform
from vschaos.audio.files import read_channels
from vschaos.demo.sounds import PITCHES
from vschaos.demo.sounds import Note as DemoNote
from vschaos.export import Host

PATCHES = Path(__file__).parents[3] / "patches"
MODEL = PATCHES / "ddsp_example.ts"
RATE, BUFFER, TIMBRES = 44100, 1024, 4
Listen = Callable[[np.ndarray, int], float]


@cache
def model() -> torch.jit.ScriptModule:
    return torch.jit.load(str(MODEL))


def host(method: str) -> Host:
    """A fresh object, of the one model that takes its time to load."""
    torch.manual_seed(0)
    fresh = Host(model(), method, BUFFER)
    fresh.set("reset", 1)
    return fresh


def play(
    midi: float, loudness: float = -20.0, timbre: tuple[int, float] = (0, 0.0), seconds: float = 1.5
) -> np.ndarray:
    """A key that is held, with one number of the timbre moved: its sound `[T]` after 0.3 s."""
    # whole buffers: what a host adds to the last one is a loudness of 0, the loudest
    length = int(seconds * RATE) // BUFFER * BUFFER
    controls = np.zeros((3 + TIMBRES, length), dtype=np.float32)
    controls[:3] = [[midi], [1.0], [loudness]]
    controls[3 + timbre[0]] = timbre[1]
    return host("decode").process(controls)[0, round(0.3 * RATE) :]


def level_db(sound: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(sound**2) + 1e-20))


def bands_db(sound: np.ndarray) -> np.ndarray:
    """Levels of 30 bands within 30 dB of the loudest: below the lowest partial there is but noise,
    in bands of a third of a kilohertz."""
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    edges = np.round(np.geomspace(100, 10000, 31) * len(sound) / RATE).astype(int)
    bands = np.add.reduceat(power, edges)[:-1]
    return 10 * np.log10(bands + 1e-3 * bands.max())


def nearest_peak_hz(sound: np.ndarray, hz: float) -> float:
    """The frequency of the strongest sine within a semitone of one."""
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    low, high = (round(hz * 2 ** (s / 12) * len(sound) / RATE) for s in (-1, 1))
    at = low + int(power[low : high + 1].argmax())
    before, middle, after = np.log(power[at - 1 : at + 2])
    return (at + 0.5 * (before - after) / (before - 2 * middle + after)) * RATE / len(sound)


def cents(hz: float, expected: float) -> float:
    return float(1200 * np.log2(hz / expected))


def test_it_is_small_enough_for_a_repository() -> None:
    assert MODEL.stat().st_size < 2_000_000
    assert (PATCHES / "ddsp_example.wav").stat().st_size < 300_000


def test_it_is_played_by_pitch_loudness_and_timbre() -> None:
    controls = ["pitch", "confidence", "loudness", *(f"z{k + 1}" for k in range(TIMBRES))]
    assert host("decode").labels()[0] == controls
    assert host("encode").labels()[1] == controls
    assert host("forward").labels() == (["audio"], ["audio"])


def test_a_scale_is_in_tune_and_audible(fundamental_hz: Listen) -> None:
    """Minor thirds through all of the range."""
    levels = []
    for midi in range(LOWEST_NOTE, HIGHEST_NOTE + 1, 3):
        sound = play(midi)
        expected = 440.0 * 2 ** ((midi - 69) / 12)
        assert abs(cents(fundamental_hz(sound[:8192], RATE), expected)) < 30  # its octave
        assert abs(cents(nearest_peak_hz(sound, expected), expected)) < 5
        assert np.abs(sound).max() < 0.9
        levels.append(level_db(sound))
    assert min(levels) > -32
    assert max(levels) < -12


def test_loud_notes_are_louder_and_brighter() -> None:
    soft, loud = play(60, -35.0), play(60, -18.0)
    assert level_db(loud) - level_db(soft) == pytest.approx(17, abs=4)
    treble = [bands_db(sound)[20:].mean() - bands_db(sound)[:10].mean() for sound in (soft, loud)]
    assert treble[1] > treble[0] + 3


def test_low_notes_lack_even_partials_and_high_ones_do_not() -> None:
    def even_db(midi: int) -> float:
        hz, sound = 440.0 * 2 ** ((midi - 69) / 12), play(midi)
        power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
        peaks = [power[round(k * hz * len(sound) / RATE) + np.arange(-4, 5)].sum() for k in (1, 2)]
        return float(10 * np.log10(peaks[1] / peaks[0]))

    assert even_db(50) < even_db(76) - 6


def test_the_timbre_can_be_moved() -> None:
    """At least one number moves the bands by more than 2 dB, and none spoils a note."""
    ways = []
    for k in range(TIMBRES):
        low, high = (play(60, timbre=(k, value), seconds=1.0) for value in (-2.0, 2.0))
        assert abs(level_db(low) - level_db(high)) < 12
        ways.append(np.sqrt(np.mean((bands_db(low) - bands_db(high)) ** 2)))
    assert max(ways) > 2.0


def test_silence_stays_silent() -> None:
    assert np.abs(play(60, -80.0)).max() < 1e-6  # what was played before is silence, too
    silence = np.zeros((1, RATE), dtype=np.float32)
    assert np.abs(host("forward").process(silence)[0]).max() < 1e-6


def test_the_phrase_is_sung_at_its_own_pitches() -> None:
    (sound,) = read_channels(PATCHES / "ddsp_example.wav")
    assert np.abs(sound - phrase(CHOIR)).max() < 1e-3  # it is what the command writes
    played = host("forward").process(sound[None])[0]
    length = round(NOTE_SECONDS * RATE)
    for k, (_, name, octave) in enumerate(CHOIR):
        expected = DemoNote("choir", PITCHES.index(name), octave, "loud").frequency_hz
        held = played[k * length + length // 3 : (k + 1) * length - length // 8]
        assert abs(cents(nearest_peak_hz(held, expected), expected)) < 35  # its vibrato
    assert -35 < level_db(played) < -10


def test_its_own_instrument_comes_out_as_it_went_in() -> None:
    """A new melody: as loud as it was, in the same bands."""
    notes = [Note(midi, 0.5, 0.7, 1.0) for midi in (55, 62, 67, 74)]
    sound = perform(notes, seed=1)
    played = host("forward").process(sound[None])[0]
    assert level_db(played) == pytest.approx(level_db(sound), abs=3)
    assert np.sqrt(np.mean((bands_db(played) - bands_db(sound)) ** 2)) < 4
