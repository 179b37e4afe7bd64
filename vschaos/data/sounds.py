"""Examples from a folder of sounds: excerpts to train with, whole sounds to validate with."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
import torch
from torch import Tensor

from vschaos.batch import Batch
from vschaos.data.augment import (
    Augmentations,
    BinShift,
    Gain,
    MixUp,
    PitchShift,
    Polarity,
    TimeStretch,
    Varispeed,
)
from vschaos.data.basic_waves import BasicWaves
from vschaos.data.cache.store import SoundStore, open_store
from vschaos.data.datamodule import TRIAL_EXAMPLES, DataModule, Frames, ModelNeeds, frames_of
from vschaos.data.draw import BalancedDraw, Draw, EvenDraw
from vschaos.data.excerpts import Excerpts, Recordings, WholeSounds
from vschaos.data.features.feature import Feature
from vschaos.data.features.store import FeatureStore, open_features
from vschaos.data.full_scale import OUTLIER_DB, loudest_usual
from vschaos.data.loading import Loading
from vschaos.data.metadata.labels import DatasetLabels, LabelTrack, LabelTracks, read_labels
from vschaos.data.metadata.task import Task
from vschaos.data.remarks import some
from vschaos.data.split import Sound, Split, choose_split
from vschaos.labels import Vocabulary

HELD_OUT_FILES = 32  # to validate with, at most, of sounds of any length
NAMES_SHOWN = 12
Thing = TypeVar("Thing")
logger = logging.getLogger(__name__)


class Dataset(NamedTuple):
    """A folder of sounds, and how they are read; see `configs/data/sounds.yaml`.

    Attributes:
        root: the folder, with `data/` and `metadata/`.
        n_files: takes that many files only.
        channel: `mix`, or the number of one from 1 on.
        beyond_full_scale: what is done to files beyond it: `scale`, `keep` or `skip`.
        held_out: share of the time to validate with, 0 to below 1.
        cache: folder of imported sounds; the user's own if not given.
        metadata_callbacks: by label, `name` and `type` of its metadata.
        made_by: makes the sounds in the folder, if they are not there.
    """

    root: str
    n_files: int | None = None
    channel: str | int = "mix"
    beyond_full_scale: str = "scale"
    held_out: float = 0.1
    cache: str | None = None
    metadata_callbacks: Mapping[str, Mapping[str, str]] | None = None
    made_by: BasicWaves | None = None

    @property
    def folder(self) -> Path:
        return Path(self.root).expanduser()

    def open(self, min_length: int, sample_rate: int, begun: Split | None) -> SoundStore:
        """Imports the sounds, or those that a resumed training began with."""
        return open_store(
            self.folder,
            sample_rate,
            self.channel,
            min_length,
            n_files=self.n_files,
            cache=Path(self.cache).expanduser() if self.cache else None,
            needed={*begun.train, *begun.held_out} if begun else (),
            beyond_full_scale=self.beyond_full_scale,
        )


class _Opened(NamedTuple):
    """Imported sounds, what they are split into, and their features by name."""

    store: SoundStore
    sounds: list[Sound]
    split: Split
    features: dict[str, FeatureStore]


class Sounds(DataModule):
    """A folder of sounds with their labels and features.

    The augmentations stand beside `dataset` and `loading` in the settings, as users type them
    (`data.gain.probability`).

    Args:
        seed: of all that is drawn.
        dataset: the folder.
        loading: sizes.
        features: by name, each completed with the sample rate and the hop of the model.
        gain, varispeed, pitch_shift, time_stretch, bin_shift, mix_up, polarity: augmentations.

    Raises:
        ValueError: features, and an augmentation that they do not follow.
    """

    def __init__(
        self,
        seed: int,
        dataset: Dataset,
        loading: Loading,
        features: Mapping[str, Callable[..., Feature]] | None = None,
        gain: Gain | None = None,
        varispeed: Varispeed | None = None,
        pitch_shift: PitchShift | None = None,
        time_stretch: TimeStretch | None = None,
        bin_shift: BinShift | None = None,
        mix_up: MixUp | None = None,
        polarity: Polarity | None = None,
    ) -> None:
        super().__init__(seed, loading)
        self.dataset = dataset
        self.features = dict(features or {})
        self.augmentations = Augmentations(
            gain, varispeed, pitch_shift, time_stretch, bin_shift, mix_up, polarity
        )
        self.labels = DatasetLabels({}, {})

    def read_vocabularies(
        self,
        num_classes: Mapping[str, int | None],
        resumed_from: Mapping[str, Vocabulary] | None = None,
    ) -> dict[str, Vocabulary]:
        if self.dataset.made_by is not None:
            self.dataset.made_by.make(self.dataset.folder)
        self.labels = read_labels(
            self.dataset.folder,
            num_classes,
            self.loading.balanced,
            self.dataset.metadata_callbacks,
            str(self.dataset.channel),
            resumed_from,
        )
        return self.labels.vocabularies

    def open(self, model: ModelNeeds, split: Mapping[str, Any] | None = None) -> None:
        opened = self._opened(model, split, model.excerpt_length)
        self.serve(
            opened.store,
            opened.split,
            self.labels.tracks(opened.store),
            with_unseen_classes(model.vocabularies, opened.sounds, opened.split, opened.store),
            frames_of(model),
            opened.features,
        )

    def serve(
        self,
        store: SoundStore,
        split: Split,
        tracks: Mapping[str, LabelTrack],
        vocabularies: Mapping[str, Vocabulary],
        frames: Frames,
        features: Mapping[str, FeatureStore] | None = None,
    ) -> None:
        """Makes batches of opened sounds.

        Args:
            tracks: labels along the sounds, those of the model and those to balance.
            vocabularies: of the model's labels, in their order.
        """
        self.store, self.split, self.vocabularies = store, split, dict(vocabularies)
        train = split.files("train", store)
        # with nothing held out, the training's own sounds are validated with
        held_out = split.files("held_out", store) or train
        wanted = LabelTracks({task: tracks[task] for task in vocabularies})
        draw: Draw = EvenDraw(train, frames.excerpt_length)
        if self.loading.balanced:
            balanced = LabelTracks({task: tracks[task] for task in self.loading.balanced})
            draw = BalancedDraw(train, balanced)
        self.training = Excerpts(
            Recordings(store, train, wanted, features),
            frames,
            draw,
            self.loading.batch_size,
            self.seed,
            self.augmentations,
            self.augmentations.transposition(wanted.tasks, vocabularies),
        )
        chosen = evenly(held_out, HELD_OUT_FILES)
        self.validation = WholeSounds(Recordings(store, chosen, wanted, features), frames)

    def split_to_json(self) -> dict[str, Any]:
        return {**self.split.to_json(), "usual_peak": self.store.usual_peak}

    def describe(self) -> str:
        sides = ("train", "held_out") if self.split.held_out else ("train",)
        return ", ".join(self.split.describe(side, self.store) for side in sides)

    def trial_batch(self, model: ModelNeeds) -> Batch:
        batch = super().trial_batch(model)
        features = {}
        for name, feature in self._wanted_features(model).items():
            values = torch.tensor(feature.outside).reshape(1, -1, 1)
            count = feature.num_frames(model.excerpt_length)
            features[name] = values.repeat(TRIAL_EXAMPLES, 1, count)
        return batch._replace(features=features)

    def are_usual(self, audio: Tensor) -> Tensor | None:
        """None of a file so loud that all others would fall below the floor are."""
        peaks = {name: self.store.peak(name) for name in self.split.train}
        loudest = loudest_usual(list(peaks.values()))
        outliers = [name for name, peak in peaks.items() if peak > loudest]
        usual = max((peak for peak in peaks.values() if peak <= loudest), default=0.0)
        # soft parts of outliers count; augmentations may have made an excerpt 6 dB louder
        is_usual = audio.abs().amax(dim=1) <= 2 * usual
        if not outliers or not is_usual.any():
            return None
        more = f" (and {len(outliers) - 1} more)" if len(outliers) > 1 else ""
        logger.warning(
            "%s%s: over %.0f dB louder than nine of ten others; the model's floor is set by those",
            *(outliers[0], more, OUTLIER_DB),
        )
        return is_usual

    def _opened(
        self, model: ModelNeeds, split: Mapping[str, Any] | None, excerpt_length: int
    ) -> _Opened:
        """The sounds, split, with their features; sounds shorter than some excerpts are not cut."""
        wanted = self._wanted_features(model)
        begun = None if split is None else Split(*(split[name] for name in Split._fields))
        store = self.dataset.open(model.hop_length, model.sample_rate, begun)
        if split is not None:
            store.scale_to(split["usual_peak"])
        sounds = self._usable(store)
        chosen = choose_split(
            store, sounds, self.dataset.held_out, self.seed, excerpt_length, begun
        )
        features = open_features(store, wanted)
        for of_sounds in features.values():
            of_sounds.check_sounds((sound.name for sound in sounds), store.samples)
        return _Opened(store, sounds, chosen, features)

    def _usable(self, store: SoundStore) -> list[Sound]:
        """The sounds of a store that can be trained with."""
        return sounds_with_classes(store, self.labels.tasks)

    def _wanted_features(self, model: ModelNeeds) -> dict[str, Feature]:
        features = {}
        for name, make in self.features.items():
            given = {"sample_rate": model.sample_rate, "hop_length": model.hop_length}
            given |= getattr(make, "keywords", {})
            try:
                features[name] = make(**given)
            except TypeError as error:
                raise ValueError(f"data.features.{name} cannot be built: {error}") from error
            changing = [
                f"data.{augmentation}"
                for augmentation in self.augmentations.active
                if augmentation not in features[name].unchanged_by
            ]
            if changing:
                raise ValueError(
                    f"feature {name} must be of the sound that the model gets, which "
                    f"augmentations change: expected augment=off, got {', '.join(changing)} "
                    "with a probability above 0"
                )
        return features


def evenly(things: Sequence[Thing], most: int) -> list[Thing]:
    """So many of some things at most, evenly spread over them."""
    picked = np.linspace(0, len(things) - 1, min(len(things), most))
    return [things[round(index)] for index in picked]


def sounds_with_classes(store: SoundStore, tasks: Mapping[str, Task]) -> list[Sound]:
    """The files of a store, with their classes of all labels along them."""
    rate = store.sample_rate
    classes = [task for task in tasks.values() if task.vocabulary.is_class]
    return [
        Sound(
            file.name,
            file.length,
            [
                (onset * rate, offset * rate, (task.name, float(value)))
                for task in classes
                for onset, offset, value in task.segments.get(file.name, ())
            ],
        )
        for file in store.files
    ]


def with_unseen_classes(
    vocabularies: Mapping[str, Vocabulary], sounds: Sequence[Sound], split: Split, store: SoundStore
) -> dict[str, Vocabulary]:
    """The vocabularies with the classes that no training sound has; the log names them."""
    by_name = {sound.name: sound for sound in sounds}
    seen = {
        key
        for file in split.files("train", store)
        for key in by_name[file.name].samples_of_classes(file.offset, file.offset + file.length)
    }
    found = {}
    for name, vocabulary in vocabularies.items():
        unseen = [
            number for number in range(len(vocabulary.classes)) if (name, float(number)) not in seen
        ]
        found[name] = replace(vocabulary, unseen=tuple(unseen))
        if unseen:
            logger.info(
                "%s: %d of %d classes have no training sound (%s): how they sound is a guess",
                *(
                    name,
                    len(unseen),
                    len(vocabulary.classes),
                    some(found[name].unseen_names, NAMES_SHOWN),
                ),
            )
    return found
