"""A change that makes something more than twice as slow is stopped, and nothing else is."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import pytest
import quick

REFERENCE = {"loader / step": 0.1, "script.py / import torch": 1.5}


def test_what_is_as_it_was_or_faster_or_somewhat_slower_is_accepted() -> None:
    assert quick.regressions(REFERENCE, REFERENCE) == []
    found = {"loader / step": 0.199, "script.py / import torch": 0.1}
    assert quick.regressions(found, REFERENCE) == []


@pytest.mark.parametrize("ratio", [0.201, 5.0, math.inf, math.nan])
def test_a_measure_more_than_twice_as_slow_is_named(ratio: float) -> None:
    (fault,) = quick.regressions({**REFERENCE, "loader / step": ratio}, REFERENCE)
    assert fault.startswith("loader / step: ")
    assert "at most 2 times" in fault


def test_a_measure_that_cannot_be_compared_is_named() -> None:
    found = {"loader / step": 0.1, "new / floor": 1.0}
    new, gone = quick.regressions(found, REFERENCE)
    assert new.startswith("new / floor")
    assert gone.startswith("script.py / import torch")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """`quick.py` with measures that are given rather than taken, against `REFERENCE`."""
    reference = tmp_path / "quick.json"
    reference.write_text(json.dumps({"results": REFERENCE}))
    monkeypatch.setattr(quick, "REFERENCE", reference)

    def with_measures(*measures: dict[str, float], arguments: tuple[str, ...] = ()) -> int:
        monkeypatch.setattr(sys, "argv", ["quick.py", *arguments])
        left = list(measures)
        monkeypatch.setattr(quick, "measure", lambda: left.pop(0))
        code = quick.main()
        assert not left
        return code

    return with_measures


def test_a_regression_fails_the_command(run, capsys: pytest.CaptureFixture[str]) -> None:
    slow = {**REFERENCE, "loader / step": 0.21}
    assert run(slow, slow) == 1
    assert "loader / step: 2.1 times as slow" in capsys.readouterr().err


def test_what_was_slow_once_is_measured_a_second_time(run) -> None:
    assert run({**REFERENCE, "loader / step": 0.5}, REFERENCE) == 0
    assert run(REFERENCE) == 0


def test_kept_measures_are_what_later_ones_are_compared_with(run) -> None:
    slower = {name: 3 * ratio for name, ratio in REFERENCE.items()}
    assert run(slower, arguments=("--keep",)) == 0
    assert run(slower) == 0
    kept = json.loads(quick.REFERENCE.read_text())
    assert kept["results"] == slower
    assert kept["date"]
    assert kept["processor"]


def test_the_reference_of_the_repository_is_whole() -> None:
    reference = json.loads(Path(quick.__file__).with_suffix(".json").read_text())
    assert {"date", "processor", "python", "torch"} <= set(reference)
    assert all(0.0 < ratio < 1000.0 for ratio in reference["results"].values())
    parts = ("import vschaos", "generate.py", "script.py", "import of", "loader", "step", "gate")
    for part in (*parts, "forward", "encode", "decode"):
        assert any(name.startswith(part) for name in reference["results"]), part
