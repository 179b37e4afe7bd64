"""Confusion matrices count frames."""

import numpy as np
import pytest

from vschaos.evaluation.prediction import confusion
from vschaos.labels import Vocabulary


def test_classes_are_counted_by_true_and_predicted_class() -> None:
    vocabulary = Vocabulary(("a", "b", "c", "d"))
    true = np.array([0.0, 0.0, 0.0, 1.0])
    counted = confusion(vocabulary, true, np.array([0.0, 0.0, 3.0, 1.0]))
    assert counted["names"] == ["a", "b", "d"]  # no frame is c or is predicted as c
    assert counted["counts"] == [[2, 0, 1], [0, 1, 0], [0, 0, 0]]
    assert counted["accuracy"] == 0.75


def test_numbers_are_counted_in_steps_of_their_range() -> None:
    vocabulary = Vocabulary(low=0.0, high=10.0)
    true = np.array([0.0, 5.5, 10.0])
    counted = confusion(vocabulary, true, np.array([0.4, 7.5, 99.0]))
    assert counted["names"] == ["0.5", "5.5", "7.5", "9.5"]
    assert counted["counts"] == [[1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 1]]
    assert counted["error"] == pytest.approx((0.4 + 2.0 + 89.0) / 3, rel=1e-3)
