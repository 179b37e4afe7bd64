"""Features are computed once per waveform, found again by content, and read at any frame."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.data.features.toys import Frames, Holes, NewerFrames, Sum
from vschaos.audio.files import write_audio
from vschaos.data.cache.arrays import HEADER_LENGTH, new_array
from vschaos.data.cache.store import SoundStore, StoredFile, open_store
from vschaos.data.features import store as store_module
from vschaos.data.features.feature import Feature, FeatureError
from vschaos.data.features.loudness import Loudness
from vschaos.data.features.pitch import Pitch
from vschaos.data.features.store import FeatureStore, open_features

RATE = 8000
FRAMES = Frames(RATE, 10)
LENGTHS = {"data/a.wav": 101, "data/deep/über 音.wav": 250, "data/one.wav": 1}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    for name, length in LENGTHS.items():
        sound = random.uniform(0.1, 0.9, length).astype(np.float32)
        write_audio(tmp_path / "mine" / name, sound, RATE)
    return tmp_path / "mine"


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Features and files, as they are computed in this process."""
    names, compute = [], store_module.compute

    def note(feature: Feature, waveform: np.ndarray, file_name: str) -> np.ndarray:
        names.append(f"{feature.name} {file_name}")
        return compute(feature, waveform, file_name)

    monkeypatch.setattr(store_module, "compute", note)
    return names


def _sounds(root: Path) -> SoundStore:
    return open_store(root, RATE, "mix", min_length=1, cache=root.parent / "cache")


def _open(root: Path, *features: Feature, num_processes: int = 1) -> list[FeatureStore]:
    return [*open_features(_sounds(root), features, num_processes).values()]


def _files(root: Path) -> dict[str, bytes]:
    cache = root.parent / "cache"
    return {path.name: path.read_bytes() for path in sorted(cache.glob("features/*/*"))}


def _stored(name: str) -> StoredFile:
    return StoredFile(name, 0, LENGTHS[name])


def test_every_file_has_its_frames(root: Path) -> None:
    sounds = _sounds(root)
    store = open_features(sounds, [FRAMES], 1)["frames"]
    assert {file.name for file in sounds.files} == LENGTHS.keys()
    for file in sounds.files:
        count = -(-file.length // 10)
        first = sounds.read(file, 0, file.length)[::10]
        assert np.array_equal(store.read(file, 0, count), [first, np.arange(count)])


@pytest.mark.parametrize("first", [-30, -12, -1, 0, 3, 5, 10, 11, 100])
@pytest.mark.parametrize("count", [1, 4, 11, 40])
def test_outside_of_the_sound_are_declared_values(root: Path, first: int, count: int) -> None:
    (store,) = _open(root, FRAMES)
    rows = np.full((3, 2, count), np.nan, np.float32)
    files = [_stored(name) for name in LENGTHS]
    store.fill(rows, files, [first] * 3)
    for row, file in zip(rows, files, strict=True):
        number = np.arange(first, first + count)
        is_inside = (number >= 0) & (number < -(-file.length // 10))
        assert np.array_equal(row[1], np.where(is_inside, number, -2))
        assert np.array_equal(row[0] == -1, ~is_inside)
        assert np.array_equal(store.read(file, first, count), row)


def test_a_feature_is_found_by_the_content_of_the_file(root: Path, computed: list[str]) -> None:
    _open(root, FRAMES)
    assert sorted(computed) == [f"frames {name}" for name in sorted(LENGTHS)]
    computed.clear()
    _open(root, FRAMES)
    (root / "data" / "a.wav").rename(root / "data" / "b.wav")
    (root / "data" / "copy.wav").write_bytes((root / "data" / "b.wav").read_bytes())
    _open(root, FRAMES)
    root = root.rename(root.with_name("moved"))
    _open(root, FRAMES)
    assert computed == []
    write_audio(root / "data" / "b.wav", np.full(60, 0.5, np.float32), RATE)
    (store,) = _open(root, FRAMES)
    assert computed == ["frames data/b.wav"]
    assert store.read(StoredFile("data/b.wav", 0, 60), 0, 7)[1].tolist() == [0, 1, 2, 3, 4, 5, -2]


@pytest.mark.parametrize("other", [NewerFrames(RATE, 10), Frames(RATE, 20), Sum(RATE, 10, 64)])
def test_another_feature_is_computed(root: Path, computed: list[str], other: Feature) -> None:
    _open(root, FRAMES)
    computed.clear()
    (store,) = _open(root, other)
    assert len(computed) == len(LENGTHS)
    file = _stored("data/a.wav")
    sound = _sounds(root).read(file, 0, file.length)
    assert np.allclose(store.read(file, 0, other.num_frames(file.length)), other(sound))
    _open(root, FRAMES)
    assert len(computed) == len(LENGTHS)


@pytest.mark.slow
def test_parallel_processes_write_the_same_bytes(root: Path, tmp_path: Path) -> None:
    features = FRAMES, Loudness(RATE, 64, 512), Pitch(RATE, 64, 512)
    _open(root, *features)
    serial = _files(root)
    assert len(serial) == len(features) * len(LENGTHS)  # and nothing is left of their writing
    for path in tmp_path.glob("cache/features/*/*"):
        path.unlink()
    _open(root, *features, num_processes=2)
    assert _files(root) == serial


@pytest.mark.parametrize("place", ["magic", "header", "frames", "shorter", "longer", "empty"])
def test_what_is_damaged_is_computed_again_and_reported(
    root: Path, computed: list[str], caplog: pytest.LogCaptureFixture, place: str
) -> None:
    (store,) = _open(root, FRAMES)
    whole = _files(root)
    path = store.paths["data/a.wav"]
    content = bytearray(path.read_bytes())
    if place in ("magic", "header", "frames"):
        content[{"magic": 0, "header": 24, "frames": HEADER_LENGTH + 12}[place]] ^= 4
    else:
        content = {"shorter": content[:-4], "longer": content + b"1234", "empty": b""}[place]
    path.write_bytes(content)
    computed.clear()
    caplog.clear()
    _open(root, FRAMES)
    assert computed == ["frames data/a.wav"]
    assert "the cached frames of data/a.wav is damaged" in caplog.text
    assert _files(root) == whole


def test_a_waveform_that_was_imported_otherwise_is_noticed(root: Path, computed: list[str]) -> None:
    """As by another version of the resampler: the file is as before, its samples are not."""
    sounds = _sounds(root)
    open_features(sounds, [FRAMES], 1)
    computed.clear()
    path, waveform = sounds.waveforms["data/a.wav"]
    with new_array(path) as array:
        array.append(np.full(waveform.length, 0.25, np.float32))
        array.about = waveform._asdict()
    store = open_features(sounds, [FRAMES], 1)["frames"]
    assert computed == ["frames data/a.wav"]
    assert (store.read(_stored("data/a.wav"), 0, 11)[0] == 0.25).all()


@pytest.mark.parametrize("num_processes", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_what_is_not_finite_is_refused_by_name(root: Path, num_processes: int) -> None:
    message = r"feature frames of data/deep/über 音\.wav must be finite, got nan for number"
    with pytest.raises(FeatureError, match=message):
        _open(root, Holes(RATE, 10, 200), num_processes=num_processes)
    _open(root, Holes(RATE, 10, 1000), num_processes=num_processes)


def test_a_store_goes_to_other_processes_as_names(root: Path) -> None:
    (store,) = _open(root, FRAMES)
    file = _stored("data/a.wav")
    before = store.read(file, -2, 20)
    packed = pickle.dumps(store)
    assert len(packed) < 2000
    assert np.array_equal(pickle.loads(packed).read(file, -2, 20), before)


def test_frames_cannot_be_written(root: Path) -> None:
    (store,) = _open(root, FRAMES)
    store.read(_stored("data/a.wav"), 0, 1)
    with pytest.raises(ValueError, match="read-only"):
        store._frames("data/a.wav")[0, 0] = 1


def test_what_does_not_fit_the_sounds_is_refused(root: Path) -> None:
    sounds = _sounds(root)
    with pytest.raises(ValueError, match="must be that of the sounds, 8000 Hz, got 16000"):
        open_features(sounds, [Frames(16000, 10)])
    with pytest.raises(ValueError, match="must be distinct, got frames twice"):
        open_features(sounds, [FRAMES, Frames(RATE, 20)])
    assert open_features(sounds, []) == {}


def test_a_full_disk_is_reported_before_anything_is_computed(
    root: Path, monkeypatch: pytest.MonkeyPatch, computed: list[str]
) -> None:
    monkeypatch.setattr(Frames, "num_frames", lambda self, length: 10**17)
    with pytest.raises(ValueError, match=r"the features need .*data\.dataset\.cache=\.\.\."):
        _open(root, FRAMES)
    assert computed == []


def test_silence_and_the_shortest_sound_have_features(
    root: Path, tone: Callable[..., np.ndarray]
) -> None:
    sound = np.concatenate([tone(440.0, RATE, 0.5), np.zeros(4000, np.float32)])
    write_audio(root / "data" / "half.wav", sound, RATE)
    loudness, pitch = _open(root, Loudness(RATE, 64, 512), Pitch(RATE, 64, 512))
    half = StoredFile("data/half.wav", 0, len(sound))
    assert loudness.read(half, 30, 1) == pytest.approx(-9 - 4.1, abs=0.1)  # A(440 Hz) is -4.1 dB
    assert pitch.read(half, 30, 1)[:, 0] == pytest.approx([69, 1], abs=0.01)
    assert (loudness.read(half, 80, 60) == -80).all()  # beyond the end as well
    assert (pitch.read(half, 80, 60) == 0).all()
    one = _stored("data/one.wav")
    assert np.isfinite(loudness.read(one, -1, 3)).all()
    assert (pitch.read(one, -1, 3) == 0).all()
