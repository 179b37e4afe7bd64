"""Opens audio files: the sounds in each of them, and their blocks."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import soundfile

from vschaos.audio.containers import Stream, StreamReader, find_streams

SAMPLE_RATES_HZ = (1_000, 768_000)
MOST_PER_BYTE = 16  # samples of each channel; twice as many as speech at 8 kbit/s has


class UnusableAudioError(ValueError):
    """A file that cannot be used as sound; the message is the reason, without the file's name."""


class Sound(soundfile.SoundFile):
    """A sound that is read once, from its beginning to its end.

    Args:
        file: as the decoder reads it.
        size: bytes of it.
        declared: samples in its header, where they are hidden from the decoder; 0 otherwise.
    """

    def __init__(self, file: Path | StreamReader, size: int, declared: int = 0) -> None:
        super().__init__(file)
        self._size = size
        self._declared = declared

    def seekable(self) -> bool:
        """Never: seeking ends in errors where the length is unknown."""
        return False

    @property
    def length(self) -> int | None:
        """Samples of each channel; None where the file states no plausible number."""
        length = self._declared or self.frames
        return length if 0 < length <= MOST_PER_BYTE * self._size else None

    def blocks_to_the_end(self, block_length: int) -> Iterator[tuple[np.ndarray, bool]]:
        """`[T, C]` float32, and whether it is the last one."""
        block = self._next(block_length, 0)
        position = len(block)
        while len(block):
            following = self._next(block_length, position)
            yield block, not len(following)
            block = following
            position += len(block)

    def _next(self, block_length: int, position: int) -> np.ndarray:
        left = self._declared - position
        try:
            length = min(block_length, left) if left > 0 else block_length
            return self.read(length, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError:
            if left == 0 < position:  # a tag behind the last frame, perhaps
                return np.zeros((0, self.channels), np.float32)
            raise


def open_sounds(path: Path) -> Generator[Sound]:
    """Yields the sounds of a file, and closes each before the next. There is one, unless files
    were concatenated.

    Raises:
        UnusableAudioError: it cannot be read as audio.
    """
    with reading_errors():
        size = path.stat().st_size
        if size == 0:
            raise UnusableAudioError("it is empty")
        with path.open("rb") as file:
            streams = find_streams(file)
    for number, stream in enumerate(streams or [None], 1):
        where = f"part {number} of {len(streams)} in it: " if streams and len(streams) > 1 else ""
        with ExitStack() as stack:
            with reading_errors(where):
                sound = _open(path, size, stream, stack)
            yield sound


def _open(path: Path, size: int, stream: Stream | None, stack: ExitStack) -> Sound:
    if stream is None:
        sound = stack.enter_context(Sound(path, size))
    else:
        reader = stack.enter_context(StreamReader(path.open("rb"), stream))
        sound = stack.enter_context(Sound(reader, size, stream.declared))
    low, high = SAMPLE_RATES_HZ
    if not low <= sound.samplerate <= high:
        raise UnusableAudioError(
            f"its sample rate is {sound.samplerate} Hz, {low} to {high} expected"
        )
    return sound


@contextmanager
def reading_errors(where: str = "") -> Iterator[None]:
    """Turns errors of reading a file into an UnusableAudioError."""
    try:
        yield
    except UnicodeEncodeError as error:
        raise UnusableAudioError("its name is not valid UTF-8") from error
    except (soundfile.LibsndfileError, OSError) as error:
        message = f"{where}it cannot be read as audio ({reason(error)})"
        raise UnusableAudioError(message) from error


def reason(error: Exception) -> str:
    """The message of a library's error, without its full stop."""
    if isinstance(error, soundfile.LibsndfileError):
        if error.code == 7:  # "File does not exist", it says of an mp3 without a frame
            return "Format not recognised"
        return error.error_string.strip().rstrip(".") or "Format not recognised"
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
