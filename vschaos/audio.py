"""Audio files to waveforms and back: read in blocks, mixed to one channel, resampled, written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
import soxr

from vschaos.files import written_whole
from vschaos.wav import WavWriter

Waveform = np.ndarray[tuple[int], np.dtype[np.float32]]

AUDIO_EXTENSIONS = (
    ".wav",
    ".flac",
    ".ogg",
    ".oga",
    ".mp3",
    ".aiff",
    ".aif",
    ".aifc",
    ".w64",
    ".caf",
)
SAMPLE_RATES_HZ = (1_000, 768_000)
BLOCK_LENGTH = 1 << 18


class UnusableAudioError(ValueError):
    """A file that cannot be used as sound; the message is the reason, without the file's name."""


class SoundFormat(NamedTuple):
    """What the header of a file says of its sound.

    Attributes:
        sample_rate: Hz.
        length: samples of each channel.
        encoding: of file and samples, as `WAV PCM_16`.
    """

    sample_rate: int
    num_channels: int
    length: int
    encoding: str


def find_audio_files(folder: Path) -> list[Path]:
    """All audio files below `folder`, by extension, hidden ones left out, in sorted order."""
    found = (
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in AUDIO_EXTENSIONS
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
    )
    return sorted(found)


def read_blocks(path: Path, sample_rate: int, channel: str | int = "mix") -> Iterator[Waveform]:
    """Reads a file of any length block by block: one channel, at `sample_rate`.

    Args:
        path: a file that libsndfile reads (wav, flac, ogg, mp3, aiff, ...).
        sample_rate: the rate of the blocks, in Hz.
        channel: `mix` takes the mean of all channels; a number, counted from 1, takes that one
            (a mono file has one channel only, and gives it for any number).

    Yields:
        `[T]` float32 blocks, of lengths that vary; a file of N samples gives
        `round(N * sample_rate / file_rate)` samples in all, give or take one.

    Raises:
        UnusableAudioError: unreadable, without such a channel, or with NaN or infinite samples.
        ValueError: `channel` is neither `mix` nor a number from 1 on.
    """
    check_channel(channel)
    with _reasons_told(), _open_sound(path) as file:
        resampler = (
            soxr.ResampleStream(file.samplerate, sample_rate, 1, dtype="float32", quality="HQ")
            if file.samplerate != sample_rate
            else None
        )
        block = file.read(BLOCK_LENGTH, dtype="float32", always_2d=True)
        while len(block):
            following = file.read(BLOCK_LENGTH, dtype="float32", always_2d=True)
            mono = _one_channel(block, channel)
            if not np.isfinite(mono).all():
                raise UnusableAudioError("it has samples that are NaN or infinite")
            if resampler is not None:
                mono = resampler.resample_chunk(mono, last=not len(following))
            yield mono
            block = following


def check_channel(channel: str | int) -> None:
    """
    Raises:
        ValueError: it is neither `mix` nor a number from 1 on.
    """
    if channel != "mix" and not re.fullmatch("[1-9][0-9]*", str(channel)):
        raise ValueError(
            f"data.dataset.channel must be mix or a number from 1 on, {channel!r} came"
        )


def probe(path: Path) -> SoundFormat:
    """What the header of a file says of its sound; its samples are not read.

    Raises:
        UnusableAudioError: it is no sound that can be used.
    """
    with _reasons_told(), _open_sound(path) as file:
        encoding = f"{file.format} {file.subtype}"
        return SoundFormat(file.samplerate, file.channels, file.frames, encoding)


def read_audio(path: Path, sample_rate: int, channel: str | int = "mix") -> Waveform:
    """Reads a whole file as `[T]` float32 at `sample_rate`; see `read_blocks`."""
    blocks = list(read_blocks(path, sample_rate, channel))
    return np.concatenate(blocks) if blocks else np.zeros(0, dtype=np.float32)


def duration_seconds(path: Path) -> float:
    """How long a file says it lasts.

    Raises:
        UnusableAudioError: it cannot be read.
    """
    try:
        return float(soundfile.info(path).duration)
    except UnicodeEncodeError as error:
        raise UnusableAudioError("its name is not valid UTF-8") from error
    except (soundfile.LibsndfileError, OSError) as error:
        raise UnusableAudioError(f"it cannot be read as audio ({_reason(error)})") from error


def read_channels(path: Path, sample_rate: int | None = None) -> np.ndarray:
    """Reads all channels of a file as `[C, T]` float32, at `sample_rate` Hz or at its own."""
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    try:
        samples, file_rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise UnusableAudioError(f"{path} cannot be read as audio ({_reason(error)})") from error
    if sample_rate is not None and sample_rate != file_rate and len(samples):
        samples = soxr.resample(samples, file_rate, sample_rate, quality="VHQ")
    return samples.T


def resample(waveform: Waveform, from_rate: int, to_rate: int) -> Waveform:
    """`[T]` at `from_rate` Hz to `[T * to_rate / from_rate]` at `to_rate` Hz."""
    if from_rate == to_rate or not len(waveform):
        return waveform
    return soxr.resample(waveform, from_rate, to_rate, quality="VHQ").astype(np.float32)


def write_audio(path: Path, waveform: np.ndarray, sample_rate: int) -> None:
    """Writes `[T]` or `[C, T]` as 32-bit float wav, which neither clips nor needs a gain.

    Raises:
        OSError: it cannot be written; what was there before is still there.
    """
    channels = np.atleast_2d(waveform)
    with written_whole(path) as partial, WavWriter(partial, sample_rate, len(channels)) as file:
        for start in range(0, channels.shape[1], BLOCK_LENGTH):
            file.write(channels[:, start : start + BLOCK_LENGTH])


@contextmanager
def _reasons_told() -> Iterator[None]:
    """Turns what goes wrong in reading a file into an UnusableAudioError."""
    try:
        yield
    except UnicodeEncodeError as error:
        raise UnusableAudioError("its name is not valid UTF-8") from error
    except (soundfile.LibsndfileError, OSError) as error:
        raise UnusableAudioError(f"it cannot be read as audio ({_reason(error)})") from error


def _open_sound(path: Path) -> soundfile.SoundFile:
    if path.stat().st_size == 0:
        raise UnusableAudioError("it is empty")
    file = soundfile.SoundFile(path)
    low, high = SAMPLE_RATES_HZ
    if not low <= file.samplerate <= high:
        file.close()
        raise UnusableAudioError(
            f"its sample rate is {file.samplerate} Hz, {low} to {high} expected"
        )
    return file


def _one_channel(block: np.ndarray, channel: str | int) -> Waveform:
    num_channels = block.shape[1]
    if num_channels == 1:
        return block[:, 0]
    if channel == "mix":
        return block.mean(axis=1)
    number = int(channel)
    if not 1 <= number <= num_channels:
        raise UnusableAudioError(f"it has {num_channels} channels, number {number} was asked for")
    return np.ascontiguousarray(block[:, number - 1])


def _reason(error: Exception) -> str:
    if isinstance(error, soundfile.LibsndfileError):
        if error.code == 7:  # "File does not exist", it says of an mp3 without a frame
            return "Format not recognised"
        return error.error_string.strip().rstrip(".")
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
