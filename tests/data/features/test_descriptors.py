"""Descriptors of a file are those that an instrument hears live."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vschaos.data.features import Harmonics, LiveDescriptors
from vschaos.dsp.descriptors import DESCRIPTORS
from vschaos.models.wavetable.listener import DescribingListener
from vschaos.models.wavetable.timbre import DescribedTimbre

RATE, HOP = 44100, 256


def melody() -> np.ndarray:
    """Two notes and noise, `[T]`; no whole number of hops."""
    time = np.arange(40000) / RATE
    hertz = np.where(time < 0.45, 220.0, 330.0)
    cycles = np.cumsum(hertz) / RATE
    tone = sum(0.2 / k * np.sin(2 * np.pi * k * cycles) for k in range(1, 20))
    noise = 0.01 * np.random.default_rng(0).standard_normal(len(time))
    return np.asarray(tone + noise, np.float32)


@pytest.mark.parametrize("window", [2048, 1024])
def test_live_and_offline_are_the_same(window: int) -> None:
    sound = melody()
    feature = LiveDescriptors(RATE, HOP, window)
    raw = torch.from_numpy(feature(sound))[None]
    played = torch.from_numpy(Harmonics(RATE, HOP, window)(sound))[None, :3]
    assert feature.delay == Harmonics(RATE, HOP, window).delay
    timbre = DescribedTimbre().eval()
    stream = torch.jit.script(DescribingListener(RATE, HOP, window, timbre, 30, 100))
    audio = torch.zeros(1, raw.shape[2] * HOP)
    audio[0, : len(sound)] = torch.from_numpy(sound)
    with torch.inference_mode():
        parts = [stream(audio[:, n : n + 4 * HOP]) for n in range(0, audio.shape[1], 4 * HOP)]
        live, meant = torch.cat(parts, 2)[:, 3:7], timbre.scale(raw, played)
    assert meant.abs().max() > 0.5
    assert (live - meant).abs().max() < 1e-3  # standard deviations


@pytest.mark.parametrize(
    "sound", [np.zeros(1), np.ones(1), np.zeros(5000)], ids=["0", "1", "still"]
)
def test_short_and_silent_sounds_have_frames(sound: np.ndarray) -> None:
    found = LiveDescriptors(RATE, HOP)(sound.astype(np.float32))
    assert found.shape == (len(DESCRIPTORS), -(-len(sound) // HOP))
    assert np.isfinite(found).all()


def test_sizes_are_checked() -> None:
    with pytest.raises(ValueError, match="num_partials of live_descriptors must be a whole number"):
        LiveDescriptors(RATE, HOP, num_partials=0)
