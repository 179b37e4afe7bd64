"""Which files are learnt from and which are held out to judge what was learnt."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple


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
