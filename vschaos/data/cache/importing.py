"""Import the files of a dataset into the cache: those that are new or damaged, on all cores."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from vschaos.audio.files import UnusableAudioError
from vschaos.data.cache.convert import cancels_in, found_whole, import_sound
from vschaos.data.cache.manifest import FileStamp, Known, Manifest
from vschaos.data.cache.sources import BYTES_PER_SAMPLE, Source, recognise, room_for, unreadable
from vschaos.data.cache.waveform import BusyError, CachedWaveform
from vschaos.data.full_scale import beyond, is_beyond
from vschaos.data.parallel import IsInterrupted, Progress, on_all_cores
from vschaos.files import check_room

NAMES_SHOWN = 5  # of each kind
SAME_RATE = 0.9  # of a model's rate: sounds above fill its bins but for some that few hear
WRITE_SECONDS = 10.0  # from one writing of the manifest to the next
logger = logging.getLogger(__name__)


class Importer:
    """Updates a manifest, and the cached waveforms that it lists, to the files of a dataset.

    Finished work stays in the cache: an import that was killed resumes where it was.
    Several processes may import the same files at once, and share the work.

    Args:
        manifest: written now and then, and at the end.
    """

    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest
        self.reasons: dict[str, str] = {}
        self._written = time.monotonic()

    def __call__(self, paths: Mapping[str, Path]) -> dict[str, str]:
        """Imports files, given by name, where that was not done before.

        Returns:
            the reasons why some cannot be used, by name.

        Raises:
            ValueError: there is no room for the others.
            OSError: the cache cannot be written.
        """
        self.reasons = {}
        before = dict(self.manifest.known)
        try:
            sources = self._recognise(paths)
            missing = self._missing(sources)
            if missing:
                self._import(missing)
        finally:
            if self.manifest.known != before:
                self._save()
        return self.reasons

    def _save(self) -> None:
        with suppress(OSError):  # then more is read next time
            self.manifest.write()
        self._written = time.monotonic()

    def _recognise(self, paths: Mapping[str, Path]) -> dict[str, Source]:
        """Digests of the files; those whose stamp is known are not read."""
        sources, unread = {}, {}
        for name, path in paths.items():
            try:
                stamp = FileStamp.of(path)
            except OSError as error:
                self.reasons[name] = unreadable(error)
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
                    return unreadable(error)
                finally:
                    progress(unread[name] / 1e6)

            for name, found in on_all_cores(read, sorted(unread, key=lambda name: -unread[name])):
                if isinstance(found, str):
                    self.reasons[name] = found
                    continue
                sources[name] = found
                self._note(name, found.known)
        return sources

    def _missing(self, sources: Mapping[str, Source]) -> dict[str, Source]:
        """Files without an intact waveform. Those not verified since their stamp are read."""
        unsure: dict[str, Path] = {}
        missing = {}
        for name, source in sources.items():
            known = self.manifest.known[name]
            path = self.manifest.waveform_path(source.digest)
            if known.reason:
                self.reasons[name] = known.reason
            elif not path.exists():
                missing[name] = source
            elif known.waveform is None or known.waveform_stamp != FileStamp.of(path):
                unsure[name] = path
        sizes = {name: path.stat().st_size for name, path in unsure.items()}
        with Progress("checking", sum(sizes.values()) / 1e6, "MB") as progress:

            def check(name: str, is_interrupted: IsInterrupted) -> Known | None:
                return found_whole(sources[name], unsure[name], lambda n: progress(n / 1e6))

            for name, known_now in on_all_cores(check, unsure):
                if known_now is None:
                    missing[name] = sources[name]
                else:
                    self._note(name, known_now)
        return missing

    def _import(self, sources: Mapping[str, Source]) -> None:
        paths = [source.path for source in sources.values()]
        room = room_for(paths, self.manifest.sample_rate)
        check_room(self.manifest.cache, room, "the imported sounds", "data.dataset.cache")
        minutes = room / BYTES_PER_SAMPLE / self.manifest.sample_rate / 60
        logger.info(
            "importing %.1f minutes of sound (%d files), %.0f MB, to %s",
            *(minutes, len(sources), room / 1e6, self.manifest.cache),
        )
        largest_first = sorted(sources, key=lambda name: -sources[name].stamp.size)
        with Progress("importing", minutes, "minutes of sound") as progress:
            left = self._take_turns(largest_first, sources, progress, waits=False)
            # other processes import these: they may yet fail, or be killed
            self._take_turns(left, sources, progress, waits=True)

    def _take_turns(
        self,
        names: Sequence[str],
        sources: Mapping[str, Source],
        progress: Progress,
        waits: bool,
    ) -> list[str]:
        """Imports files, and returns those that another process is importing."""

        def take(name: str, is_interrupted: IsInterrupted) -> Known | str | None:
            try:
                return import_sound(sources[name], self.manifest, progress, is_interrupted, waits)
            except BusyError:
                return None
            except UnusableAudioError as error:
                return str(error)

        left = []
        for name, found in on_all_cores(take, names):
            if found is None:
                left.append(name)
            elif isinstance(found, str):
                self.reasons[name] = found
            else:
                self._note(name, found)
                if found.reason:
                    self.reasons[name] = found.reason
        return left

    def _note(self, name: str, known: Known) -> None:
        self.manifest.known[name] = known
        if time.monotonic() - self._written > WRITE_SECONDS:
            self._save()


def warn_of_sounds(
    waveforms: Mapping[str, CachedWaveform], sample_rate: int, channel: str, choice: str
) -> None:
    """Warns of sounds that are probably not meant to be trained with as they are.

    Args:
        waveforms: of the sounds, by name.
        sample_rate: of the model, Hz.
        channel: `mix`, or a number.
        choice: `data.dataset.beyond_full_scale`.
    """
    cancelled = {name: cancels_in(waveform, channel) for name, waveform in waveforms.items()}
    _warn_of_some({name: said for name, said in cancelled.items() if said})
    is_scaled = choice == "scale"
    done = f"it is {'scaled to the usual peak' if is_scaled else 'trained with at that level'}"
    _warn_of_some(
        {
            name: f"{beyond(waveform.peak)}: {done} (data.dataset.beyond_full_scale={choice})"
            for name, waveform in waveforms.items()
            if is_beyond(waveform.peak)
        }
    )
    for said in low_rates(
        Counter(waveform.file_rate for waveform in waveforms.values()), sample_rate
    ):
        logger.warning("%s: %s", *said)


def low_rates(counts: Mapping[int, int], sample_rate: int) -> Iterator[tuple[str, str]]:
    """Sounds of each rate clearly below a model's: their count, and the consequence.

    Args:
        counts: of sounds, by their rate in Hz.
        sample_rate: of the model, Hz.
    """
    best = max(counts, default=0)
    for rate, count in sorted(counts.items()):
        if 0 < rate < SAME_RATE * sample_rate:
            fits = f"model.sample_rate={best} fits all of them" if best < sample_rate else ""
            others = "a model of their own, or files of a higher rate, would avoid it"
            yield (
                f"{count} of {sum(counts.values())} sounds at {rate} Hz",
                f"they have nothing above {rate // 2} Hz, so a model of {sample_rate} Hz "
                f"(model.sample_rate) learns silence there; {fits or others}",
            )


def _warn_of_some(said: Mapping[str, str]) -> None:
    for name in list(said)[:NAMES_SHOWN]:
        logger.warning("%s: %s", name, said[name])
    if len(said) > NAMES_SHOWN:
        logger.warning("and %d more (vschaos check lists all)", len(said) - NAMES_SHOWN)
