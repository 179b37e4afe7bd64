"""A frame depends on its own window of samples, and on no other."""

from __future__ import annotations

import numpy as np
import pytest

from tests.data.features.toys import Sum
from vschaos.data.features import windowed


@pytest.mark.parametrize("look_ahead", [None, 0, 3, 10])
def test_a_frame_is_of_the_samples_that_are_documented(look_ahead: int | None) -> None:
    prefetch = 5 if look_ahead is None else look_ahead
    feature = Sum(8000, 4, 10, look_ahead)
    sound = np.random.default_rng(0).integers(1, 100, 43).astype(np.float32)
    expected = [
        sum(sound[s] for s in range(4 * n + prefetch - 10, 4 * n + prefetch) if 0 <= s < len(sound))
        for n in range(11)
    ]
    assert feature(sound).tolist() == [expected]


@pytest.mark.parametrize("length", [1, 4, 5, 100])
@pytest.mark.parametrize("window", [1, 3, 64])
def test_blocks_do_not_matter(monkeypatch: pytest.MonkeyPatch, length: int, window: int) -> None:
    sound = np.random.default_rng(length).standard_normal(length).astype(np.float32)
    feature = Sum(8000, 4, window)
    whole = feature(sound)
    monkeypatch.setattr(windowed, "AT_A_TIME", 3 * window)
    assert np.array_equal(feature(sound), whole)


def test_a_causal_feature_does_not_know_what_comes() -> None:
    sound = np.random.default_rng(1).standard_normal(200).astype(np.float32)
    feature = Sum(8000, 8, 32, look_ahead=0)
    assert np.array_equal(feature(sound[:80]), feature(sound)[:, :10])
