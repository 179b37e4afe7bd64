"""How far work is: a bar on a terminal, elsewhere a line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from typing import Any

from tqdm import tqdm

SECONDS_BETWEEN_BARS = 0.25
SECONDS_BETWEEN_LINES = 30.0


class Progress(tqdm):  # type: ignore[type-arg]  # its class takes no argument at run time
    """tqdm, which overwrites its line on a terminal only.

    In a log file or a pipe it writes whole lines, each half a minute after the one before, and the
    last one if it stays. Where standard error is closed it writes nothing.

    Args:
        items: to go through; none if `update` says how far it is.
        settings: those of tqdm. The bar is removed at the end unless `leave`.
    """

    def __init__(self, items: Iterable[Any] | None = None, **settings: Any) -> None:
        self.is_on_terminal = sys.stderr is not None and sys.stderr.isatty()
        self._next_line = time.monotonic() + SECONDS_BETWEEN_LINES
        every = SECONDS_BETWEEN_BARS if self.is_on_terminal else SECONDS_BETWEEN_LINES
        is_off = sys.stderr is None or settings.pop("disable", False)
        settings = {"leave": False, "dynamic_ncols": True, "mininterval": every, **settings}
        super().__init__(items, file=sys.stderr, disable=is_off, **settings)

    def display(self, msg: str | None = None, pos: int | None = None) -> Any:
        """Shows how far it is; on no terminal, if it is time to."""
        if self.is_on_terminal:
            return super().display(msg, pos)
        if msg is None and time.monotonic() >= self._next_line:
            self._write_line()
        return False

    def clear(self, nolock: bool = False) -> None:
        """Makes room for a message; lines need none."""
        if self.is_on_terminal:
            super().clear(nolock)

    def close(self) -> None:
        """Ends it; what stays is shown once more."""
        if not self.is_on_terminal and not self.disable:
            if self.leave:
                self._write_line()
            self.leave = False
        super().close()

    def _write_line(self) -> None:
        self._next_line = time.monotonic() + SECONDS_BETWEEN_LINES
        self.fp.write(f"{self}\n")
        self.fp.flush()
