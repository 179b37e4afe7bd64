"""Which files are learnt from and which are held out to judge what was learnt."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from typing import NamedTuple

NAMES_SHOWN = 5
logger = logging.getLogger(__name__)


class Split(NamedTuple):
    """Names of files, relative to the dataset, in sorted order."""

    train: list[str]
    held_out: list[str]


def split_files(names: Sequence[str], held_out: float, seed: int) -> Split:
    """Holds out a share of the files, at least one if there are two.

    The order in which files are drawn hangs on the seed and on each name alone: a file that joins
    the dataset moves hardly any other to the other side.

    Args:
        names: of the files, relative to the dataset.
        held_out: share, 0 to 1 (exclusive).
        seed: another one draws other files.
    """
    if not isinstance(held_out, int | float) or not 0.0 <= held_out < 1.0:
        raise ValueError(
            f"data.dataset.held_out must be a share from 0 to below 1, {held_out!r} came"
        )

    def draw(name: str) -> bytes:
        return hashlib.sha256(f"{seed}/{name}".encode()).digest()

    drawn = sorted(names, key=draw)
    count = min(max(round(held_out * len(drawn)), 1), len(drawn) - 1) if held_out > 0 else 0
    return Split(train=sorted(drawn[count:]), held_out=sorted(drawn[:count]))


def split_again(names: Sequence[str], begun: Split) -> Split:
    """The split of a training that is gone on with: each file stays on its side.

    Files that joined the dataset since are left out, and those that are not there any more; both
    are told.

    Args:
        names: of the files that are there now.
        begun: what the training began with.

    Raises:
        ValueError: none of the files to learn from is there.
    """
    there = set(names)
    split = Split(*([name for name in side if name in there] for side in begun))
    if not split.train:
        raise ValueError(
            f"none of the {len(begun.train)} files that the training learns from is there any more "
            f"({_some(begun.train)}): is data.dataset.root another folder?"
        )
    known = {name for side in begun for name in side}
    if gone := sorted(known - there):
        logger.warning(
            "%d files that the training began with are not there any more (%s): it goes on, "
            "otherwise than it would have with them",
            len(gone),
            _some(gone),
        )
    if joined := sorted(there - known):
        logger.warning(
            "%d files joined since the training began (%s): it goes on without them",
            len(joined),
            _some(joined),
        )
    return split


def _some(names: Sequence[str]) -> str:
    more = ", ..." if len(names) > NAMES_SHOWN else ""
    return f"{', '.join(names[:NAMES_SHOWN])}{more}"
