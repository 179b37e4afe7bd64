"""A host process as it is seen from outside: supervised, with a time limit, started again."""

from __future__ import annotations

import math
import os
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

import vschaos
from vschaos.plugin.protocol import receive, send

PROGRAM = (sys.executable, "-m", "vschaos.plugin.process")
TIME_LIMIT_SECONDS = 30.0
LOADING_LIMIT_SECONDS = 120.0  # of a plug-in, by a machine with much else to do
LAST_WORDS_SECONDS = 10.0  # until a process whose answers ended has said why, and is gone
LINES_KEPT = 20  # of what a plug-in prints, for messages
LONGEST_LINE = 200  # characters of it


class HostError(ChildProcessError):
    """A host process crashed, hung, or answered nonsense; it has ended."""


class Host:
    """One plug-in in a process of its own.

    A request that fails ends the process and raises `HostError`; the next request starts it anew,
    with the plug-in as it is when just loaded. What the plug-in refuses is a `ValueError`, and the
    process lives on.

    Args:
        path: of the plug-in.
        sample_rate: Hz.
        time_limit_seconds: for one request, loading apart.
        program: that runs in the process.

    Attributes:
        num_starts: of the process so far.
    """

    def __init__(
        self,
        path: str | Path,
        sample_rate: int = 44100,
        time_limit_seconds: float = TIME_LIMIT_SECONDS,
        program: Sequence[str] = PROGRAM,
    ) -> None:
        self.path = Path(path)
        self.sample_rate = sample_rate
        self.time_limit_seconds = time_limit_seconds
        self.program = list(program)
        self.num_starts = 0
        self._names: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: queue.SimpleQueue[tuple[dict[str, Any], bytes] | Exception]
        self._printed: deque[str] = deque(maxlen=LINES_KEPT)

    def __enter__(self) -> Host:
        return self

    def __exit__(self, *error: object) -> None:
        self.end()

    @property
    def names(self) -> list[str]:
        """Of the plug-in's parameters, in its order."""
        self._start()
        return self._names

    @property
    def printed(self) -> list[str]:
        """The last lines that the plug-in printed."""
        return list(self._printed)

    def render(
        self,
        positions: Mapping[int, float],
        note: int,
        velocity: int,
        held_seconds: float,
        seconds: float,
    ) -> np.ndarray:
        """Sets parameters, then renders a note and what follows it.

        Args:
            positions: from 0 to 1, by the parameter's index; others stay where they are.
            note: MIDI, 0 to 127.
            velocity: 1 to 127, or 0 for silence.

        Returns:
            float32 `[C, T]`, all finite.

        Raises:
            HostError: it crashed, hung, or gave something else than finite sound.
        """
        self._start()  # what cannot be loaded is another matter than one sound that fails
        try:
            answer, content = self.call(
                "render",
                positions={str(index): float(value) for index, value in positions.items()},
                note=int(note),
                velocity=int(velocity),
                held_seconds=held_seconds,
                seconds=seconds,
            )
        except ValueError as error:
            self.end()
            raise HostError(str(error)) from error
        shape = answer.get("shape")
        if not _is_shape(shape, len(content)):
            self.end()
            raise HostError(f"the plug-in gave no sound, but an array of shape {shape}")
        audio = np.frombuffer(content, dtype="<f4").reshape(shape)
        if not np.isfinite(audio).all():
            self.end()  # such values stay in filters, and would spoil all that follows
            raise HostError("the plug-in gave a sound that is not finite")
        return audio

    def positions(self) -> list[float]:
        """Where the parameters stand, from 0 to 1."""
        return self.call("positions")[0]["positions"]

    def texts(self, index: int, positions: Sequence[float]) -> list[str]:
        """What the plug-in shows for a parameter at each position; it stays at the last one."""
        return self.call("texts", index=index, positions=list(positions))[0]["texts"]

    def state(self) -> bytes:
        """All settings in the plug-in's own form."""
        return self.call("state")[1]

    def load_state(self, content: bytes) -> None:
        """Takes settings of that form, such as those of a preset file."""
        self.call("load_state", content)

    def call(
        self, action: str, content: bytes = b"", **values: object
    ) -> tuple[dict[str, Any], bytes]:
        """Asks the process for something, and waits for the answer.

        Raises:
            HostError: it crashed, hung, or answered nonsense.
            ValueError: the plug-in refused.
        """
        self._start()
        return self._ask(action, content, values, self.time_limit_seconds)

    def restart(self) -> None:
        """Has the plug-in as it is when just loaded."""
        self.end()
        self._start()

    def end(self) -> None:
        """Ends the process; it starts again when it is next asked for something."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            with suppress(OSError):  # what was still to be written cannot be
                if stream is not None:
                    stream.close()

    def _start(self) -> None:
        if self._process is not None:
            return
        self.num_starts += 1
        self._printed.clear()
        self._answers = queue.SimpleQueue()
        self._process = subprocess.Popen(
            self.program,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(),
            start_new_session=True,  # Ctrl-C at a terminal is for us to answer
        )
        threads = [
            threading.Thread(target=work, args=(self._process, self._answers), daemon=True)
            for work in (self._listen, self._drain)
        ]
        for thread in threads:
            thread.start()
        self._draining = threads[1]
        values = {"path": str(self.path), "sample_rate": self.sample_rate}
        try:
            answer, _ = self._ask("load", b"", values, LOADING_LIMIT_SECONDS)
            self._names = answer["names"]
        except ValueError:
            self.end()
            raise

    def _ask(
        self, action: str, content: bytes, values: Mapping[str, object], limit_seconds: float
    ) -> tuple[dict[str, Any], bytes]:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        request = {"do": action, "limit_seconds": limit_seconds, **values}
        try:
            send(process.stdin, request, content)
            answer = self._answers.get(timeout=limit_seconds)
        except queue.Empty:
            answer = TimeoutError(f"{limit_seconds:g} s")
        except BrokenPipeError:
            answer = EOFError()
        except BaseException:  # Ctrl-C: the answer would be taken for that to another request
            self.end()
            raise
        if isinstance(answer, Exception):
            raise HostError(self._reason(process, answer))
        if "error" in answer[0]:
            raise ValueError(f"{self.path}: {answer[0]['error']}")
        return answer

    def _reason(self, process: subprocess.Popen[bytes], failure: Exception) -> str:
        """Why a request failed, in a sentence; ends the process."""
        if isinstance(failure, EOFError):
            with suppress(subprocess.TimeoutExpired):
                process.wait(LAST_WORDS_SECONDS)
            self._draining.join(LAST_WORDS_SECONDS)
        code = process.returncode
        self.end()
        if isinstance(failure, TimeoutError):
            return f"the plug-in did not answer within {failure}"
        if not isinstance(failure, EOFError):
            return f"its process answered nonsense ({failure})"
        if code is not None and code < 0:
            return f"the plug-in crashed ({_signal_name(-code)})"
        said = f": {self.printed[-1]}" if self.printed else ""
        return f"its process ended with code {code}{said}"

    def _listen(
        self,
        process: subprocess.Popen[bytes],
        answers: queue.SimpleQueue[tuple[dict[str, Any], bytes] | Exception],
    ) -> None:
        assert process.stdout is not None
        while True:
            try:
                answers.put(receive(process.stdout))
            except (EOFError, ValueError) as error:  # closed streams are a ValueError too
                answers.put(error)
                return

    def _drain(self, process: subprocess.Popen[bytes], _: object) -> None:
        """Keeps the last lines of what is printed, so that printing never blocks the plug-in."""
        assert process.stderr is not None
        with suppress(ValueError, OSError):  # closed meanwhile
            while line := process.stderr.readline(1 << 16):
                text = line.decode("utf-8", "replace").strip()
                if text:
                    self._printed.append(text[:LONGEST_LINE])


def _is_shape(shape: object, num_bytes: int) -> bool:
    return (
        isinstance(shape, list)
        and len(shape) == 2
        and all(isinstance(size, int) and size > 0 for size in shape)
        and 4 * math.prod(shape) == num_bytes
    )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _environment() -> dict[str, str]:
    """One thread, no window, and this package where it is imported from here."""
    package = str(Path(vschaos.__file__).parents[1])
    paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(paths)}
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        environment.pop(name, None)
    return environment
