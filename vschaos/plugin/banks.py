"""Presets that people made: read from a plug-in's banks, without repetitions, and split.

Some are for tests and are never learnt from; the others may be parents of draws. Presets that are
nearly the same stay on one side.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vschaos.plugin.description import Description
from vschaos.plugin.formats import Preset, preset_format

NUM_TEST = 512
MOST_FOR_TEST = 0.25  # of a small collection
SAME_WITHIN = 0.02  # positions of knobs: a fiftieth of the way is not another preset
AT_A_TIME = 256  # presets compared with all others


class Presets(NamedTuple):
    """Presets without repetitions.

    Attributes:
        num_read: how many there were with repetitions.
        num_distinct: those that differ in more than nothing.
        test: held out.
        parents: the others.
    """

    num_read: int
    num_distinct: int
    test: list[Preset]
    parents: list[Preset]


def read_presets(paths: Sequence[Path], description: Description) -> list[Preset]:
    """The presets of files, with repetitions.

    Raises:
        OSError: a file cannot be read.
        ValueError: it is no preset file of this plug-in.
    """
    form = preset_format(description)
    return [
        preset for path in paths for preset in form.read(path.read_bytes(), description, str(path))
    ]


def split_presets(presets: Sequence[Preset], description: Description) -> Presets:
    """Presets without repetitions, whole groups of similar ones for the test or as parents.

    Frozen parameters do not count. Of each group the test has one preset; which groups it has
    depends on a hash of what they say, so that a further bank moves none of the others' as long as
    it is similar to none.
    """
    free = [index for index, one in enumerate(description.parameters) if not one.is_frozen]
    if not presets:
        return Presets(0, 0, [], [])
    unique: dict[bytes, Preset] = {}
    for preset in presets:
        unique.setdefault(_key(preset.positions[free]), preset)
    distinct = sorted(unique.values(), key=lambda preset: _key(preset.positions[free]))
    groups = _groups(np.stack([preset.positions[free] for preset in distinct]))
    num_test = min(NUM_TEST, int(MOST_FOR_TEST * (groups.max() + 1)))
    is_test = groups < num_test  # numbered in the order of the hashes
    _, first = np.unique(groups, return_index=True)
    return Presets(
        num_read=len(presets),
        num_distinct=len(distinct),
        test=[distinct[index] for index in first[:num_test]],
        parents=[preset for preset, test in zip(distinct, is_test, strict=True) if not test],
    )


def read_parents(description: Description) -> np.ndarray:
    """Positions `[M, P]` of those presets of people on this machine that are not for tests."""
    banks = description.find_banks()
    found = split_presets(read_presets(banks, description), description).parents
    if not found:
        return np.zeros((0, len(description.parameters)))
    return np.stack([preset.positions for preset in found])


def _key(positions: np.ndarray) -> bytes:
    return hashlib.sha256(np.round(positions, 4).astype("<f4").tobytes()).digest()


def _groups(positions: np.ndarray) -> np.ndarray:
    """Positions `[M, P]` -> the number of each preset's group `[M]`, from 0 on as they first
    appear: those are together between which a chain of presets leads whose knobs are all near."""
    groups = np.arange(len(positions))
    for start in range(0, len(positions), AT_A_TIME):
        block = positions[start : start + AT_A_TIME]
        far = np.zeros((len(block), len(positions)), dtype=bool)
        for column in range(positions.shape[1]):
            far |= np.abs(block[:, column, None] - positions[None, :, column]) > SAME_WITHIN
        for others in ~far:
            together = np.unique(groups[others])
            if len(together) > 1:
                groups[np.isin(groups, together)] = together[0]
    _, numbers = np.unique(groups, return_inverse=True)  # the least is that of the first one
    return numbers
