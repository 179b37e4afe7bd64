"""What is lost in a mix is measured."""

from __future__ import annotations

import numpy as np
import pytest

from vschaos.audio.channels import Origin, cancelling, cancels

X, Y = np.random.default_rng(0).normal(0.0, 0.1, (2, 8000)).astype(np.float32)
LOST = {"upside down": [X, -X], "nearly": [X, -0.9 * X], "two pairs": [X, -X, Y, -0.95 * Y]}
KEPT = {
    "mono": [X],
    "alike": [X, X],
    "one side": [X, 0 * X],
    "strangers": [X, Y],
    "wide": [X + Y, X - Y],
    "wider": [0.6 * X + Y, 0.6 * X - Y],
    "silence": [0 * X, 0 * X],
}


@pytest.mark.parametrize(
    ("channels", "is_lost"),
    [*((one, True) for one in LOST.values()), *((one, False) for one in KEPT.values())],
    ids=[*LOST, *KEPT],
)
def test_cancelling_channels_differ_from_wide_ones(
    channels: list[np.ndarray], is_lost: bool
) -> None:
    origin = Origin()
    for block in np.array_split(np.stack(channels, axis=1), 7):
        origin.add(block, 44100)
    assert cancels(origin.mix_db, origin.num_channels) == is_lost
    assert (origin.sample_rate, origin.num_channels) == (44100, len(channels))


def test_the_advice_names_the_setting() -> None:
    assert "the mix is 26 dB softer than they are" in cancelling(-25.6)
    assert "the mix is silent" in cancelling(-200.0)
    assert "data.dataset.channel=1" in cancelling(-200.0)
