"""The finder of clicks finds them, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.clicks import FRAME, clickiness, clicks

RATE = 44100
SECONDS = np.arange(2 * RATE) / RATE


def partials(*hz: float) -> np.ndarray:
    return sum(np.sin(2 * np.pi * f * SECONDS) for f in hz) / len(hz)  # type: ignore[return-value]


def plucks() -> np.ndarray:
    since = SECONDS % 0.5
    return partials(220, 440, 660) * np.exp(-5 * since) * np.minimum(since / 0.01, 1.0)


SOUNDS: dict[str, Callable[[], np.ndarray]] = {
    "low tone": lambda: 0.5 * partials(43.0),
    "octaves": lambda: 0.5 * partials(55.0, 110.0),
    "chord": lambda: 0.3 * partials(110.0, 138.6, 164.8, 220.0),
    "quiet pad": lambda: 0.02 * partials(195.5, 196.0, 246.9, 247.5, 293.7),
    "tremolo": lambda: 0.3 * partials(80.0) * (0.55 + 0.45 * np.sin(2 * np.pi * 6 * SECONDS)),
    "plucks": lambda: 0.4 * plucks(),
    "sweep": lambda: 0.3 * np.sin(2 * np.pi * (40 * SECONDS + 150 * SECONDS**2)),
    "silence": lambda: 0.0 * SECONDS,
}


def step(sound: np.ndarray, at: int, size: float) -> None:
    sound[at:] += size


def spike(sound: np.ndarray, at: int, size: float) -> None:
    sound[at] += size


@pytest.mark.parametrize("name", SOUNDS)
def test_clean_sounds_have_none(name: str) -> None:
    sound = SOUNDS[name]()
    assert clicks(sound) == []
    assert clickiness(sound).max() < 3.0


@pytest.mark.parametrize("name", SOUNDS)
@pytest.mark.parametrize("fault", [step, spike])
def test_a_jump_of_one_sample_is_found(name: str, fault: Callable[..., None]) -> None:
    sound = SOUNDS[name]()
    for at in (20_000, 44_107, 70_001):
        fault(sound, at, 0.02)
    found = np.array(clicks(sound))
    for at in (20_000, 44_107, 70_001):
        assert np.abs(found - at).min() <= 2 * FRAME
    assert len(found) <= 6


@pytest.mark.parametrize("name", ["low tone", "octaves", "chord"])
def test_a_hop_too_many_or_too_few_and_a_sudden_end_are_found(name: str) -> None:
    sound = SOUNDS[name]()
    ended = sound.copy()
    ended[44_150:] = 0.0
    for broken in (np.delete(sound, slice(44_150, 44_662)), np.insert(sound, 44_150, sound[:512])):
        assert clicks(broken)
    assert clicks(ended)


def test_a_corner_in_a_fade_is_found_on_a_low_tone() -> None:
    sound = SOUNDS["low tone"]()
    fade = np.clip((SECONDS - 1.005) * 100, 0, 1)
    assert clicks(sound * (1 - fade))
    assert not clicks(sound * (0.5 + 0.5 * np.cos(np.pi * fade)))


def test_noise_has_none() -> None:
    assert clicks(0.1 * np.random.default_rng(0).standard_normal(20 * RATE)) == []
