"""The program that runs in a host process: loads one plug-in and does as it is asked.

    python -m vschaos.plugin.process

It reads and writes messages (`protocol`) on its standard streams. What the plug-in prints goes to
standard error instead. A request may bring a time limit in seconds, after which the system ends
this process, even inside the plug-in and with nobody left to do it.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np

from vschaos.plugin.protocol import receive, send

BLOCK = 512  # samples that a plug-in is asked for at a time
VST2_MARK = b"CcnK"  # of its files of presets and banks
MISSING_LIBRARY = (
    "DawDreamer, which hosts plug-ins, is not installed: pip install 'vschaos[plugin]' "
    "(pip install -e '.[plugin]' in a clone)"
)


class Engine(Protocol):
    """One plug-in, loaded."""

    def load(self, path: str, sample_rate: int) -> Sequence[str]:
        """Loads it; the names of its parameters."""

    def set(self, positions: dict[int, float]) -> None:
        """Sets parameters, by index, to positions from 0 to 1."""

    def positions(self) -> Sequence[float]:
        """Where its parameters stand, from 0 to 1."""

    def text(self, index: int) -> str:
        """The value of a parameter as the plug-in shows it."""

    def render(self, note: int, velocity: int, held_seconds: float, seconds: float) -> np.ndarray:
        """A note and what follows it, or silence for velocity 0 -> `[C, T]`."""

    def state(self) -> bytes:
        """All settings, in the plug-in's own form."""

    def load_state(self, content: bytes) -> None:
        """Takes settings of that form."""


class DawDreamer:
    """A plug-in in DawDreamer (https://github.com/DBraun/DawDreamer), without a window."""

    def load(self, path: str, sample_rate: int) -> Sequence[str]:
        try:
            import dawdreamer
        except ImportError as error:
            raise ValueError(MISSING_LIBRARY) from error
        self._engine = dawdreamer.RenderEngine(sample_rate, BLOCK)
        self._plugin = self._engine.make_plugin_processor("plugin", path)
        self._engine.load_graph([(self._plugin, [])])
        count = self._plugin.get_plugin_parameter_size()
        return [self._plugin.get_parameter_name(index) for index in range(count)]

    def set(self, positions: dict[int, float]) -> None:
        for index, position in positions.items():
            self._plugin.set_parameter(index, position)

    def positions(self) -> Sequence[float]:
        count = self._plugin.get_plugin_parameter_size()
        return [float(self._plugin.get_parameter(index)) for index in range(count)]

    def text(self, index: int) -> str:
        return str(self._plugin.get_parameter_text(index))

    def render(self, note: int, velocity: int, held_seconds: float, seconds: float) -> np.ndarray:
        self._plugin.clear_midi()
        if velocity:
            self._plugin.add_midi_note(note, velocity, 0.0, held_seconds)
        self._engine.render(seconds)
        return np.asarray(self._engine.get_audio(), dtype=np.float32)

    def state(self) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "state"
            self._plugin.save_state(str(path))
            return path.read_bytes()

    def load_state(self, content: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "state.fxp"
            path.write_bytes(content)
            if not content.startswith(VST2_MARK):
                self._plugin.load_state(str(path))
            # `load_state` of a VST2 opens its window, for which amsynth ends the process
            # where there is no display
            elif not self._plugin.load_preset(str(path)):
                raise ValueError("the plug-in did not take the preset")


def serve(engine: Engine) -> None:
    """Answers requests until there are no more."""
    requests, answers = _own_streams()
    while True:
        try:
            request, content = receive(requests)
        except EOFError:
            return
        limit = request.pop("limit_seconds", 0.0)
        if hasattr(signal, "setitimer"):  # not on Windows
            # as long again as the other process waits: it ends this one and says so, if it can
            signal.setitimer(signal.ITIMER_REAL, 2 * limit)
        try:
            answer, audio = _answer(engine, request, content)
        except (ValueError, RuntimeError, TypeError, OSError) as error:
            answer, audio = {"error": str(error) or type(error).__name__}, b""
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        send(answers, answer, audio)


def _answer(
    engine: Engine, request: dict[str, Any], content: bytes
) -> tuple[dict[str, Any], bytes]:
    action = request.pop("do")
    if action == "load":
        return {"names": list(engine.load(**request))}, b""
    if action == "render":
        engine.set({int(index): value for index, value in request.pop("positions").items()})
        audio = np.ascontiguousarray(engine.render(**request), dtype="<f4")
        return {"shape": audio.shape}, audio.tobytes()
    if action == "positions":
        return {"positions": list(engine.positions())}, b""
    if action == "texts":
        return {"texts": _texts(engine, **request)}, b""
    if action == "state":
        return {}, engine.state()
    if action == "load_state":
        engine.load_state(content)
        return {}, b""
    raise ValueError(f"a host process cannot {action}")


def _texts(engine: Engine, index: int, positions: Sequence[float]) -> list[str]:
    texts = []
    for position in positions:
        engine.set({index: position})
        texts.append(engine.text(index))
    return texts


def _own_streams() -> tuple[BinaryIO, BinaryIO]:
    """Standard input and output for us alone: others that print write to standard error."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, answers


if __name__ == "__main__":
    serve(DawDreamer())
    sys.stderr.flush()
    os._exit(0)  # what plug-ins do as they are unloaded may crash, and nothing is left to do
