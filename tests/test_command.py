"""Commands tell what went wrong in one sentence, and their exit codes are honest."""

import errno
import shlex
import subprocess
import sys

import pytest

from vschaos.command import run_command


def test_success_and_a_code_of_its_own() -> None:
    assert run_command(lambda: None) == 0
    assert run_command(lambda: 3) == 3


@pytest.mark.parametrize(
    "error",
    [
        ValueError("a sentence"),
        FileNotFoundError("a sentence"),
        OSError(errno.ENOSPC, "a sentence"),
        FloatingPointError("a sentence"),
    ],
)
def test_what_a_user_can_mend_is_one_sentence(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise error

    assert run_command(fail) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("error: ")
    assert "a sentence" in line
    with pytest.raises(type(error)):
        run_command(fail, debug=True)


def test_a_mistake_of_ours_shows_its_trace() -> None:
    with pytest.raises(ZeroDivisionError):
        run_command(lambda: 1 // 0)


def test_ctrl_c_has_its_code_and_says_what_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    def stop() -> None:
        raise KeyboardInterrupt("step 3 is kept")

    assert run_command(stop) == 130
    assert "step 3 is kept" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="closed as a shell does it")
def test_streams_that_are_closed_are_no_reason_to_fail() -> None:
    program = """
import os, sys
from vschaos.command import run_command
def main():
    import logging, subprocess
    logging.error("lost")
    print("lost")
    assert not sys.stdin.isatty() and sys.stdin.read() == ""
    assert os.open(os.devnull, os.O_RDONLY) > 2  # no file of ours is taken for standard error
    nothing = "import sys; sys.stderr.write('x'); sys.exit(sys.stdin.read() != '')"
    return subprocess.run([sys.executable, "-c", nothing]).returncode or 7
sys.exit(run_command(main))
"""
    command = f"{shlex.quote(sys.executable)} -c {shlex.quote(program)} <&- >&- 2>&-"
    assert subprocess.run(command, shell=True).returncode == 7
