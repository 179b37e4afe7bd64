"""A data module whose sounds are opened already."""

from __future__ import annotations

from collections.abc import Mapping

from vschaos.data.augment import Augmentations
from vschaos.data.cache.store import SoundStore
from vschaos.data.datamodule import Frames
from vschaos.data.features.store import FeatureStore
from vschaos.data.loading import Loading
from vschaos.data.metadata.labels import LabelTrack
from vschaos.data.sounds import Dataset, Sounds
from vschaos.data.split import Split
from vschaos.labels import Vocabulary

PLAIN = Augmentations()


def serve(
    store: SoundStore,
    split: Split,
    tracks: Mapping[str, LabelTrack],
    vocabularies: Mapping[str, Vocabulary],
    frames: Frames,
    loading: Loading,
    seed: int,
    augmentations: Augmentations = PLAIN,
    features: Mapping[str, FeatureStore] | None = None,
) -> Sounds:
    data = Sounds(seed, Dataset(""), loading, None, *augmentations)
    data.serve(store, split, tracks, vocabularies, frames, features)
    return data
