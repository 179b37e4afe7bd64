"""Commands tell what went wrong in one sentence, and their exit codes are honest."""

import errno

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
