"""Long sounds go through a model as short ones do, and morphs lead from sound to sound."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from vschaos.generation import blocks_without_edges, morph, segments, without_edges

RATE = 1000
SEGMENT, CONTEXT, FADE = 1000, 100, 50


@dataclass
class EchoRun:
    """A run whose model gives what it gets, times a gain for each call."""

    gains: list[float] = field(default_factory=list)
    sample_rate: int = RATE
    calls: list[tuple[int, float, str | None]] = field(default_factory=list)
    conditioning: list[Any] = field(default_factory=list)
    frame_rate: float = RATE / 10

    def reconstruct(
        self,
        audio: np.ndarray,
        labels: Any = None,
        temperature: float = 0.0,
        inversion: str | None = None,
    ) -> np.ndarray:
        self.conditioning.append(labels)
        self.calls.append((len(audio), temperature, inversion))
        gain = self.gains[(len(self.calls) - 1) % len(self.gains)] if self.gains else 1.0
        return (gain * audio).astype(np.float32)

    @property
    def model(self) -> Any:
        """A frame every ten samples."""
        return SimpleNamespace(
            hop_length=10, excerpt_centres=[0], centres=lambda length: range(0, length, 10)
        )

    def encode(self, audio: np.ndarray, labels: Any = None, temperature: float = 0.0) -> np.ndarray:
        """Every tenth sample, and its negative."""
        return np.stack([audio[::10], -audio[::10]])


@pytest.fixture(autouse=True)
def _short_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "SEGMENT_SECONDS", SEGMENT / RATE)
    monkeypatch.setattr(segments, "CONTEXT_SECONDS", CONTEXT / RATE)
    monkeypatch.setattr(segments, "CROSSFADE_SECONDS", FADE / RATE)


def _reconstruct(run: EchoRun, audio: np.ndarray, *settings: Any) -> np.ndarray:
    parts = segments.reconstruct_segments(run, [audio], *settings)  # type: ignore[arg-type]
    return np.concatenate(list(parts))


@pytest.mark.parametrize(
    "length", [1, 999, 1000, 1049, 1050, 1051, 1999, 2000, 2001, 2005, 2049, 2050, 2051, 5333]
)
def test_segments_join_to_the_same_sound(length: int) -> None:
    run = EchoRun()
    sound = np.random.default_rng(0).uniform(-1, 1, length).astype(np.float32)
    before = sound.copy()
    output = _reconstruct(run, sound)
    assert output.dtype == np.float32
    np.testing.assert_allclose(output, sound, atol=1e-6)  # float32
    np.testing.assert_array_equal(sound, before)
    assert all(part <= SEGMENT + 2 * CONTEXT for part, _, _ in run.calls)


def test_segments_that_differ_are_faded_without_a_click() -> None:
    output = _reconstruct(EchoRun(gains=[1.0, 0.0]), np.ones(4500, np.float32))
    assert output[500] == 1.0
    assert output[1500] == 0.0
    assert np.abs(np.diff(output)).max() < 1.1 / (FADE - 1)


def test_settings_reach_each_segment() -> None:
    run = EchoRun()
    _reconstruct(run, np.ones(3500, np.float32), None, 0.5, "scan")
    assert [settings for _, *settings in run.calls] == [[0.5, "scan"]] * 4


@pytest.mark.parametrize("length", [3, 1050, 1051, 2005, 5333])
def test_each_segment_has_the_labels_of_its_own_frames(length: int) -> None:
    """Each sample is the number of its frame."""
    run = EchoRun()
    sound = (np.arange(length) // 10).astype(np.float32)
    received: list[np.ndarray] = []
    plain = run.reconstruct

    def reconstruct(audio: np.ndarray, *settings: Any) -> np.ndarray:
        received.append(audio[::10])
        return plain(audio, *settings)

    run.reconstruct = reconstruct  # type: ignore[method-assign]
    _reconstruct(run, sound, {"pitch": sound[::10], "octave": 4.0})
    for labels, frames in zip(run.conditioning, received, strict=True):
        np.testing.assert_array_equal(labels["pitch"], frames)
        assert labels["octave"] == 4.0


def _morph(*sounds: np.ndarray) -> np.ndarray:
    return morph(EchoRun(), sounds)  # type: ignore[arg-type]


def test_a_morph_goes_from_the_first_sound_to_the_last() -> None:
    random = np.random.default_rng(0)
    first, last = random.normal(size=700), 5 + random.normal(size=1000)
    latents = _morph(first, last)
    assert latents.shape == (2, 100)  # those of the longer one
    np.testing.assert_allclose(latents[:, 0], [first[0], -first[0]], atol=1e-6)
    np.testing.assert_allclose(latents[:, -1], [last[990], -last[990]], atol=1e-6)
    assert latents[0, :20].mean() < 1.5
    assert latents[0, -20:].mean() > 3.5


def test_a_morph_passes_through_each_sound() -> None:
    levels = (0.0, 1.0, -2.0, 3.0)
    sounds = [
        np.full(length, level) for length, level in zip((500, 10, 80, 300), levels, strict=True)
    ]
    latents = _morph(*sounds)[0]
    assert len(latents) == 50 + 8 + 30
    np.testing.assert_allclose(latents[[0, 49, 50, 57, 58, 87]], [0, 1, 1, -2, -2, 3], atol=1e-9)
    assert (np.diff(latents[:50]) >= 0).all()


def test_a_sound_morphed_to_itself_stays() -> None:
    sound = np.random.default_rng(0).normal(size=300)
    np.testing.assert_allclose(_morph(sound, sound)[0], sound[::10])


def test_one_sound_is_not_enough() -> None:
    with pytest.raises(ValueError, match="at least two sounds, got 1"):
        _morph(np.zeros(100))


def test_edges_are_smooth_and_the_middle_is_untouched() -> None:
    sound = np.full(44100, 0.5, dtype=np.float32)
    shaped = without_edges(sound, 44100)
    assert shaped[0] == shaped[-1] == 0.0
    assert np.abs(np.diff(shaped)).max() < 0.001
    assert np.array_equal(shaped[1000:-1000], sound[1000:-1000])
    for length in (0, 1, 2, 5):
        assert len(without_edges(sound[:length], 44100)) == length


@pytest.mark.parametrize("size", [1, 700, 2000, 44100])
def test_edges_are_the_same_in_blocks(size: int) -> None:
    sound = np.random.default_rng(0).uniform(-1, 1, 5000).astype(np.float32)
    blocks = [sound[start : start + size] for start in range(0, len(sound), size)]
    joined = np.concatenate(list(blocks_without_edges(blocks, 44100)))
    np.testing.assert_array_equal(joined, without_edges(sound, 44100))
