"""One line says how far a training is, how fast it goes, and the numbers that matter."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.test_configs import TINY, composed
from vschaos.training import train


@pytest.mark.parametrize("max_steps", [6, -1])
def test_the_line_names_what_it_shows(
    dataset: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], max_steps: int
) -> None:
    config = composed(
        "dgt_small", "name=run", f"rundir={tmp_path}", f"data.dataset.root={dataset}", *TINY
    )
    config["trainer"] |= {"max_steps": max_steps, "max_epochs": 2}
    train(config)
    line = capfd.readouterr().err.replace("\r", "\n").strip().splitlines()[-1]
    number = r"-?\d+\.\d+"
    how_far = r"training 100 %\|█+\| 6/6 steps" if max_steps > 0 else "training, 6 steps"
    left = r"00:00 left" if max_steps > 0 else r"00:\d\d so far"
    assert re.match(
        rf"{how_far}, +{number} steps/s, {left}, loss {number}, "
        rf"validation: LSD {number} dB, SC {number} dB",
        line,
    ), line


def test_a_limit_of_time_ends_it_whole(
    dataset: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    given = ("name=run", f"rundir={tmp_path}", f"data.dataset.root={dataset}", *TINY)
    config = composed("dgt_small", *given)
    config["trainer"] |= {"max_steps": 100_000, "max_time": "00:00:00:02"}
    config["data"]["loading"]["batches_per_epoch"] = 60
    train(config)
    said = capfd.readouterr().err
    line = said.strip().splitlines()[-1]
    assert re.match(r"training 100 %\|█+\| (\d+)/\1 steps", line), line
    assert "\r" not in said
