"""What the command lines share: their messages, and one sentence for what went wrong."""

from __future__ import annotations

import getpass
import io
import logging
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

# of input, of files and disks, of a loss: what a user can mend
EXPECTED = (ValueError, OSError, FloatingPointError)
NO_HOME = (
    "a home folder was expected, got none for this user: set HOME, or set VSCHAOS_CACHE to a "
    "folder where imported sounds may be kept"
)


def run_command(main: Callable[[], int | None], debug: bool = False) -> int:
    """Runs a command and gives its exit code.

    Errors that a user can mend are told in one sentence, without a trace unless `debug`:
    1 for those, 130 for Ctrl-C, or the second argument of a `KeyboardInterrupt`.
    """
    _open_closed_streams()
    # torch's threads, which it starts later, wait for each other briefly before they sleep: by
    # default they burn what another program on the same cores needs, and both crawl
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    _name_user()
    escape_unprintable()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr, force=True)
    from tqdm.contrib.logging import logging_redirect_tqdm

    try:
        with logging_redirect_tqdm():  # a message does not run into a progress bar
            return main() or 0
    except KeyboardInterrupt as stop:
        logging.error("\n%s", stop.args[0] if stop.args else "stopped")
        return stop.args[1] if len(stop.args) > 1 else 130
    except EXPECTED as error:
        if debug:
            raise
        logging.error("error: %s", sentence(error))
        return 1
    except RuntimeError as error:
        if debug or "home directory" not in str(error):  # pathlib's words for it
            raise
        logging.error("error: %s", NO_HOME)
        return 1


def escape_unprintable() -> None:
    """Lets the standard streams take any text: what their encoding lacks is escaped."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # none if it is closed
            stream.reconfigure(errors="backslashreplace")


def sentence(error: BaseException) -> str:
    """What went wrong, with the path it happened to if it was on a disk."""
    if not isinstance(error, OSError) or error.errno is None:
        return str(error) or type(error).__name__
    paths = [os.fsdecode(name) for name in (error.filename, error.filename2) if _is_path(name)]
    return f"{' and '.join(paths) or 'a file'} cannot be read or written ({error.strerror})"


def _is_path(name: object) -> bool:
    return isinstance(name, str | bytes | os.PathLike)


def _name_user() -> None:
    """Gives torch, which names its folder after the user, one for a user without a name."""
    try:
        getpass.getuser()
    except (KeyError, OSError, ImportError):  # as `docker run -u 12345` starts us
        folder = Path(tempfile.gettempdir()) / f"torchinductor_{os.getuid()}"
        os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(folder))


def _open_closed_streams() -> None:
    """Where a daemon or cron has closed standard input, output or error, nothing is read from there
    and what is written is lost; and no file of ours takes their numbers, to which libraries write.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is not None:
            continue
        try:
            os.fstat(number)
        except OSError:
            # the lowest number that is free, which is this one: those below are open by now
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # by what we start as well
        mode = "r" if name == "stdin" else "w"
        setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
