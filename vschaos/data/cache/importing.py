"""Import the files of a dataset into the cache: those that are new or damaged, on all cores."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from vschaos.audio.channels import Origin
from vschaos.audio.files import UnusableAudioError, read_blocks
from vschaos.data.cache.arrays import DamagedArrayError, new_array, verify
from vschaos.data.cache.manifest import CachedWaveform, Known, Manifest
from vschaos.data.cache.sources import (
    BYTES_PER_SAMPLE,
    ChangedError,
    FileStamp,
    Source,
    recognise,
    room_for,
)
from vschaos.data.remarks import why_unusable
from vschaos.files import check_room
from vschaos.locks import BusyError, claimed
from vschaos.parallel import IsInterrupted, Progress, StoppedError, on_all_cores, share_work

TRIALS = 3  # of a file that changes while it is imported
WRITE_SECONDS = 10.0  # from one writing of the manifest to the next
logger = logging.getLogger(__name__)


class Importer:
    """Updates a manifest, and the cached waveforms that it lists, to the files of a dataset.

    Finished work stays in the cache: an import that was killed resumes where it was.
    Several processes may import the same files at once, and share the work.

    Args:
        manifest: written now and then, and at the end.

    Attributes:
        reasons: why some files cannot be used, by name.
    """

    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest
        self.reasons: dict[str, str] = {}
        self._written = time.monotonic()

    def __call__(self, paths: Mapping[str, Path]) -> dict[str, str]:
        """Imports files, given by name, where that was not done before; returns `reasons`.

        Raises:
            ValueError: there is no room for the others.
            OSError: the cache cannot be written.
        """
        before = dict(self.manifest.known)
        try:
            missing = self._missing(paths)
            if missing:
                self._import(missing)
        finally:
            if self.manifest.known != before:
                self._save()
        return self.reasons

    def _missing(self, paths: Mapping[str, Path]) -> dict[str, Source]:
        """Files without an intact waveform. Bytes of a file, and those of its waveform, are read
        unless they were before, as their stamps say."""
        missing, unsure = {}, {}
        for name, path in paths.items():
            try:
                stamp = FileStamp.of(path)
            except OSError as error:
                self.reasons[name] = _unreadable(error)
                continue
            known = self.manifest.known.get(name)
            if known is None or known.stamp != stamp or not self._is_verified(known):
                unsure[name] = stamp.size
            elif known.reason:
                self.reasons[name] = known.reason
        with Progress("reading", sum(unsure.values()) / 1e6, "MB") as progress:

            def read(name: str, is_interrupted: IsInterrupted) -> Known | Source | str:
                path, known = paths[name], self.manifest.known.get(name)
                try:
                    stamp = FileStamp.of(path)
                    if known is not None and known.stamp == stamp:
                        source = Source(path, stamp, True, known.digest)
                    else:
                        source = recognise(path, is_interrupted)
                except OSError as error:
                    return _unreadable(error)
                found = _find_whole(source, self.manifest)
                progress(unsure[name] / 1e6)
                return found or source

            for name, found in on_all_cores(read, sorted(unsure, key=lambda name: -unsure[name])):
                if isinstance(found, str):
                    self.reasons[name] = found
                elif isinstance(found, Known):
                    self._note(name, found)
                else:
                    missing[name] = found
                    self._note(name, _entry(found))
        return missing

    def _is_verified(self, known: Known) -> bool:
        """Whether a file needs not be read again: its waveform is as it was, or there is none."""
        if known.reason:
            return True
        try:
            stamp = FileStamp.of(self.manifest.waveform_path(known.digest))
        except FileNotFoundError:
            return False
        return known.waveform is not None and known.waveform_stamp == stamp

    def _import(self, sources: Mapping[str, Source]) -> None:
        room = room_for([source.path for source in sources.values()], self.manifest.sample_rate)
        check_room(self.manifest.cache, room, "the imported sounds", "data.dataset.cache")
        minutes = room / BYTES_PER_SAMPLE / self.manifest.sample_rate / 60
        logger.info(
            "importing %.1f minutes of sound (%d files), %.0f MB, to %s",
            *(minutes, len(sources), room / 1e6, self.manifest.cache),
        )
        largest_first = sorted(sources, key=lambda name: -sources[name].stamp.size)
        with Progress("importing", minutes, "minutes of sound") as progress:

            def take(
                name: str, is_interrupted: IsInterrupted, waits: bool
            ) -> tuple[Known | None, str] | None:
                source = sources[name]
                try:
                    known = import_sound(source, self.manifest, progress, is_interrupted, waits)
                except BusyError:
                    return None
                except UnusableAudioError as error:
                    return None, str(error)
                return known, known.reason

            for name, (known, reason) in share_work(on_all_cores, take, largest_first):
                if known is not None:
                    self._note(name, known)
                if reason:
                    self.reasons[name] = reason

    def _note(self, name: str, known: Known) -> None:
        self.manifest.known[name] = known
        if time.monotonic() - self._written > WRITE_SECONDS:
            self._save()

    def _save(self) -> None:
        with suppress(OSError):  # then more is read next time
            self.manifest.write()
        self._written = time.monotonic()


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
            found = _find_whole(source, manifest)
            if found is not None:
                return found
            try:
                waveform = _convert(source, path, manifest, progress, is_interrupted)
                return _entry(source, waveform=waveform)
            except UnusableAudioError as error:
                if error.__cause__ is not None:  # of the disk, or of a decoder
                    raise
                return _entry(source, reason=str(error))
            except ChangedError:
                pass
        try:
            source = recognise(source.path, is_interrupted)
        except OSError as error:
            raise UnusableAudioError(_unreadable(error)) from error
    raise UnusableAudioError("it changes while it is imported")


def _convert(
    source: Source,
    path: Path,
    manifest: Manifest,
    progress: Callable[[float], object],
    is_interrupted: IsInterrupted,
) -> CachedWaveform:
    sample_rate, channel = manifest.sample_rate, manifest.channel
    origin, peak = Origin(), 0.0
    with new_array(path) as array:
        for block in read_blocks(source.path, sample_rate, channel, origin):
            if is_interrupted():
                raise StoppedError
            array.append(block)
            peak = max(peak, float(np.abs(block).max(initial=0.0)))
            progress(len(block) / sample_rate / 60)
        try:
            source.check_unchanged()
        except OSError as error:
            raise UnusableAudioError(_unreadable(error)) from error
        about_file = origin.sample_rate, origin.num_channels, origin.mix_db
        waveform = CachedWaveform(sample_rate, array.shape[0], peak, array.checksum, *about_file)
        reason = why_unusable(waveform, channel)
        if reason:
            raise UnusableAudioError(reason)
        array.about = waveform._asdict()
    return waveform


def _find_whole(source: Source, manifest: Manifest) -> Known | None:
    """The entry of a file whose waveform is cached; none if it is missing or damaged."""
    path = manifest.waveform_path(source.digest)
    try:
        began, stamp = time.time(), FileStamp.of(path)
        waveform = CachedWaveform(**verify(path).about)
    except (FileNotFoundError, DamagedArrayError):
        return None
    waveform_stamp = stamp if stamp.is_settled(began) else None
    return _entry(source, waveform=waveform, waveform_stamp=waveform_stamp)


def _entry(source: Source, **more: Any) -> Known:
    return Known(source.stamp if source.is_sure else None, source.digest, **more)


def _unreadable(error: OSError) -> str:
    return f"it cannot be read as audio ({error.strerror or error})"
