"""A feature has an identity, and what it returns is checked."""

from __future__ import annotations

import numpy as np
import pytest

from tests.data.features.toys import Broken, Frames, Holes, NewerFrames, Settings, Short, Sum
from vschaos.data.features.feature import Feature, FeatureError, compute
from vschaos.data.features.loudness import Loudness
from vschaos.data.features.pitch import Pitch

SOUND = np.linspace(0.1, 0.9, 41, dtype=np.float32)


def test_all_that_changes_the_result_changes_the_identity() -> None:
    features = [
        Frames(8000, 10),
        Frames(8000, 11),
        Frames(8001, 10),
        NewerFrames(8000, 10),
        Settings(8000, 10, True),
        Settings(8000, 10, "1"),
        Sum(8000, 10, 64),
        Sum(8000, 10, 64, 0),
        Loudness(44100, 256),
        Pitch(44100, 256),
        Pitch(44100, 256, highest_hz=1000),
    ]
    assert len({feature.identity for feature in features}) == len(features)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Frames(8000, 10), Frames(8000, 10)),
        (Sum(8000, 10, 64), Sum(8000, 10, 64, 32)),
        (Pitch(44100, 256, lowest_hz=45), Pitch(44100, 256, lowest_hz=45.0)),
    ],
)
def test_equal_functions_have_one_identity(one: Feature, other: Feature) -> None:
    assert one.identity == other.identity


def test_an_identity_is_the_same_tomorrow() -> None:
    """It depends on no hash of a process: 20 digits of it, written down once."""
    assert Frames(8000, 10).identity[:20] == "2231e2d07930e3079295"


@pytest.mark.parametrize("length", [1, 9, 10, 11, 40, 41])
def test_there_is_a_frame_for_each_hop_that_is_begun(length: int) -> None:
    values = compute(Frames(8000, 10), SOUND[:length], "a.wav")
    assert values.shape == (2, int(np.ceil(length / 10)))
    assert values.dtype == np.float32


@pytest.mark.parametrize(
    ("feature", "message"),
    [
        (Holes(8000, 10), r"frames of data/a\.wav must be finite, got nan for number in frame 3"),
        (Short(8000, 10), r"data/a\.wav must have shape \[2, 5\] .*, got \[2, 4\]"),
        (Broken(8000, 10), r"frames of data/a\.wav failed: RuntimeError: no idea"),
    ],
)
def test_what_is_returned_is_checked(feature: Feature, message: str) -> None:
    with pytest.raises(FeatureError, match=message):
        compute(feature, SOUND, "data/a.wav")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 256), "sample_rate of loudness must be a whole number from 1 on, got 0"),
        ((44100, 2.5), "hop_length of loudness must be a whole number from 1 on, got 2.5"),
        ((44100, 256, 0), "window of loudness must be"),
        ((44100, 256, 64, 65), "look_ahead of loudness must be .* from 0 to 64, got 65"),
    ],
)
def test_arguments_are_checked(arguments: tuple[int, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Loudness(*arguments)


def test_arguments_are_plain() -> None:
    with pytest.raises(ValueError, match="must be plain numbers"):
        _ = Settings(8000, 10, object()).identity
