"""Live features are what an instrument measures, block by block, of the same sound."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from vschaos.data.features import LiveLoudness, LivePitch
from vschaos.data.features.live import LiveFeature
from vschaos.data.features.loudness import Loudness
from vschaos.dsp.loudness import LoudnessMeter
from vschaos.dsp.pitch import PitchTracker

RATE, HOP = 44100, 256


def _sound(tone: Callable[..., np.ndarray], seconds: float) -> np.ndarray:
    random = np.random.default_rng(0)
    sound = tone(330, RATE, seconds, amplitude=0.3)
    return (sound + 0.05 * random.standard_normal(len(sound))).astype(np.float32)


@pytest.mark.parametrize(
    ("feature", "module"),
    [
        (LivePitch(RATE, HOP, 1024), PitchTracker(RATE, HOP, 1024)),
        (LiveLoudness(RATE, HOP, 1024), LoudnessMeter(RATE, HOP, 1024)),
    ],
)
def test_a_feature_is_what_the_stream_says(
    tone: Callable[..., np.ndarray], feature: LiveFeature, module: torch.nn.Module
) -> None:
    sound = _sound(tone, 0.5)
    values = feature(sound)
    assert values.shape == (len(feature.channels), feature.num_frames(len(sound)))
    blocks = torch.from_numpy(sound[: 80 * HOP]).view(20, 4 * HOP)
    stream = torch.jit.script(module)
    live = torch.cat([stream(block[None]) for block in blocks], dim=2)[0]
    assert np.abs(values[:, :80] - live.numpy()).max() <= 1e-5  # of 64: one digit of float32


def test_long_sounds_are_read_in_parts(
    tone: Callable[..., np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    sound, feature = _sound(tone, 0.6), LivePitch(RATE, HOP)
    whole = feature(sound)
    monkeypatch.setattr("vschaos.data.features.live.FRAMES_AT_ONCE", 7)
    assert np.abs(feature(sound) - whole).max() <= 1e-6


def test_the_last_frame_may_be_short(tone: Callable[..., np.ndarray]) -> None:
    for length in (1, HOP, HOP + 1):
        for feature in (LivePitch(RATE, HOP), LiveLoudness(RATE, HOP)):
            values = feature(_sound(tone, 0.1)[:length])
            assert values.shape[1] == -(-length // HOP)
            assert np.isfinite(values).all()


def test_live_loudness_is_the_level_of_a_causal_window(tone: Callable[..., np.ndarray]) -> None:
    sound = _sound(tone, 0.4)
    live, by_spectrum = LiveLoudness(RATE, HOP)(sound), Loudness(RATE, HOP, look_ahead=HOP)(sound)
    # one weighs the squares, the other the samples, and the filter is 15 samples late
    assert np.abs(live - by_spectrum)[:, 10:].max() < 0.3


def test_each_setting_has_its_identity() -> None:
    features = [
        LivePitch(RATE, HOP),
        LivePitch(RATE, HOP, 1024),
        LivePitch(RATE, HOP, hold_below=0),
    ]
    features += [LiveLoudness(RATE, HOP), LiveLoudness(RATE, HOP, 1024)]
    assert len({feature.identity for feature in features}) == 5


@pytest.mark.parametrize("kind", [LivePitch, LiveLoudness])
def test_a_window_holds_a_hop(kind: type[LiveFeature]) -> None:
    with pytest.raises(ValueError, match=r"window of live_\w+ must be a whole number from 256 on"):
        kind(RATE, HOP, 128)
