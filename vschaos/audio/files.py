"""Audio files to waveforms and back: read in blocks, mixed to one channel, resampled, written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
import soxr

from vschaos.audio.channels import Origin
from vschaos.audio.decoding import UnusableAudioError as UnusableAudioError
from vschaos.audio.decoding import open_sounds, reading_errors, reason
from vschaos.audio.wav import WavWriter
from vschaos.files import written_whole
from vschaos.folders import list_files
from vschaos.outputs import output_file

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
BLOCK_LENGTH = 1 << 18


class SoundFormat(NamedTuple):
    """The format of a sound, as the header of its file states it.

    Attributes:
        sample_rate: Hz; of several sounds in one file, that of the first, as is all but the length.
        length: samples of each channel; 0 where it does not say.
        encoding: of file and samples, as `WAV PCM_16`.
    """

    sample_rate: int
    num_channels: int
    length: int
    encoding: str


def find_audio_files(folder: Path, skips_made: bool = False) -> list[Path]:
    """All audio files below `folder`, by extension, hidden ones left out, in sorted order; linked
    folders are followed, and each file is listed once.

    Args:
        folder: where they lie.
        skips_made: whether those in folders that vschaos made are left out.
    """
    return [path for path in list_files(folder, skips_made).files if is_audio(path)]


def is_audio(path: Path) -> bool:
    """Whether a file has the extension of an audio format."""
    return path.suffix.lower() in AUDIO_EXTENSIONS


def read_blocks(
    path: Path, sample_rate: int, channel: str | int = "mix", origin: Origin | None = None
) -> Iterator[Waveform]:
    """Reads a file of any length block by block: one channel, at `sample_rate`.

    It is read to the end of its samples, even if its header states another length; concatenated
    files are read one after the other.

    Args:
        path: a file that libsndfile reads (wav, flac, ogg, mp3, aiff, ...).
        sample_rate: the rate of the blocks, in Hz.
        channel: `mix` takes the mean of all channels; a number, counted from 1, takes that one
            (a mono file has one channel only, and gives it for any number).
        origin: receives all channels, at their own rate.

    Yields:
        `[T]` float32 blocks, of lengths that vary; a file of N samples gives
        `round(N * sample_rate / file_rate)` samples in all, give or take one.

    Raises:
        UnusableAudioError: unreadable, without such a channel, or with NaN or infinite samples.
        ValueError: `channel` is neither `mix` nor a number from 1 on.
    """
    check_channel(channel)
    with reading_errors():
        for sound in open_sounds(path):
            resampler = (
                soxr.ResampleStream(sound.samplerate, sample_rate, 1, dtype="float32", quality="HQ")
                if sound.samplerate != sample_rate
                else None
            )
            for block, is_last in sound.blocks_to_the_end(BLOCK_LENGTH):
                mono = _one_channel(block, channel)
                if not np.isfinite(mono).all():
                    raise UnusableAudioError("it has samples that are NaN or infinite")
                if origin is not None:
                    origin.add(block, sound.samplerate)
                yield mono if resampler is None else resampler.resample_chunk(mono, last=is_last)


def check_channel(channel: str | int) -> None:
    """
    Raises:
        ValueError: it is neither `mix` nor a number from 1 on.
    """
    if channel != "mix" and not re.fullmatch("[1-9][0-9]*", str(channel)):
        raise ValueError(f"data.dataset.channel must be mix or a number from 1 on, got {channel!r}")


def probe(path: Path) -> SoundFormat:
    """The format of a file's sound; its samples are not read.

    Raises:
        UnusableAudioError: it is no sound that can be used.
    """
    with closing(open_sounds(path)) as sounds:
        sound = next(sounds)
        encoding = f"{sound.format} {sound.subtype}"
        return SoundFormat(sound.samplerate, sound.channels, sound.length or 0, encoding)


def read_audio(path: Path, sample_rate: int, channel: str | int = "mix") -> Waveform:
    """Reads a whole file as `[T]` float32 at `sample_rate`; see `read_blocks`."""
    blocks = list(read_blocks(path, sample_rate, channel))
    return np.concatenate(blocks) if blocks else np.zeros(0, dtype=np.float32)


def duration_seconds(path: Path) -> float:
    """The duration of a file. It is decoded if its header states no plausible length.

    Raises:
        UnusableAudioError: it cannot be read.
    """
    seconds = 0.0
    with reading_errors():
        for sound in open_sounds(path):
            length = sound.length
            if length is None:
                length = sum(len(block) for block, _ in sound.blocks_to_the_end(BLOCK_LENGTH))
            seconds += length / sound.samplerate
    return seconds


def read_channels(path: Path, sample_rate: int | None = None) -> np.ndarray:
    """Reads all channels of a file as `[C, T]` float32, at `sample_rate` Hz or at its own."""
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    try:
        with reading_errors():
            parts = _read_parts(path, sample_rate)
    except UnusableAudioError as error:
        raise UnusableAudioError(f"{path}: {error}") from error
    if len({part.shape[1] for part in parts}) > 1:
        raise UnusableAudioError(f"{path}: its parts have different numbers of channels")
    return np.concatenate(parts).T


def _read_parts(path: Path, sample_rate: int | None) -> list[np.ndarray]:
    parts = []
    for sound in open_sounds(path):
        sample_rate = sample_rate or sound.samplerate
        blocks = [block for block, _ in sound.blocks_to_the_end(BLOCK_LENGTH)]
        part = np.concatenate([np.zeros((0, sound.channels), np.float32), *blocks])
        if sample_rate != sound.samplerate and len(part):
            part = soxr.resample(part, sound.samplerate, sample_rate, quality="VHQ")
        parts.append(part)
    return parts


def resample(waveform: Waveform, from_rate: int, to_rate: int) -> Waveform:
    """`[T]` at `from_rate` Hz to `[T * to_rate / from_rate]` at `to_rate` Hz."""
    if from_rate == to_rate or not len(waveform):
        return waveform
    return soxr.resample(waveform, from_rate, to_rate, quality="VHQ").astype(np.float32)


def resample_blocks(blocks: Iterable[Waveform], from_rate: int, to_rate: int) -> Iterator[Waveform]:
    """Resamples a sound in blocks `[T]` of any lengths, as `resample` a whole one."""
    if from_rate == to_rate:
        yield from blocks
        return
    stream = soxr.ResampleStream(from_rate, to_rate, 1, dtype="float32", quality="VHQ")
    for block in blocks:
        yield stream.resample_chunk(np.ascontiguousarray(block, dtype=np.float32))
    yield stream.resample_chunk(np.zeros(0, dtype=np.float32), last=True)


def write_audio(path: Path, waveform: np.ndarray, sample_rate: int) -> None:
    """Writes `[T]` or `[C, T]` as 32-bit float wav, which neither clips nor needs a gain.

    Raises:
        OSError: it cannot be written; what was there before is still there.
    """
    starts = range(0, waveform.shape[-1], BLOCK_LENGTH)
    blocks = (waveform[..., start : start + BLOCK_LENGTH] for start in starts)
    num_channels = 1 if waveform.ndim == 1 else len(waveform)
    write_blocks(path, blocks, sample_rate, num_channels)


def write_flac(path: Path, waveform: Waveform, sample_rate: int) -> None:
    """Writes `[T]` as 16-bit flac, a third of the size of `write_audio` or less.

    Raises:
        ValueError: it is beyond full scale, and would be clipped.
        OSError: it cannot be written; what was there before is still there.
    """
    peak = float(np.abs(waveform).max(initial=0.0))
    if not peak <= 1.0:
        raise ValueError(f"a flac holds samples from -1 to 1, got a peak of {peak:g}")
    with written_whole(path) as partial:
        try:
            soundfile.write(partial, waveform, sample_rate, "PCM_16", format="FLAC")
        except soundfile.LibsndfileError as error:
            raise OSError(f"{path} cannot be written ({reason(error)})") from error


def write_blocks(
    path: Path,
    blocks: Iterable[np.ndarray],
    sample_rate: int,
    num_channels: int = 1,
    is_output: bool = False,
) -> None:
    """Writes a sound in blocks `[T]` or `[C, T]` of any lengths, as `write_audio` a whole one.

    Args:
        is_output: whether a file that a user put or changed there is backed up (`output_file`).

    Raises:
        OSError: it cannot be written; what was there before is still there.
    """
    with (
        (output_file if is_output else written_whole)(path) as partial,
        WavWriter(partial, sample_rate, num_channels) as file,
    ):
        for block in blocks:
            file.write(np.atleast_2d(block))


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
