"""Messages between a host process and the one that started it: a JSON object, then bytes."""

from __future__ import annotations

import json
import struct
from typing import IO, Any

LENGTHS = struct.Struct(">4sII")  # of the object and of the bytes, after a mark
MARK = b"vcp1"
LARGEST = 1 << 28  # bytes: ten minutes of stereo at 48 kHz, and no more


def send(stream: IO[bytes], message: dict[str, Any], content: bytes = b"") -> None:
    """Writes a message, and `content` after it."""
    text = json.dumps(message, allow_nan=False).encode()
    stream.write(LENGTHS.pack(MARK, len(text), len(content)) + text + content)
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[dict[str, Any], bytes]:
    """Reads a message and its bytes.

    Raises:
        EOFError: the other side has ended.
        ValueError: that is no message.
    """
    mark, length, size = LENGTHS.unpack(_read(stream, LENGTHS.size))
    if mark != MARK or max(length, size) > LARGEST:
        raise ValueError("what came from a host process is no message of ours")
    message = json.loads(_read(stream, length))
    if not isinstance(message, dict):
        raise ValueError("what came from a host process is no message of ours")
    return message, _read(stream, size)


def _read(stream: IO[bytes], length: int) -> bytes:
    content = stream.read(length)
    if len(content) < length:
        raise EOFError
    return content
