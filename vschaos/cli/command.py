"""What the subcommands share: common options, messages, exit codes, errors in one sentence."""

from __future__ import annotations

import argparse
import errno
import getpass
import io
import logging
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

FATAL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)  # of a disk: writing any other file fails as well
# of input, of files and disks, of a loss: errors that a user can fix
EXPECTED = (ValueError, OSError, FloatingPointError)
ENDED_BY = ("SIGTERM", "SIGHUP")  # by clusters and shutdowns; by a terminal that is closed
NO_HOME = (
    "a home folder was expected, got none for this user: set HOME, or set VSCHAOS_CACHE to a "
    "folder where imported sounds may be kept"
)


def make_parser(command: str, description: str) -> argparse.ArgumentParser:
    """The parser of a subcommand.

    Args:
        command: its name.
        description: shown by `--help` as it stands.
    """
    parser = argparse.ArgumentParser(
        prog=f"vschaos {command}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_debug(parser)
    return parser


def add_debug(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--debug", action="store_true", help="show the trace of an error")


def add_run(
    parser: argparse.ArgumentParser, also: str = "", nargs: Literal["+"] | None = None
) -> None:
    """The arguments that name a trained model: `path`, `version` and `name`.

    Args:
        also: what `path` may be beside.
        nargs: "+" if it may be several.
    """
    parser.add_argument(
        "path",
        type=Path,
        nargs=nargs,
        help=f"folder of a training, of a version, or a checkpoint{also}",
    )
    parser.add_argument("-v", "--version", type=int, help="N of version_N (default: the newest)")
    parser.add_argument(
        "-n", "--name", default="last", help="checkpoint: last (default), best, ..."
    )


def positive(text: str) -> int:
    """The type of an argument that counts something."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1 on, got {text}")
    return int(text)


def share(text: str) -> float:
    """The type of an argument from 0 to 1."""
    value = number(text)
    if not 0.0 <= value <= 1.0:
        raise argparse.ArgumentTypeError(f"expected 0 to 1, got {text}")
    return value


def number(text: str) -> float:
    """The type of an argument that is any number."""
    try:
        return float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"expected a number, got {text}") from error


def add_texture(parser: argparse.ArgumentParser) -> None:
    """The argument `texture`, of models that tell noise."""
    parser.add_argument(
        "--texture",
        type=share,
        metavar="0..1",
        help="noise where the sound is noise-like (default: as the exported model)",
    )


def add_match(parser: argparse.ArgumentParser) -> None:
    """The argument `match`, of spectral models."""
    parser.add_argument(
        "--match",
        type=share,
        metavar="0..1",
        help="share of the level of the input (default: as the exported model)",
    )


def run_command(main: Callable[[], int | None], debug: bool = False) -> int:
    """Runs a command and gives its exit code.

    Errors that a user can fix are logged in one sentence, without a trace unless `debug`: the exit
    code is 1 for those, and for Ctrl-C 130 or the second argument of the `KeyboardInterrupt`.
    SIGTERM and SIGHUP, as of a cluster or a closed terminal, are answered like Ctrl-C.
    """
    _open_closed_streams()
    # torch's threads spin briefly before they sleep: by default they spin for so long that another
    # program on the same cores slows to a crawl, and so do they
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    _name_user()
    escape_unprintable()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr, force=True)
    from tqdm.contrib.logging import logging_redirect_tqdm

    try:
        # a message does not run into a progress bar
        with logging_redirect_tqdm(), _ended_like_ctrl_c():
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
        if debug or "home directory" not in str(error):  # as pathlib says
            raise
        logging.error("error: %s", NO_HOME)
        return 1


@contextmanager
def _ended_like_ctrl_c() -> Iterator[None]:
    """A signal that ends the process raises `KeyboardInterrupt` instead, with its exit code."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may answer signals
        return

    def stop(number: int, _frame: object) -> None:
        raise KeyboardInterrupt("stopped", 128 + number)

    ended_by = [getattr(signal, name) for name in ENDED_BY if hasattr(signal, name)]
    earlier = {number: signal.getsignal(number) for number in ended_by}
    for number, answer in earlier.items():
        if answer == signal.SIG_DFL:  # nohup ignores one of them
            signal.signal(number, stop)
    try:
        yield
    finally:
        for number, answer in earlier.items():
            signal.signal(number, answer)


def escape_unprintable() -> None:
    """Escapes characters that the encoding of the standard streams lacks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # none if it is closed
            stream.reconfigure(errors="backslashreplace")


def sentence(error: BaseException) -> str:
    """The message of an error, with its path if it concerns a file."""
    if not isinstance(error, OSError) or error.errno is None:
        return str(error) or type(error).__name__
    paths = [os.fsdecode(name) for name in (error.filename, error.filename2) if _is_path(name)]
    return f"{' and '.join(paths) or 'a file'} cannot be read or written ({error.strerror})"


def _is_path(name: object) -> bool:
    return isinstance(name, str | bytes | os.PathLike)


def _name_user() -> None:
    """Names torch's cache folder, which is called after the user, for a user without a name."""
    try:
        getpass.getuser()
    except (KeyError, OSError, ImportError):  # as `docker run -u 12345` starts us
        folder = Path(tempfile.gettempdir()) / f"torchinductor_{os.getuid()}"
        os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(folder))


def _open_closed_streams() -> None:
    """Replaces standard streams that a daemon or cron has closed by the null device, so that no
    file of ours gets their numbers, to which libraries write."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is not None:
            continue
        try:
            os.fstat(number)
        except OSError:
            # gets the lowest free number, which is this one: those below are open by now
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # by child processes as well
        mode = "r" if name == "stdin" else "w"
        setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
