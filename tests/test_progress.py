"""A bar on a terminal; elsewhere whole lines, few of them; nothing where nobody listens."""

from __future__ import annotations

import io
import logging
import sys

import pytest
from tqdm.contrib.logging import logging_redirect_tqdm

from vschaos import progress
from vschaos.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_has_a_bar_that_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert list(Progress([1, 2, 3], desc="listening", unit="file")) == [1, 2, 3]
    assert "listening" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r")


def test_a_log_file_has_nothing_of_what_is_soon_done(monkeypatch: pytest.MonkeyPatch) -> None:
    log = io.StringIO()
    monkeypatch.setattr(sys, "stderr", log)
    logging.basicConfig(stream=log, format="%(message)s", force=True)
    with logging_redirect_tqdm():
        for _ in Progress(range(3), desc="listening", unit="file"):
            logging.warning("a message")
    assert log.getvalue() == "a message\n" * 3
    list(Progress(range(3), desc="training", unit="step", leave=True))
    line = log.getvalue().splitlines()[-1]
    assert line.startswith("training: 100%")
    assert "\r" not in log.getvalue()


def test_a_log_file_has_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    log = io.StringIO()
    monkeypatch.setattr(sys, "stderr", log)
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    for _ in Progress(range(3), desc="listening", unit="file", miniters=1):
        pass
    lines = log.getvalue().splitlines()
    assert len(lines) >= 3
    assert all(line.startswith("listening:") for line in lines)
    assert "\r" not in log.getvalue()


def test_closed_standard_error_is_no_reason_to_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    assert list(Progress([1, 2], desc="listening", unit="file")) == [1, 2]
    bar = Progress(total=3, leave=True)
    bar.set_postfix_str("loss 1", refresh=False)
    bar.update(2)
    bar.close()
