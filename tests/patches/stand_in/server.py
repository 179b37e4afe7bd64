"""Plays the models of stand-ins for nn~, in a thread of this process: torch is loaded only once.

A stand-in connects for each of its objects, and waits for each answer. A request is a letter, a
size in bytes (uint32) and as many bytes; an answer is two sizes, a complaint (text, empty if all is
well) and a result. Numbers are in the order of the machine.

- `L`oad: path and method, lines. Result: int32, inlets, their ratio, outlets, their ratio and the
  highest of all ratios; then lines: method, methods, attributes.
- `P`lay: float32 `[inlets, T]`. Result: float32 `[outlets, T]`.
- `S`et: name and values, lines.
- `R`eload: nothing.
"""

from __future__ import annotations

import contextlib
import shutil
import socketserver
import struct
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import torch

from vschaos.export import Host


@dataclass
class PlayedObject:
    """What one nn~ of a patch was, and the messages to it.

    Attributes:
        path: of its model.
        host: that played it; `host.get(name)` tells how it was left, `host.failures` what failed.
        settings: that it was sent and took, as `(name, value, ...)`, all text.
        refused: settings that it was sent and did not take.
        num_samples: that it played.
    """

    path: Path
    host: Host
    settings: list[tuple[str, ...]] = field(default_factory=list)
    refused: list[tuple[str, ...]] = field(default_factory=list)
    num_samples: int = 0

    @property
    def method(self) -> str:
        return self.host.method

    def play(self, sound: bytes) -> tuple[str, bytes]:
        """A block of all inlets: what failed, if anything, and the block of all outlets."""
        block = np.frombuffer(sound, np.float32).reshape(1, self.host.inlets, -1)
        failures = len(self.host.failures)
        output = self.host.perform(torch.from_numpy(block.copy())).numpy()
        self.num_samples += block.shape[2]
        return " ".join(self.host.failures[failures:]), output.astype(np.float32).tobytes()

    def set(self, words: list[str]) -> str:
        """The complaint, empty if it was set."""
        try:
            self.host.set(*words)
        except (ValueError, RuntimeError) as error:
            self.refused.append(tuple(words))
            return f"setter for {words[0]} failed: {error}".replace("\n", " ")
        self.settings.append(tuple(words))
        return ""

    def reload(self) -> None:
        self.host = Host(self.path, self.method)

    def description(self) -> bytes:
        host = self.host
        # a buffer of 0 is raised to the highest ratio
        numbers = (host.inlets, host.in_ratio, host.outlets, host.out_ratio, host.buffer_size)
        lines = (host.method, " ".join(host.methods), " ".join(host.attributes))
        return struct.pack("=5i", *numbers) + "\n".join(lines).encode()


class Server:
    """Context in which stand-ins find who plays for them: `address` is for $VSCHAOS_STAND_IN.

    Attributes:
        objects: those that connected and found their models, in this order.
    """

    def __init__(self) -> None:
        self.objects: list[PlayedObject] = []
        # short: the address of a socket has 107 letters at most
        self.folder = Path(tempfile.mkdtemp(prefix="nn"))
        self.address = self.folder / "socket"
        self._sockets = _Sockets(str(self.address), _Connection)
        self._sockets.objects = self.objects
        self._thread = threading.Thread(target=self._sockets.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._sockets.shutdown()
        self._thread.join()
        self._sockets.server_close()
        shutil.rmtree(self.folder)


class _Sockets(socketserver.ThreadingUnixStreamServer):
    objects: list[PlayedObject]


class _Connection(socketserver.StreamRequestHandler):
    server: _Sockets
    played: PlayedObject

    def handle(self) -> None:
        torch.set_num_threads(1)  # counted for each thread of Python
        with contextlib.suppress(ConnectionError):  # Pd was ended
            while len(header := self.rfile.read(5)) == 5:
                kind, size = struct.unpack("=cI", header)
                complaint, result = self.answer(kind, self.rfile.read(size))
                text = complaint.encode()[:4000]
                self.wfile.write(struct.pack("=II", len(text), len(result)) + text + result)

    def answer(self, kind: bytes, request: bytes) -> tuple[str, bytes]:
        """Complaint and result."""
        if kind == b"P":
            return self.played.play(request)
        words = request.decode().split("\n")
        if kind == b"L":
            return self.load(Path(words[0]), words[1])
        if kind == b"S":
            return self.played.set(words), b""
        self.played.reload()
        return "", b""

    def load(self, path: Path, method: str) -> tuple[str, bytes]:
        try:
            self.played = PlayedObject(path, _host(path, method))
        except ValueError as error:
            return f"error loading model {path}: {error}".replace("\n", " "), b""
        self.server.objects.append(self.played)
        return "", self.played.description()


def _host(path: Path, method: str) -> Host:
    """As the real one does, `forward` where the model has no such method."""
    try:
        return Host(path, method)
    except ValueError:
        return Host(path, "forward")
