"""Commands report an error in one sentence, and by their exit codes."""

import errno
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vschaos.cli.command import run_command
from vschaos.data.cache.store import default_cache


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


def test_ctrl_c_has_its_code_and_states_the_saved_step(capsys: pytest.CaptureFixture[str]) -> None:
    def stop() -> None:
        raise KeyboardInterrupt("step 3 is kept")

    assert run_command(stop) == 130
    assert "step 3 is kept" in capsys.readouterr().err


def test_a_signal_that_ends_a_process_is_answered_like_ctrl_c() -> None:
    kept = []

    def work() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(60)
        finally:
            kept.append("the best so far")

    before = signal.getsignal(signal.SIGTERM)
    assert run_command(work) == 128 + signal.SIGTERM
    assert kept == ["the best so far"]
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("error_number", [errno.ENOTDIR, errno.EACCES, errno.EISDIR])
def test_errors_of_a_disk_are_sentences(
    error_number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise OSError(error_number, os.strerror(error_number), "/a/path")

    assert run_command(fail) == 1
    line = capsys.readouterr().err.strip()
    assert line == f"error: /a/path cannot be read or written ({os.strerror(error_number)})"


def test_without_a_home_the_variable_to_set_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def none(*_: object) -> None:
        raise RuntimeError("Could not determine home directory.")  # as pathlib says

    monkeypatch.delenv("VSCHAOS_CACHE")
    monkeypatch.setattr(Path, "home", none)

    def show() -> None:
        default_cache()

    assert run_command(show) == 1
    line = capsys.readouterr().err
    assert "set HOME, or set VSCHAOS_CACHE" in line
    assert "Traceback" not in line


def test_torch_needs_no_name_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 12345")  # as pwd says of `docker run -u 12345`

    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "")
    monkeypatch.delenv("TORCHINDUCTOR_CACHE_DIR")
    monkeypatch.setattr("getpass.getuser", nobody)
    assert run_command(lambda: None) == 0
    assert os.environ["TORCHINDUCTOR_CACHE_DIR"].endswith(f"_{os.getuid()}")


@pytest.mark.parametrize("encoding", ["ascii:strict", "cp1252", "utf-8:strict"])
def test_any_name_can_be_printed(encoding: str) -> None:
    code = (
        "import logging, os, sys; from vschaos.cli.command import run_command\n"
        "def main():\n"
        "    name = '夏 ' + os.fsdecode(b'\\xff')\n"
        "    print(name); logging.info(name)\n"
        "sys.exit(run_command(main))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": encoding},
    )
    assert done.returncode == 0, done.stderr
    for said in (done.stdout, done.stderr):
        assert b"\\udcff" in said
        assert b"Traceback" not in said
        assert "夏".encode() in said or b"\\u590f" in said


@pytest.mark.skipif(sys.platform == "win32", reason="closed as a shell does it")
def test_streams_that_are_closed_are_no_reason_to_fail() -> None:
    program = """
import os, sys
from vschaos.cli.command import run_command
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
