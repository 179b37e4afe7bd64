"""The summary is that of an evaluation of the same weights on held-out files."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from vschaos.evaluation.summary import FILE, read_summary

ROWS = {
    "model": {"log_spectral_distance": 3.456, "spectral_convergence": -12.34},
    "PCA-8, log(x + 0.001)": {"log_spectral_distance": 9.0, "spectral_convergence": -1.0},
    "PCA-8, the model's log-magnitude": {
        "log_spectral_distance": 5.0,
        "spectral_convergence": -2.0,
    },
}
FACTS = {"checkpoint": "last", "evaluated_on": "held out", "magnitudes": ROWS}


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    file = tmp_path / "last.ckpt"
    file.touch()
    os.utime(file, (1.0, 1.0))
    return file


def summary(folder: Path, checkpoint: Path, content: Any) -> str | None:
    (folder / FILE).parent.mkdir(exist_ok=True)
    (folder / FILE).write_text(json.dumps(content))
    return read_summary(folder, checkpoint)


def test_model_and_better_pca_are_summarised(tmp_path: Path, checkpoint: Path) -> None:
    line = summary(tmp_path, checkpoint, FACTS)
    assert line == "LSD 3.46 dB, SC -12.3 dB; PCA: LSD 5.00 dB, SC -2.0 dB"


def test_other_weights_and_other_sounds_are_ignored(tmp_path: Path, checkpoint: Path) -> None:
    assert read_summary(tmp_path, checkpoint) is None
    assert summary(tmp_path, checkpoint, {**FACTS, "checkpoint": "best"}) is None
    assert summary(tmp_path, checkpoint, {**FACTS, "evaluated_on": "/others"}) is None
    assert summary(tmp_path, checkpoint, FACTS) is not None
    checkpoint.touch()
    os.utime(tmp_path / FILE, (2.0, 2.0))
    assert read_summary(tmp_path, checkpoint) is None  # trained on since


@pytest.mark.parametrize(
    "content", [[], {}, 3, {**FACTS, "magnitudes": {"model": {"log_spectral_distance": "<b>"}}}]
)
def test_another_file_is_ignored(content: Any, tmp_path: Path, checkpoint: Path) -> None:
    assert summary(tmp_path, checkpoint, content) is None
