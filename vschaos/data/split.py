"""Which sounds are trained with, and which are held out for validation: whole files where these
approximate the share of the time, else stretches of long files."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple

from vschaos.data.cache.store import SoundStore, StoredFile
from vschaos.data.remarks import some

LEAST_EXCERPTS = 2  # that a stretch holds which is held out
CUT_FILES = 4  # of the longest, that stretches are taken from
QUIET, SILENT = 0.1, 0.01  # of a sound's own level: a stretch that is taken if another is softer,
# and one that is not taken at all
SIDES = {"train": "to train with", "held_out": "held out"}
DIGITS = 16  # of a digest: 64 bits tell all files apart
Part = tuple[int, int]
Level = Callable[[str, int, int], float]
logger = logging.getLogger(__name__)


class Split(NamedTuple):
    """The two sides of a dataset.

    Attributes:
        train, held_out: names of files, relative to the dataset, in sorted order. A file that is
            cut in time is on both sides.
        parts: by side and name, the first sample and the end of what belongs to that side, at the
            store's rate; files that are not named belong to it whole.
        digests: by name, the first digits of the SHA-256 of a file's bytes.
    """

    train: list[str]
    held_out: list[str]
    parts: Mapping[str, Mapping[str, Part]] = {}
    digests: Mapping[str, str] = {}

    def part(self, side: str, name: str) -> Part | None:
        """The part of a file that belongs to a side; None if all of it does."""
        return self.parts.get(side, {}).get(name)

    def files(self, side: str, store: SoundStore) -> list[StoredFile]:
        """The sounds of a side; of files that are cut, the parts that belong to it."""
        by_name = {file.name: file for file in store.files}
        files = []
        for name in getattr(self, side):
            part = self.part(side, name)
            files.append(by_name[name] if part is None else by_name[name].part(*part))
        return files

    def seconds(self, side: str, store: SoundStore) -> float:
        return sum(file.length for file in self.files(side, store)) / store.sample_rate

    def to_json(self) -> dict[str, Any]:
        """For the run's folder."""
        return {key: value for key, value in self._asdict().items() if value or key in SIDES}

    def describe(self, side: str, store: SoundStore) -> str:
        """How much sound a side has: `1.4 minutes held out (2 files and part of take.wav)`."""
        cut = [name for name in getattr(self, side) if self.part(side, name) is not None]
        whole = len(getattr(self, side)) - len(cut)
        counts = [f"{whole} file{'s' * (whole != 1)}"] if whole or not cut else []
        if cut:
            counts.append(f"part of {some([name.rpartition('/')[2] for name in cut])}")
        seconds = self.seconds(side, store)
        time = f"{seconds / 60:.1f} minutes" if seconds >= 60 else f"{seconds:.1f} seconds"
        return f"{time} {SIDES[side]} ({' and '.join(counts)})"


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
    files = {file.name: file for file in store.files}
    if begun is None:

        def level(name: str, first: int, end: int) -> float:
            return store.level(files[name].part(first, end))

        split = hold_out(sounds, share, seed, excerpt_length, level)
        split = split._replace(digests={name: store.digests[name][:DIGITS] for name in files})
    else:
        split = resume_split(list(files), begun, store.digests)
    held_out = split.describe("held_out", store) if split.held_out else "none held out"
    logger.info("sounds: %s, %s", split.describe("train", store), held_out)
    if not split.held_out:
        logger.warning(
            "no sound is held out (data.dataset.held_out is 0, or there is too little sound, or "
            "too little of a class): metrics are those of the training sounds"
        )
    return split


def resume_split(names: Sequence[str], begun: Split, digests: Mapping[str, str]) -> Split:
    """The split of a training that is resumed: each file stays on its side, and each part.

    Files that are new, missing or changed since are left out; the log names them.

    Args:
        names: of the files that are there now.
        begun: the split that the training began with.
        digests: of the files that are there now.

    Raises:
        ValueError: none of the files to train with is there.
    """
    known, there = {*begun.train, *begun.held_out}, set(names)
    changed = {
        name
        for name in known & there & begun.digests.keys() & digests.keys()
        if not digests[name].startswith(begun.digests[name])
    }
    same = there - changed
    train, held_out = ([name for name in getattr(begun, side) if name in same] for side in SIDES)
    if not train:
        raise ValueError(
            f"none of the {len(begun.train)} files to train with is there any more "
            f"({some(begun.train)}): is data.dataset.root another folder?"
        )
    differences = {
        "are not there any more": known - there,
        "hold another sound now": changed,
        "are new since the training began": there - known,
    }
    for difference, of_files in differences.items():
        if of_files:
            logger.warning(
                "%d files %s (%s): the training resumes without them",
                *(len(of_files), difference, some(sorted(of_files))),
            )
    return begun._replace(train=train, held_out=held_out)


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

    choice = _Choice(sorted(sounds, key=draw), share)
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

    def take_files(self) -> None:
        # where nearly all is held out, half of the rest is left to train with
        most = min(2 * self.target, (self.target + self.total) / 2)
        for sound in self.drawn:
            if len(self.files) >= self.count:
                break
            if self.time + sound.length <= most and self._leaves_classes(sound, 0, sound.length):
                self._hold_file(sound)

    def take_stretches(self, excerpt_length: int, level: Level) -> None:
        if self.time >= self.target / 2:
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
        parts = {"train": self.trained, "held_out": self.held}
        return Split(
            train=[name for name in names if name not in self.files],
            held_out=[name for name in names if name in self.files or name in self.held],
            parts={
                side: dict(sorted(of_side.items())) for side, of_side in parts.items() if of_side
            },
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
