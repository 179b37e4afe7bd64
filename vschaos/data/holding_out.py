"""Choose the sounds to hold out: whole files where these approximate the share of the time, else
stretches of long files."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

from vschaos.data.cache.store import SoundStore
from vschaos.data.split import DIGITS, Part, Split, describe, resume_split

LEAST_EXCERPTS = 2  # that a stretch holds which is held out
CUT_FILES = 4  # of the longest, that stretches are taken from
QUIET, SILENT = 0.1, 0.01  # of a sound's own level: a stretch that is taken if another is softer,
# and one that is not taken at all


class Sound(NamedTuple):
    """A sound to go to one of the sides.

    Attributes:
        name: of its file.
        length: samples.
        classes: stretches of it that are labelled: first sample, end, and a label with its class.
    """

    name: str
    length: int
    classes: Sequence[tuple[float, float, Hashable]] = ()

    def samples_of_classes(self, first: int, end: int) -> Counter[Hashable]:
        """How long each class is in a part."""
        found: Counter[Hashable] = Counter()
        for onset, offset, key in self.classes:
            found[key] += max(min(offset, end) - max(onset, first), 0)  # type: ignore[assignment]
        return +found


Level = Callable[[str, int, int], float]
logger = logging.getLogger(__name__)


def choose_split(
    store: SoundStore,
    sounds: Sequence[Sound],
    share: float,
    seed: int,
    excerpt_length: int,
    begun: Split | None = None,
) -> Split:
    """Splits the sounds of a store, or takes over the split of a training that is resumed.

    Args:
        sounds: of the store, with their classes.
        share, seed, excerpt_length: see `hold_out`.
        begun: the split that the training began with.
    """
    if begun is None:
        files = {file.name: file for file in store.files}
        split = hold_out(
            sounds,
            share,
            seed,
            excerpt_length,
            lambda name, first, end: store.level(files[name].part(first, end)),
        )
        digests = {name: store.digests[name][:DIGITS] for name in files}
        split = split._replace(digests=digests)
    else:
        split = resume_split([file.name for file in store.files], begun, store.digests)
    held_out = describe(split, "held_out", store) if split.held_out else "none held out"
    logger.info("sounds: %s, %s", describe(split, "train", store), held_out)
    if not split.held_out:
        logger.warning(
            "no sound is held out (data.dataset.held_out is 0, or there is too little sound, or "
            "too little of a class): metrics are those of the training sounds"
        )
    return split


def hold_out(
    sounds: Sequence[Sound],
    share: float,
    seed: int,
    excerpt_length: int,
    level: Level = lambda name, first, end: 1.0,
) -> Split:
    """Holds out a share of the sounds, in time.

    Files are drawn until as large a share of them is held out; those that would take it beyond
    twice the share of the time are passed over. If it stays below half the share, stretches at the
    end of the longest files are held out (or at their beginning where the end is much softer), with
    a gap of an excerpt to the training side. The training side keeps half at least of each class,
    and of each file that is cut.

    The order in which files are drawn depends on the seed and on each name alone: a new file moves
    hardly any other to the other side.

    Args:
        share: 0 to 1 (exclusive), of the time.
        seed: another one draws other files.
        excerpt_length: samples.
        level: of samples of a file, from a first one to an end.
    """
    if not isinstance(share, int | float) or not 0.0 <= share < 1.0:
        raise ValueError(f"data.dataset.held_out must be a share from 0 to below 1, got {share!r}")

    def draw(sound: Sound) -> bytes:
        return hashlib.sha256(f"{seed}/{sound.name}".encode()).digest()

    drawn = sorted(sounds, key=draw)
    choice = _Choice(drawn, share)
    if share > 0:
        choice.take_files()
        choice.take_stretches(excerpt_length, level)
        choice.take_one_file()
    return choice.split()


class _Choice:
    """The choice so far.

    Args:
        drawn: the sounds, in the order in which they are taken.
        share: to hold out.
    """

    def __init__(self, drawn: Sequence[Sound], share: float) -> None:
        self.drawn = drawn
        self.total = sum(sound.length for sound in drawn)
        self.target = share * self.total
        self.count = min(round(share * len(drawn)), len(drawn) - 1)
        self.files: set[str] = set()
        self.held: dict[str, Part] = {}
        self.trained: dict[str, Part] = {}
        self.time = 0
        self._of_classes: Counter[Hashable] = Counter()
        for sound in drawn:
            self._of_classes += sound.samples_of_classes(0, sound.length)
        self._left = Counter(self._of_classes)

    @property
    def is_enough(self) -> bool:
        return self.time >= self.target / 2

    def take_files(self) -> None:
        # where nearly all is held out, half of the rest is left to train with
        most = min(2 * self.target, (self.target + self.total) / 2)
        for sound in self.drawn:
            if len(self.files) >= self.count:
                break
            if self.time + sound.length <= most and self._leaves_classes(sound, 0, sound.length):
                self._hold_file(sound)

    def take_stretches(self, excerpt_length: int, level: Level) -> None:
        if self.is_enough:
            return
        least, gap = LEAST_EXCERPTS * excerpt_length, excerpt_length
        long = [
            sound
            for sound in sorted(self.drawn, key=lambda sound: -sound.length)
            if sound.name not in self.files and sound.length >= 2 * (least + gap)
        ]
        alike = [sound for sound in long if sound.length >= long[0].length / 2][:CUT_FILES]
        for sound in long:
            missing = self.target - self.time
            if self.held and missing < least:
                break
            wanted = int(max(missing / max(len(alike), 1), least))
            if sound in alike:
                alike.remove(sound)
            self._cut(sound, min(wanted, sound.length // 2 - gap), gap, level)

    def take_one_file(self) -> None:
        """If nothing is held out yet, the file that is nearest in length."""
        free = [s for s in self.drawn if self._leaves_classes(s, 0, s.length)]
        if self.time == 0 and len(self.drawn) > 1 and free:
            self._hold_file(min(free, key=lambda sound: abs(sound.length - self.target)))

    def split(self) -> Split:
        names = sorted(sound.name for sound in self.drawn)
        parts = {"train": dict(sorted(self.trained.items()))}
        parts["held_out"] = dict(sorted(self.held.items()))
        return Split(
            train=[name for name in names if name not in self.files],
            held_out=[name for name in names if name in self.files or name in self.held],
            parts=parts if self.held else None,
        )

    def _hold_file(self, sound: Sound) -> None:
        self.files.add(sound.name)
        self._take(sound, 0, sound.length)
        self.time += sound.length

    def _cut(self, sound: Sound, wanted: int, gap: int, level: Level) -> None:
        """Holds out the end of a sound, or its beginning, if it leaves sound on both sides."""
        length = sound.length
        end = (length - wanted, length), (0, length - wanted - gap)
        beginning = (0, wanted), (wanted + gap, length)
        whole = level(sound.name, 0, length)
        ways = []
        for held, trained in (end, beginning):
            softest = min(level(sound.name, *held), level(sound.name, *trained))
            lost = (trained[1], length) if held[0] else (0, trained[0])
            if softest > SILENT * whole and self._leaves_classes(sound, *lost):
                ways.append((softest >= QUIET * whole, held, trained, lost))
        if ways:
            # the first of the best: the end, if it is not much softer
            _, held, trained, lost = max(ways, key=lambda way: way[0])
            self.held[sound.name], self.trained[sound.name] = held, trained
            self._take(sound, *lost)
            self.time += wanted

    def _leaves_classes(self, sound: Sound, first: int, end: int) -> bool:
        lost = sound.samples_of_classes(first, end)
        return all(
            self._left[key] - samples >= self._of_classes[key] / 2 for key, samples in lost.items()
        )

    def _take(self, sound: Sound, first: int, end: int) -> None:
        self._left.subtract(sound.samples_of_classes(first, end))
