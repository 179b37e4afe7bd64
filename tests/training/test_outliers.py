"""One file that is far too loud does not put the others below the floor."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vschaos.audio.files import write_audio
from vschaos.training.assembly import assemble


def _floor_db(config: dict[str, Any]) -> float:
    _, learner = assemble(config)
    return 20 * math.log10(float(learner.model.log_magnitude.floor))  # type: ignore[arg-type]


@pytest.mark.parametrize("choice", ["scale", "keep"])
@pytest.mark.parametrize("peak", [8.0, 32768.0])
def test_an_outlier_moves_no_floor(
    config: dict[str, Any],
    dataset: Path,
    tone: Callable[..., np.ndarray],
    caplog: pytest.LogCaptureFixture,
    choice: str,
    peak: float,
) -> None:
    config["data"]["dataset"] |= {"held_out": 0.0, "beyond_full_scale": choice}
    expected = _floor_db(config)
    write_audio(dataset / "data" / "loud.wav", tone(amplitude=peak), 8000)
    # scaled, it is as loud as the others; kept, it is left out; the gain of excerpts is drawn
    assert _floor_db(config) == pytest.approx(expected, abs=3.0)
    assert ("over 20 dB louder than nine of ten others" in caplog.text) == (choice == "keep")
    assert "data/loud.wav: its peak is" in caplog.text
