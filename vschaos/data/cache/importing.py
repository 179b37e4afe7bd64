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
from vschaos.data.cache.locks import BusyError, claimed
from vschaos.data.cache.manifest import CachedWaveform, Known, Manifest
from vschaos.data.cache.sources import (
    BYTES_PER_SAMPLE,
    ChangedError,
    FileStamp,
    Source,
    recognise,
    room_for,
)
from vschaos.data.parallel import IsInterrupted, Progress, StoppedError, on_all_cores, share_work
from vschaos.data.remarks import why_unusable
from vschaos.files import check_room

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
            missing = self._missing(self._recognise(paths))
            if missing:
                self._import(missing)
        finally:
            if self.manifest.known != before:
                self._save()
        return self.reasons

    def _recognise(self, paths: Mapping[str, Path]) -> dict[str, Source]:
        """Digests of the files; those whose stamp is known are not read."""
        sources, unread = {}, {}
        for name, path in paths.items():
            try:
                stamp = FileStamp.of(path)
            except OSError as error:
                self.reasons[name] = _unreadable(error)
                continue
            known = self.manifest.known.get(name)
            if known is not None and known.stamp == stamp:
                sources[name] = Source(path, stamp, True, known.digest)
            else:
                unread[name] = stamp.size
        with Progress("reading", sum(unread.values()) / 1e6, "MB") as progress:

            def read(name: str, is_interrupted: IsInterrupted) -> Source | str:
                try:
                    return recognise(paths[name], is_interrupted)
                except OSError as error:
                    return _unreadable(error)
                finally:
                    progress(unread[name] / 1e6)

            for name, found in on_all_cores(read, sorted(unread, key=lambda name: -unread[name])):
                if isinstance(found, str):
                    self.reasons[name] = found
                else:
                    sources[name] = found
                    self._note(name, _entry(found))
        return sources

    def _missing(self, sources: Mapping[str, Source]) -> dict[str, Source]:
        """Files without an intact waveform. Those not verified since their stamp are read."""
        sizes: dict[str, int] = {}
        missing = {}
        for name, source in sources.items():
            known = self.manifest.known[name]
            path = self.manifest.waveform_path(source.digest)
            if known.reason:
                self.reasons[name] = known.reason
            elif not path.exists():
                missing[name] = source
            elif known.waveform is None or known.waveform_stamp != FileStamp.of(path):
                sizes[name] = path.stat().st_size
        with Progress("checking", sum(sizes.values()) / 1e6, "MB") as progress:

            def check(name: str, is_interrupted: IsInterrupted) -> Known | None:
                path = self.manifest.waveform_path(sources[name].digest)
                return _find_whole(sources[name], path, lambda n: progress(n / 1e6))

            for name, known_now in on_all_cores(check, sizes):
                if known_now is None:
                    missing[name] = sources[name]
                else:
                    self._note(name, known_now)
        return missing

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

            def take(name: str, is_interrupted: IsInterrupted, waits: bool) -> Known | str | None:
                source = sources[name]
                try:
                    return import_sound(source, self.manifest, progress, is_interrupted, waits)
                except BusyError:
                    return None
                except UnusableAudioError as error:
                    return str(error)

            for name, found in share_work(on_all_cores, take, largest_first):
                if isinstance(found, Known):
                    self._note(name, found)
                    found = found.reason
                if found:
                    self.reasons[name] = found

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
            found = _find_whole(source, path)
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


def _find_whole(
    source: Source, path: Path, progress: Callable[[int], object] = lambda num_bytes: None
) -> Known | None:
    """The entry of a file whose waveform is cached; none if it is missing or damaged."""
    try:
        began, stamp = time.time(), FileStamp.of(path)
        waveform = CachedWaveform(**verify(path, progress).about)
    except (FileNotFoundError, DamagedArrayError):
        return None
    waveform_stamp = stamp if stamp.is_settled(began) else None
    return _entry(source, waveform=waveform, waveform_stamp=waveform_stamp)


def _entry(source: Source, **more: Any) -> Known:
    return Known(source.stamp if source.is_sure else None, source.digest, **more)


def _unreadable(error: OSError) -> str:
    return f"it cannot be read as audio ({error.strerror or error})"
