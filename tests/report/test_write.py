"""A training writes its report, and loses nothing if that fails."""

import json
import logging
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.test_configs import TINY, composed
from vschaos.report import __main__ as command
from vschaos.report import write, write_report_safely
from vschaos.runs import Run
from vschaos.training import train


@pytest.fixture
def config(dataset: Path, tmp_path: Path) -> dict[str, Any]:
    own = ("name=run", f"rundir={tmp_path}", f"data.dataset.root={dataset}", *TINY)
    return composed("dgt_small", *own, "report=true")


def test_a_training_writes_its_page(config: dict[str, Any]) -> None:
    folder = train(config)
    assert folder is not None
    assert "data/deep/c.wav" in (folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_stopped_training_writes_its_page(
    config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from vschaos.training.learner import Learner

    step = Learner.training_step

    def stopped(self: Learner, batch: Any, batch_index: int) -> Any:
        if self.global_step == 4:
            raise KeyboardInterrupt
        return step(self, batch, batch_index)

    monkeypatch.setattr(Learner, "training_step", stopped)
    with pytest.raises(KeyboardInterrupt, match="step 3"):
        train(config)
    (page,) = Path(config["rundir"]).rglob("report.html")
    assert '["steps", "3"]' in page.read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_resumed_training_is_one_curve(config: dict[str, Any]) -> None:
    halfway = {**config["trainer"], "max_steps": 3}
    train({**config, "trainer": halfway, "report": False})
    folder = train({**config, "resume": True})
    assert folder is not None
    assert len(list((folder / "logs").glob("events.*"))) == 2
    text = (folder / "report.html").read_text(encoding="utf-8")
    (steps,) = re.findall(r'"LSD", "unit": "dB", "steps": (\[.*?\])', text)
    first, second = json.loads(steps)
    assert first == 2
    assert second in (5, 6)  # Lightning counts one more where a training is resumed


def test_a_training_writes_no_page_if_switched_off(config: dict[str, Any]) -> None:
    folder = train({**config, "report": False})
    assert folder is not None
    assert not (folder / "report.html").exists()


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (RuntimeError("something odd."), "RuntimeError: something odd"),
        (KeyboardInterrupt(), "skipped"),
        (MemoryError(), "MemoryError"),
    ],
)
def test_an_error_is_one_sentence(
    error: BaseException,
    message: str,
    plain: Run,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fails(run: Run) -> dict[str, Any]:
        raise error

    monkeypatch.setattr(write, "gather", fails)
    write_report_safely(plain.folder)
    (warning,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert message in warning.getMessage()
    assert "vschaos report '" in warning.getMessage()
    assert not list(plain.folder.glob("report.html*"))


def test_without_a_checkpoint_there_is_no_page(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_report_safely(tmp_path)
    assert not caplog.records
    assert not list(tmp_path.iterdir())


def test_a_page_is_written_on_command(
    plain: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "deep" / "page.html"
    words = ["report", str(plain.folder.parent), "-v", "0", "-n", "best", "--out", str(out)]
    monkeypatch.setattr(sys, "argv", words)
    assert command.main() == 0
    assert '"checkpoint": "best"' in out.read_text(encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["report", str(tmp_path / "nowhere")])
    assert command.main() == 1
