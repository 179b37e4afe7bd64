"""The two sides of a training: the sounds it learns from, and those it holds out."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from vschaos.data.cache.store import SoundStore
from vschaos.data.holding_out import Sound, hold_out
from vschaos.data.metadata.task import Task
from vschaos.data.split import DIGITS, Split, describe, split_again
from vschaos.labels import Vocabulary

NAMES_SHOWN = 12
logger = logging.getLogger(__name__)


def choose_sides(
    config: Mapping[str, Any],
    store: SoundStore,
    tasks: Mapping[str, Task],
    excerpt_length: int,
    begun: Split | None,
) -> Split:
    """Splits the sounds of a store, or takes the split of the training that is resumed.

    Args:
        config: of the training.
        tasks: labels whose classes the learning side must not lose.
        excerpt_length: samples.
        begun: what the training began with.
    """
    if begun is None:
        files = {file.name: file for file in store.files}
        split = hold_out(
            [
                Sound(file.name, file.length, _classes(file.name, tasks, store.sample_rate))
                for file in store.files
            ],
            config["data"]["dataset"]["held_out"],
            config["seed"],
            excerpt_length,
            lambda name, first, end: store.level(files[name].part(first, end)),
        )
        digests = {file.name: store.digests[file.name][:DIGITS] for file in store.files}
        split = split._replace(digests=digests)
    else:
        split = split_again([file.name for file in store.files], begun, store.digests)
    _announce(split, store)
    return split


def with_unseen_classes(
    vocabularies: Mapping[str, Vocabulary],
    tasks: Mapping[str, Task],
    split: Split,
    store: SoundStore,
) -> dict[str, Vocabulary]:
    """The vocabularies with the classes that no sound of the learning side has; they are told."""
    sounds = [
        (Sound("", file.length, _classes(file.name, tasks, store.sample_rate)), file.offset)
        for file in split.files("train", store)
    ]
    seen = {
        key
        for sound, offset in sounds
        for key in sound.samples_of_classes(offset, offset + sound.length)
    }
    found = {}
    for name, vocabulary in vocabularies.items():
        unseen = [
            number for number in range(len(vocabulary.classes)) if (name, float(number)) not in seen
        ]
        found[name] = replace(vocabulary, unseen=tuple(unseen))
        if unseen:
            logger.info(
                "%s: %d of %d classes have no sound to learn from (%s): what comes out under them "
                "is a guess",
                *(name, len(unseen), len(vocabulary.classes), _some(found[name].unseen_names)),
            )
    return found


def _classes(
    name: str, tasks: Mapping[str, Task], sample_rate: int
) -> list[tuple[float, float, tuple[str, float]]]:
    return [
        (onset * sample_rate, offset * sample_rate, (task.name, float(value)))
        for task in tasks.values()
        if task.vocabulary.is_class
        for onset, offset, value in task.segments.get(name, ())
    ]


def _announce(split: Split, store: SoundStore) -> None:
    learnt = describe(split, "train", "to learn from", store)
    held_out = describe(split, "held_out", "held out", store) if split.held_out else "none held out"
    logger.info("sounds: %s, %s", learnt, held_out)
    if not split.held_out:
        logger.warning(
            "no sound is held out (data.dataset.held_out is 0, or there is too little sound, or "
            "too little of a class): distances are those of the sounds learnt from"
        )


def _some(names: Sequence[str]) -> str:
    return f"{', '.join(names[:NAMES_SHOWN])}{', ...' if len(names) > NAMES_SHOWN else ''}"
