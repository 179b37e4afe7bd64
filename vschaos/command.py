"""What the command lines share: their messages, and one sentence for what went wrong."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

EXPECTED = (ValueError, FileNotFoundError, NotADirectoryError, FloatingPointError)


def run_command(main: Callable[[], int | None], debug: bool = False) -> int:
    """Runs a command and gives its exit code.

    Errors that a user can mend are told in one sentence, without a trace unless `debug`:
    1 for those, 130 for Ctrl-C.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr, force=True)
    try:
        return main() or 0
    except KeyboardInterrupt as stop:
        logging.error("\n%s", stop.args[0] if stop.args else "stopped")
        return 130
    except EXPECTED as error:
        if debug:
            raise
        logging.error("error: %s", error)
        return 1
    except OSError as error:  # a full disk, a folder that may not be written
        if debug:
            raise
        logging.error("error: %s", error)
        return 1
