"""Features of excerpts are those of the sound that is served, at the frames of its file."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tests.data.features.toys import Frames as FirstSamples
from tests.data.features.toys import Refusing
from tests.data.serving import PLAIN, serve
from vschaos.audio.files import write_audio
from vschaos.batch import Batch
from vschaos.data.augment import Augmentations, Polarity
from vschaos.data.cache.store import SoundStore, open_store
from vschaos.data.datamodule import Frames
from vschaos.data.features.feature import Feature
from vschaos.data.features.store import open_features
from vschaos.data.loading import Loading
from vschaos.data.metadata.labels import LabelTrack
from vschaos.data.metadata.tracks import Segment
from vschaos.data.sounds import Dataset, Sounds
from vschaos.data.split import Split
from vschaos.labels import Vocabulary

RATE, HOP, LENGTH = 8000, 10, 64
WHOLE = Split(["a.wav", "b.wav"], ["b.wav"])
PARTS = Split(
    ["a.wav", "b.wav"],
    ["b.wav"],
    {"train": {"b.wav": (0, 203)}, "held_out": {"b.wav": (333, 520)}},
)


@pytest.fixture
def store(tmp_path: Path) -> SoundStore:
    """Random samples below 1, and a file that is beyond full scale and therefore scaled."""
    random = np.random.default_rng(0)
    for name, peak in (("a", 8.0), ("b", 0.9)):
        sound = (peak * random.uniform(0.1, 1.0, 520)).astype(np.float32)
        write_audio(tmp_path / f"{name}.wav", sound, RATE)
    return open_store(tmp_path, RATE, "mix", min_length=1, beyond_full_scale="scale")


def _data(
    store: SoundStore, split: Split, *features: Feature, augment: Augmentations = PLAIN
) -> Sounds:
    frames = Frames(LENGTH, [32], lambda length: torch.arange(5, length, 10))
    stores = open_features(store, {f"every {f.hop_length}": f for f in features}, 1)
    tracks = {"it": LabelTrack(store.files, {"b.wav": [Segment(0.0, 0.02, 1.0)]}, RATE)}
    vocabularies = {"it": Vocabulary(low=0.0, high=1.0)}
    loading = Loading(64, 3, 0)
    return serve(store, split, tracks, vocabularies, frames, loading, 0, augment, stores)


def _assert_aligned(batch: Batch, name: str, hop: int) -> None:
    """The feature has the first sample of each frame; outside of the sound are zeros and -1."""
    first = batch.audio[:, ::hop]
    found = batch.features[name]
    assert found.shape == (len(batch.audio), 2, first.shape[1])
    assert torch.equal(found[:, 0], torch.where(first == 0.0, -1.0, first))


@pytest.mark.parametrize("split", [WHOLE, PARTS], ids=["files", "parts"])
def test_frames_are_those_of_the_samples(store: SoundStore, split: Split) -> None:
    assert store.gains["a.wav"] == pytest.approx(0.9 / 8.0, rel=0.02)  # the usual peak
    data = _data(store, split, FirstSamples(RATE, HOP), FirstSamples(RATE, 2 * HOP))
    batches = [data.training[number] for number in range(6)]
    for batch in [*batches, *data.val_dataloader()]:
        _assert_aligned(batch, "every 10", HOP)
        _assert_aligned(batch, "every 20", 2 * HOP)
        assert (batch.audio != 0.0).any(dim=1).all()  # each has something of its sound
    numbers = torch.cat([batch.features["every 10"][:, 1].flatten() for batch in batches])
    assert set(numbers.int().tolist()) == {-2, *range(52)}  # all of a file, and outside of it


def test_validation_begins_at_a_frame_of_the_file(store: SoundStore) -> None:
    (batch,) = _data(store, PARTS, FirstSamples(RATE, HOP)).val_dataloader()
    assert batch.audio.shape == (1, 520 - 340)
    assert batch.features["every 10"][0, 1].tolist() == list(range(34, 52))


def test_labels_stay_with_the_samples(store: SoundStore) -> None:
    data = _data(store, Split(["b.wav"], []), FirstSamples(RATE, HOP))
    for number in range(3):
        batch = data.training[number]
        frame = batch.features["every 10"][:, 1, 3]  # of sample 30; the label is of sample 32
        is_inside = frame >= 0
        assert torch.equal(batch.labels.known[is_inside, 0, 0], frame[is_inside] < 16)


def test_without_features_nothing_is_moved(store: SoundStore) -> None:
    plain = _data(store, WHOLE)
    assert plain.training[0].features == {}
    numbers = _data(store, WHOLE, FirstSamples(RATE, 1)).training[0]
    assert torch.equal(plain.training[0].audio, numbers.audio)


def test_polarity_leaves_features_as_they_are(store: SoundStore) -> None:
    plain = _data(store, WHOLE, FirstSamples(RATE, HOP)).training[0]
    flipped = _data(
        store, WHOLE, FirstSamples(RATE, HOP), augment=Augmentations(polarity=Polarity(1.0))
    ).training[0]
    assert torch.equal(flipped.audio, -plain.audio)
    assert torch.equal(flipped.features["every 10"], plain.features["every 10"])


def test_a_sound_that_is_scaled_has_features_of_its_own(store: SoundStore, tmp_path: Path) -> None:
    scaled = open_features(store, [FirstSamples(RATE, HOP)], 1)["frames"]
    kept = open_store(tmp_path, RATE, "mix", min_length=1, beyond_full_scale="keep")
    plain = open_features(kept, [FirstSamples(RATE, HOP)], 1)["frames"]
    loud, usual = store.files
    assert scaled.paths[usual.name] == plain.paths[usual.name]
    assert scaled.paths[loud.name] != plain.paths[loud.name]
    assert np.allclose(
        plain.read(loud, 0, 52)[0], scaled.read(loud, 0, 52)[0] / store.gains["a.wav"]
    )


def test_a_feature_may_refuse_the_sounds_of_a_training(store: SoundStore, tmp_path: Path) -> None:
    dataset = Dataset(str(tmp_path), cache=str(tmp_path / "cache"))
    data = Sounds(0, dataset, Loading(2, 3, 0), {"refusing": partial(Refusing, hop_length=HOP)})
    model = SimpleNamespace(
        sample_rate=RATE, hop_length=HOP, excerpt_length=LENGTH, excerpt_centres=[32]
    )
    model.vocabularies, model.centres = {}, torch.arange
    with pytest.raises(ValueError, match=r"a.wav \(52, 2\) of 520, b.wav \(52, 2\) of 520"):
        data.open(model)
