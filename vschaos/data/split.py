"""Which sounds are trained with, and which are held out for validation."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from vschaos.data.cache.store import SoundStore, StoredFile

NAMES_SHOWN = 5
SIDES = {"train": "to train with", "held_out": "held out"}
DIGITS = 16  # of a digest: 64 bits tell all files apart
Part = tuple[int, int]
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
    parts: Mapping[str, Mapping[str, Part]] | None = None
    digests: Mapping[str, str] | None = None

    def part(self, side: str, name: str) -> Part | None:
        """The part of a file that belongs to a side; None if all of it does."""
        return (self.parts or {}).get(side, {}).get(name)

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
        parts = {side: dict(named) for side, named in (self.parts or {}).items() if named}
        more = {"parts": parts, "digests": dict(self.digests or {})}
        return {"train": self.train, "held_out": self.held_out} | {
            key: value for key, value in more.items() if value
        }


def resume_split(
    names: Sequence[str], begun: Split, digests: Mapping[str, str] | None = None
) -> Split:
    """The split of a training that is resumed: each file stays on its side, and each part.

    Files that are new, missing or changed since are left out; the log names them.

    Args:
        names: of the files that are there now.
        begun: the split that the training began with.
        digests: of the files that are there now.

    Raises:
        ValueError: none of the files to train with is there.
    """
    known = {*begun.train, *begun.held_out}
    changed = {name for name in known & set(names) if not is_same_file(name, begun, digests or {})}
    there = set(names) - changed
    train, held_out = ([name for name in getattr(begun, side) if name in there] for side in SIDES)
    if not train:
        raise ValueError(
            f"none of the {len(begun.train)} files to train with is there any more "
            f"({_some(begun.train)}): is data.dataset.root another folder?"
        )
    _announce_changes(
        {
            "are not there any more": known - set(names),
            "hold another sound now": changed,
            "are new since the training began": set(names) - known,
        }
    )
    return begun._replace(train=train, held_out=held_out)


def is_same_file(name: str, begun: Split, digests: Mapping[str, str]) -> bool:
    """Whether a file is what it was when the training began, as far as that is known."""
    then, now = (begun.digests or {}).get(name), digests.get(name)
    return then is None or now is None or now.startswith(then)


def describe(split: Split, side: str, store: SoundStore) -> str:
    """How much sound a side has, as `1.4 minutes held out (2 files and part of take.wav)`."""
    cut = [name for name in getattr(split, side) if split.part(side, name) is not None]
    whole = len(getattr(split, side)) - len(cut)
    counts = [f"{whole} file{'s' * (whole != 1)}"] if whole or not cut else []
    if cut:
        counts.append(f"part of {_some([name.rpartition('/')[2] for name in cut])}")
    seconds = split.seconds(side, store)
    time = f"{seconds / 60:.1f} minutes" if seconds >= 60 else f"{seconds:.1f} seconds"
    return f"{time} {SIDES[side]} ({' and '.join(counts)})"


def _announce_changes(changes: Mapping[str, Collection[str]]) -> None:
    for words, names in changes.items():
        if names:
            logger.warning(
                "%d files %s (%s): the training resumes without them",
                *(len(names), words, _some(sorted(names))),
            )


def _some(names: Sequence[str]) -> str:
    more = ", ..." if len(names) > NAMES_SHOWN else ""
    return f"{', '.join(names[:NAMES_SHOWN])}{more}"
