"""Sound in a file's bytes: headers are compared with what follows them, not believed."""

from vschaos.audio.containers.recognition import find_streams
from vschaos.audio.containers.stream import Stream, StreamReader

__all__ = ["Stream", "StreamReader", "find_streams"]
