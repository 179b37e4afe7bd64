"""Frames in standard deviations and back, in the units of their controls."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from vschaos.instrument.controls import Control
from vschaos.runs.standard import standardize, unstandardize

CONTROLS = [
    Control("pitch", 50.0, 70.0, "MIDI note", limits=(0.0, 127.0)),
    Control("loudness", -40.0, -20.0, "dB(A)", limits=(-80.0, 0.0)),
    Control("z1", -3.0, 3.0, "sigma"),
]
MODEL: Any = SimpleNamespace(frame_controls=lambda: CONTROLS)


def test_the_range_of_a_control_is_two_deviations_about_its_middle() -> None:
    frames = np.array([[60.0, 70.0], [-30.0, -20.0], [0.5, -1.0]])
    found = standardize(MODEL, frames)
    np.testing.assert_allclose(found, [[0.0, 2.0], [0.0, 2.0], [0.5, -1.0]], atol=1e-6)
    np.testing.assert_allclose(unstandardize(MODEL, found), frames, atol=1e-5)


def test_nothing_leaves_the_bounds_of_its_control() -> None:
    wild = unstandardize(MODEL, np.full((3, 1), 30.0))
    assert wild[:, 0].tolist() == pytest.approx([127.0, 0.0, 30.0])
