"""What is put together is told of where it does not fit."""

from __future__ import annotations

import logging

import pytest

from tests.models.synth.test_notes import small
from vschaos.training.assembly import _warn_of_joining


@pytest.mark.parametrize(
    ("sounds_after", "max_steps", "told"),
    [
        (100, 100, "join after 100 steps, and the training ends after 100 steps"),
        (None, -1, "join after no step, and the training ends after its time"),
        (100, 101, ""),
        (100, -1, ""),
    ],
)
def test_sounds_that_join_too_late_are_told(
    sounds_after: int | None, max_steps: int, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        _warn_of_joining(small(sounds_after), max_steps)
    assert told in caplog.text
    assert bool(told) == bool(caplog.text)
