"""The store holds what can be used of a dataset, tells what cannot, and is made once."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vschaos import audio
from vschaos.audio import write_audio
from vschaos.data import store as store_module
from vschaos.data.store import SoundStore, open_store

Tone = Callable[..., np.ndarray]
RATE = 8000


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "stores"


def _open(root: Path, cache: Path, **settings: Any) -> SoundStore:
    given = {"sample_rate": RATE, "channel": "mix", "min_length": 64, "cache": cache, **settings}
    return open_store(root, **given)


def _sounds(store: SoundStore) -> dict[str, np.ndarray]:
    return {file.name: store.read(file, 0, file.length) for file in store.files}


def _refuse_import(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise AssertionError("imported again")

    monkeypatch.setattr(store_module, "_import_sounds", fail)


def test_a_mixed_folder_gives_the_good_and_names_the_bad(
    tmp_path: Path,
    cache: Path,
    tone: Tone,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(audio, "BLOCK_LENGTH", 1000)
    late = tone()
    late[3500] = np.nan  # found when most of it is already written
    good = {"a.wav": tone(300.0), "m.wav": tone()[-64:], "z/z.wav": tone(700.0, amplitude=4.0)}
    bad = {
        "b_late.wav": (late, "NaN or infinite"),
        "c_empty.wav": (late[:0], "it is empty"),
        "d_silent.wav": (np.full(1000, 9e-5, np.float32), "it is silent"),
        "n_short.wav": (tone()[:63], "63 samples at 8000 Hz, at least 64 expected"),
        "zz_late.wav": (late, "NaN or infinite"),
    }
    data = tmp_path / "data"
    for name, sound in {**good, **{name: sound for name, (sound, _) in bad.items()}}.items():
        write_audio(data / name, sound, RATE)
    (data / "o_text.wav").write_text("no sound")
    (data / "notes.txt").write_text("not looked at")
    reasons = {name: reason for name, (_, reason) in bad.items()}
    reasons["o_text.wav"] = "cannot be read as audio"
    for _ in range(2):  # when it is made, and when it is opened again
        caplog.clear()
        store = _open(tmp_path, cache)
        sounds = _sounds(store)
        assert list(sounds) == [f"data/{name}" for name in sorted(good)]
        for name, sound in good.items():
            np.testing.assert_array_equal(sounds[f"data/{name}"], sound)
        assert [name for name, _ in store.skipped] == [f"data/{name}" for name in sorted(reasons)]
        for name, reason in store.skipped:
            assert reasons[name.removeprefix("data/")] in reason
            assert f"skipped {name}: {reason}" in caplog.messages
        assert "skipped 6 of 9 files" in caplog.messages
        assert store.duration_seconds == pytest.approx(8064 / RATE)


def test_a_folder_without_use_is_an_error_that_tells_why(
    tmp_path: Path, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "bad.wav").write_text("no sound")
    for _ in range(2):
        caplog.clear()
        with pytest.raises(ValueError, match="none of the 1 files"):
            _open(tmp_path, cache)
        assert "skipped bad.wav: it cannot be read" in caplog.text


def test_no_folder_and_no_audio_are_told(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"data\.dataset\.root.*nowhere"):
        _open(tmp_path / "nowhere", cache)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "notes.txt").write_text("not looked at")
    with pytest.raises(FileNotFoundError, match=r"no audio file in .*data"):
        _open(tmp_path, cache)


def test_the_root_itself_is_taken_without_a_data_folder(
    tmp_path: Path, cache: Path, tone: Tone
) -> None:
    write_audio(tmp_path / "sounds" / "deep" / "a.wav", tone(), RATE)
    assert [file.name for file in _open(tmp_path / "sounds", cache).files] == ["deep/a.wav"]


def test_a_second_opening_imports_nothing(
    dataset: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _open(dataset, cache)
    _refuse_import(monkeypatch)
    second = _open(dataset, cache)
    assert second.files == first.files
    for name, sound in _sounds(first).items():
        np.testing.assert_array_equal(_sounds(second)[name], sound)


def test_the_cache_is_where_the_environment_says(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VSCHAOS_CACHE", str(tmp_path / "elsewhere"))
    _open(dataset, cache=None)  # type: ignore[arg-type]
    assert list((tmp_path / "elsewhere").glob("*/samples.f32"))


@pytest.mark.parametrize("change", ["time", "size", "new file", "less files"])
def test_a_changed_dataset_is_noticed(dataset: Path, cache: Path, tone: Tone, change: str) -> None:
    _open(dataset, cache)
    file = dataset / "data" / "a.wav"
    stamp = file.stat().st_mtime_ns
    changed = tone(111.0)
    if change == "time":
        write_audio(file, changed, RATE)
        os.utime(file, ns=(stamp, stamp + 1_000))
    elif change == "size":
        write_audio(file, changed[:3000], RATE)
        os.utime(file, ns=(stamp, stamp))
    elif change == "new file":
        write_audio(dataset / "data" / "e.wav", changed, RATE)
    else:
        file.unlink()
    sounds = _sounds(_open(dataset, cache))
    if change in ("time", "size"):
        np.testing.assert_array_equal(sounds["data/a.wav"], changed[: len(sounds["data/a.wav"])])
        assert len(sounds["data/a.wav"]) == (4000 if change == "time" else 3000)
    assert len(sounds) == {"new file": 5, "less files": 3}.get(change, 4)


@pytest.mark.parametrize("setting", [{"sample_rate": 4000}, {"channel": 1}, {"min_length": 65}])
def test_other_settings_are_another_store(
    dataset: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, setting: dict[str, Any]
) -> None:
    _open(dataset, cache)
    other = _open(dataset, cache, **setting)
    assert other.files[0].length == 4000 * other.sample_rate // RATE
    assert len(list(cache.iterdir())) == 2
    _refuse_import(monkeypatch)  # both stay
    assert _open(dataset, cache).sample_rate == RATE
    assert _open(dataset, cache, **setting).sample_rate == setting.get("sample_rate", RATE)


def _cut(folder: Path) -> None:
    samples = folder / "samples.f32"
    samples.write_bytes(samples.read_bytes()[:-4])


def _edit(key: str, value: object) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        index = json.loads((folder / "index.json").read_text())
        (folder / "index.json").write_text(json.dumps({**index, key: value}))

    return edit


@pytest.mark.parametrize(
    "harm",
    [
        _cut,
        _edit("format", 0),
        _edit("files", None),
        _edit("files", [["a.wav", 0]]),
        lambda folder: (folder / "samples.f32").unlink(),
        lambda folder: (folder / "index.json").unlink(),
        lambda folder: (folder / "index.json").write_bytes(b"\xff\x00garbage"),
        lambda folder: (folder / "index.json").write_text("[1, 2]"),
        lambda folder: (folder / "index.json").write_text("{}"),
    ],
)
def test_a_harmed_store_is_made_anew(
    dataset: Path, cache: Path, harm: Callable[[Path], None]
) -> None:
    before = _sounds(_open(dataset, cache))
    (folder,) = cache.iterdir()
    harm(folder)
    after = _sounds(_open(dataset, cache))
    assert list(after) == list(before)
    for name, sound in before.items():
        np.testing.assert_array_equal(after[name], sound)
    assert list(cache.iterdir()) == [folder]


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failing_import_leaves_nothing(
    dataset: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, failure: BaseException
) -> None:
    def fail_later(path: Path, *settings: Any) -> Iterator[np.ndarray]:
        yield from audio.read_blocks(path, *settings)
        if path.name == "b.wav":
            raise failure

    with monkeypatch.context() as patch:
        patch.setattr(store_module, "read_blocks", fail_later)
        with pytest.raises(type(failure)):
            _open(dataset, cache)
    assert list(cache.iterdir()) == []
    assert len(_open(dataset, cache).files) == 4


def test_n_files_are_spread_over_the_list(tmp_path: Path, cache: Path, tone: Tone) -> None:
    for number in range(9):
        write_audio(tmp_path / f"{number}.wav", tone(), RATE)
    for n_files, expected in ((1, "0"), (3, "048"), (9, "012345678"), (99, "012345678")):
        store = _open(tmp_path, cache, n_files=n_files)
        assert [file.name for file in store.files] == [f"{name}.wav" for name in expected]
    with pytest.raises(ValueError, match=r"data\.dataset\.n_files"):
        _open(tmp_path, cache, n_files=0)


def test_beyond_its_edges_a_file_is_silent(tmp_path: Path, cache: Path) -> None:
    ramps = [np.arange(1, 101, dtype=np.float32), -np.arange(1, 201, dtype=np.float32)]
    for name, ramp in zip("ab", ramps, strict=True):
        write_audio(tmp_path / f"{name}.wav", ramp, RATE)
    store = _open(tmp_path, cache)
    for file, ramp in zip(store.files, ramps, strict=True):
        padded = np.pad(ramp, 500)
        for start in (-500, -100, -7, 0, 3, 90, 100, 150):
            for length in (0, 1, 20, 300):
                excerpt = store.read(file, start, length)
                np.testing.assert_array_equal(excerpt, padded[500 + start :][:length])
                assert excerpt.dtype == np.float32
                assert excerpt.flags.writeable


def test_a_worker_opens_the_store_rather_than_copy_it(dataset: Path, cache: Path) -> None:
    store = open_store(dataset, 8000, "mix", 64)
    sent = pickle.dumps(store)
    assert len(sent) < 1000
    file = store.files[0]
    assert np.array_equal(pickle.loads(sent).read(file, 0, 100), store.read(file, 0, 100))


def test_files_that_are_needed_are_taken_though_others_would_be_picked(
    tmp_path: Path, cache: Path, tone: Tone
) -> None:
    for name in "bdfh":
        write_audio(tmp_path / "data" / f"{name}.wav", tone(), 8000)
    begun = open_store(tmp_path, 8000, "mix", 1, n_files=2, cache=cache)
    needed = {file.name for file in begun.files}
    assert needed == {"data/b.wav", "data/h.wav"}
    again = open_store(tmp_path, 8000, "mix", 1, n_files=2, cache=cache, needed=needed)
    assert again.folder == begun.folder
    write_audio(tmp_path / "data" / "z.wav", tone(), 8000)
    grown = open_store(tmp_path, 8000, "mix", 1, n_files=2, cache=cache, needed=needed)
    assert {file.name for file in grown.files} == needed
