"""Convert a file to its cached waveform, or find the reason why there is none."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from vschaos.audio.channels import Origin, cancelling, cancels
from vschaos.audio.files import UnusableAudioError, Waveform, read_blocks
from vschaos.data.cache.manifest import FileStamp, Known, Manifest
from vschaos.data.cache.sources import ChangedError, Source, recognise, unreadable
from vschaos.data.cache.waveform import (
    CachedWaveform,
    DamagedWaveformError,
    claimed,
    verify,
    write_waveform,
)
from vschaos.data.parallel import IsInterrupted, StoppedError

SILENCE = 10 ** (-80 / 20)  # a file with no sample above it is silent
SILENT_REASON = "it is silent (no sample above -80 dB)"
TRIALS = 3  # of a file that changes while it is imported


def import_sound(
    source: Source,
    manifest: Manifest,
    progress: Callable[[float], object],
    is_interrupted: IsInterrupted,
    waits: bool,
) -> Known:
    """Converts a file, or finds the reason why these bytes have no usable sound.

    Args:
        progress: called again and again with the minutes of sound imported since.
        waits: for another process that is converting it.

    Raises:
        UnusableAudioError: it cannot be read now.
        BusyError: another process is converting it.
        OSError: the waveform cannot be written.
    """
    for _ in range(TRIALS):
        path = manifest.waveform_path(source.digest)
        with claimed(path, waits, is_interrupted):
            found = found_whole(source, path)
            if found is not None:
                return found
            origin = Origin()
            try:
                waveform = write_waveform(
                    path,
                    _blocks(source, manifest, origin, progress, is_interrupted),
                    manifest.sample_rate,
                    partial(_check, source, manifest.channel),
                    origin,
                )
                return source.known._replace(waveform=waveform)
            except UnusableAudioError as error:
                if error.__cause__ is not None:  # of the disk, or of a decoder
                    raise
                return source.known._replace(reason=str(error))
            except ChangedError:
                pass
        source = _recognised_again(source.path, is_interrupted)
    raise UnusableAudioError("it changes while it is imported")


def _recognised_again(path: Path, is_interrupted: IsInterrupted) -> Source:
    try:
        return recognise(path, is_interrupted)
    except OSError as error:
        raise UnusableAudioError(unreadable(error)) from error


def _blocks(
    source: Source,
    manifest: Manifest,
    origin: Origin,
    progress: Callable[[float], object],
    is_interrupted: IsInterrupted,
) -> Iterator[Waveform]:
    for block in read_blocks(source.path, manifest.sample_rate, manifest.channel, origin):
        if is_interrupted():
            raise StoppedError
        yield block
        progress(len(block) / manifest.sample_rate / 60)


def _check(source: Source, channel: str, waveform: CachedWaveform) -> None:
    try:
        source.check_unchanged()
    except OSError as error:
        raise UnusableAudioError(unreadable(error)) from error
    if waveform.length == 0:
        raise UnusableAudioError("it is empty")
    if waveform.peak < SILENCE:
        raise UnusableAudioError(cancels_in(waveform, channel) or SILENT_REASON)


def cancels_in(waveform: CachedWaveform, channel: str) -> str:
    """The warning for a sound whose channels cancel each other in the mix; empty for others."""
    is_lost = channel == "mix" and cancels(waveform.mix_db, waveform.num_channels)
    return cancelling(waveform.mix_db) if is_lost else ""


def found_whole(
    source: Source, path: Path, progress: Callable[[int], object] = lambda num_bytes: None
) -> Known | None:
    """The entry of a file whose waveform is cached; none if it is missing or damaged."""
    try:
        began, stamp = time.time(), FileStamp.of(path)
        waveform = verify(path, progress)
        is_sure = stamp.is_settled(began)
        return source.known._replace(waveform=waveform, waveform_stamp=stamp if is_sure else None)
    except (FileNotFoundError, DamagedWaveformError):
        return None
