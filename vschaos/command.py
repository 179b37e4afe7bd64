"""What the command lines share: their messages, and one sentence for what went wrong."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable

# of input, of files and disks, of a loss: what a user can mend
EXPECTED = (ValueError, OSError, FloatingPointError)


def run_command(main: Callable[[], int | None], debug: bool = False) -> int:
    """Runs a command and gives its exit code.

    Errors that a user can mend are told in one sentence, without a trace unless `debug`:
    1 for those, 130 for Ctrl-C, or the second argument of a `KeyboardInterrupt`.
    """
    _open_closed_streams()
    # torch's threads, which it starts later, wait for each other briefly before they sleep: by
    # default they burn what another program on the same cores needs, and both crawl
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
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
        logging.error("error: %s", error)
        return 1


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
