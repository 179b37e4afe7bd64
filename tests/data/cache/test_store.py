"""The store holds what can be used of a dataset, says what cannot, and is made once."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vschaos import parallel
from vschaos.audio import files as audio
from vschaos.audio.files import write_audio
from vschaos.audio.wav import WavWriter
from vschaos.data.cache import importing, sources
from vschaos.data.cache import store as store_module
from vschaos.data.cache.store import SoundStore, find_stores, list_sounds, open_store
from vschaos.data.files import find_changed
from vschaos.folders import mark_as_made

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


def _sound_files(cache: Path) -> list[Path]:
    return sorted(cache.glob("sounds/*/*.sound"))


def _refuse_import(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise AssertionError("imported again")

    monkeypatch.setattr("vschaos.data.cache.importing.read_blocks", fail)


@pytest.fixture
def imported(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of files, as they are imported."""
    names = []

    def read(path: Path, *settings: Any) -> Iterator[np.ndarray]:
        names.append(path.name)
        return audio.read_blocks(path, *settings)

    monkeypatch.setattr("vschaos.data.cache.importing.read_blocks", read)
    return names


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are as old as those of a user: their stamps are trusted at once."""
    monkeypatch.setattr(sources, "SETTLED_SECONDS", -1.0)


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


def test_a_folder_without_use_is_an_error_that_tells_why(
    tmp_path: Path, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "bad.wav").write_text("no sound")
    for _ in range(2):
        caplog.clear()
        with pytest.raises(ValueError, match="none of the 1 files"):
            _open(tmp_path, cache)
        assert "skipped bad.wav: it cannot be read" in caplog.text


def test_no_folder_and_no_audio_are_reported(tmp_path: Path, cache: Path) -> None:
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
    assert _sound_files(tmp_path / "elsewhere")


@pytest.mark.parametrize("change", ["bytes", "size", "new file", "less files"])
@pytest.mark.parametrize("is_settled", [True, False])
def test_a_changed_file_is_noticed_and_imported_alone(
    dataset: Path,
    cache: Path,
    tone: Tone,
    imported: list[str],
    monkeypatch: pytest.MonkeyPatch,
    change: str,
    is_settled: bool,
) -> None:
    """Other bytes of the same size and with the same time of change, too."""
    if is_settled:
        monkeypatch.setattr(sources, "SETTLED_SECONDS", -1.0)
    _open(dataset, cache)
    assert sorted(imported) == ["a.wav", "b.wav", "c.wav", "d.wav"]
    imported.clear()
    time.sleep(0.02)  # clocks of file systems tick by the hundredth of a second
    file = dataset / "data" / "a.wav"
    before = file.stat()
    changed = tone(111.0)
    if change in ("bytes", "size"):
        _write_in_place(file, changed if change == "bytes" else changed[:3000])
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert (file.stat().st_size == before.st_size) == (change == "bytes")
    elif change == "new file":
        write_audio(dataset / "data" / "e.wav", changed, RATE)
    else:
        file.unlink()
    sounds = _sounds(_open(dataset, cache))
    if change in ("bytes", "size"):
        np.testing.assert_array_equal(sounds["data/a.wav"], changed[: len(sounds["data/a.wav"])])
        assert len(sounds["data/a.wav"]) == (4000 if change == "bytes" else 3000)
    assert len(sounds) == {"new file": 5, "less files": 3}.get(change, 4)
    assert imported == {"new file": ["e.wav"], "less files": []}.get(change, ["a.wav"])


def _write_in_place(path: Path, sound: np.ndarray) -> None:
    """Into the same file, rather than into one that takes its place."""
    with WavWriter(path, RATE, num_channels=1) as file:
        file.write(sound)


def test_what_was_touched_copied_or_moved_is_not_imported_again(
    dataset: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _sounds(_open(dataset, cache))
    (dataset / "data" / "a.wav").touch()
    shutil.copy(dataset / "data" / "b.wav", dataset / "data" / "e.wav")
    _refuse_import(monkeypatch)
    touched = _sounds(_open(dataset, cache))
    np.testing.assert_array_equal(touched["data/e.wav"], before["data/b.wav"])
    moved = _sounds(_open(dataset.rename(tmp_path / "moved \u00e9 \u97f3"), cache))
    for name, sound in before.items():
        np.testing.assert_array_equal(touched[name], sound)
        np.testing.assert_array_equal(moved[name], sound)


@pytest.mark.usefixtures("settled")
def test_files_with_a_stamp_are_not_read(
    dataset: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _open(dataset, cache)
    _open(dataset, cache)  # reads the pieces once

    def fail(*given: object) -> None:
        raise AssertionError("read")

    monkeypatch.setattr(importing, "recognise", fail)
    monkeypatch.setattr("vschaos.data.cache.importing.verify", fail)
    assert _open(dataset, cache).files == first.files


def test_datasets_share_the_files_that_they_share(
    dataset: Path, cache: Path, tmp_path: Path, tone: Tone, imported: list[str]
) -> None:
    _open(dataset, cache)
    other = tmp_path / "other"
    shutil.copytree(dataset, other)
    write_audio(other / "data" / "more.wav", tone(123.0), RATE)
    imported.clear()
    assert len(_open(other, cache).files) == 5
    assert imported == ["more.wav"]
    assert len(_sound_files(cache)) == 5


@pytest.mark.parametrize("setting", [{"sample_rate": 4000}, {"channel": 1}])
def test_other_settings_are_imported_besides(
    dataset: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, setting: dict[str, Any]
) -> None:
    _open(dataset, cache)
    other = _open(dataset, cache, **setting)
    assert other.files[0].length == 4000 * other.sample_rate // RATE
    assert len(_sound_files(cache)) == 8
    _refuse_import(monkeypatch)  # both stay
    assert _open(dataset, cache).sample_rate == RATE
    assert _open(dataset, cache, **setting).sample_rate == setting.get("sample_rate", RATE)


def test_a_length_that_is_asked_for_is_not_imported_for(
    dataset: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _open(dataset, cache)
    _refuse_import(monkeypatch)
    assert len(_open(dataset, cache, min_length=4000).files) == 4
    with pytest.raises(ValueError, match="none of the 4 files"):
        _open(dataset, cache, min_length=4001)


def _flip(path: Path, place: int) -> None:
    """One bit, with the times put back."""
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


HARMS: dict[str, Callable[[Path], object]] = {
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-4]),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"1234"),
    "empty": lambda path: path.write_bytes(b""),
    "removed": lambda path: path.unlink(),
    "zeros": lambda path: path.write_bytes(bytes(len(path.read_bytes()))),
    "a flipped bit of the header": lambda path: _flip(path, 18),
    "a flipped bit of a sample": lambda path: _flip(path, 5000),
    "a flipped bit of the last": lambda path: _flip(path, -1),
}


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("openings", [1, 2])
@pytest.mark.usefixtures("settled")
def test_a_damaged_sound_is_imported_again(
    dataset: Path, cache: Path, imported: list[str], openings: int, harm: str
) -> None:
    for _ in range(openings):
        before = _sounds(_open(dataset, cache))
    time.sleep(0.02)
    imported.clear()
    HARMS[harm](_sound_files(cache)[1])
    for _ in range(2):
        after = _sounds(_open(dataset, cache))
        for name, sound in before.items():
            np.testing.assert_array_equal(after[name], sound)
    assert len(imported) == 1
    assert len(_sound_files(cache)) == 4


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\x00garbage",
        b"[1, 2]",
        b"{}",
        b"[" * 100_000,
        b'{"format": 2}',
        b'{"format": 2, "root": 3, "sample_rate": [], "channel": null, "files": 7}',
    ],
)
def test_a_damaged_manifest_is_written_anew(
    dataset: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    before = _sounds(_open(dataset, cache))
    (path,) = cache.glob("datasets/*.json")
    path.write_bytes(content)
    _refuse_import(monkeypatch)  # what was imported is found by the bytes of the files
    after = _sounds(_open(dataset, cache))
    for name, sound in before.items():
        np.testing.assert_array_equal(after[name], sound)
    assert json.loads(path.read_text())["files"].keys() == before.keys()


@pytest.mark.parametrize(
    "entry",
    [None, 3, [], [None, "../../etc/passwd", "", None, None], [None, "0" * 64, 1, None, None]],
)
def test_a_damaged_entry_leads_nowhere(dataset: Path, cache: Path, entry: object) -> None:
    before = _sounds(_open(dataset, cache))
    (path,) = cache.glob("datasets/*.json")
    payload = json.loads(path.read_text())
    payload["files"]["data/a.wav"] = entry
    path.write_text(json.dumps(payload))
    after = _sounds(_open(dataset, cache))
    for name, sound in before.items():
        np.testing.assert_array_equal(after[name], sound)


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failing_import_goes_on_where_it_was(
    dataset: Path,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    imported: list[str],
    failure: BaseException,
) -> None:
    read = importing.read_blocks

    def fail_later(*given: Any) -> Iterator[np.ndarray]:
        yield from read(*given)
        if len(imported) >= 3:
            raise failure

    monkeypatch.setattr(parallel, "num_cores", lambda: 1)
    with monkeypatch.context() as patch:
        patch.setattr("vschaos.data.cache.importing.read_blocks", fail_later)
        with pytest.raises(type(failure)) as raised:
            _open(dataset, cache)
    if isinstance(failure, OSError):
        assert "as the sounds were imported (data.dataset.cache)" in str(raised.value)
    assert not [*cache.rglob("*.partial")]
    assert not [*cache.rglob("*/*/*.lock")]
    assert len(_sound_files(cache)) == 2
    imported.clear()
    assert len(_open(dataset, cache).files) == 4
    assert len(imported) == 2


def test_a_file_that_vanishes_is_skipped(
    dataset: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    names = ["a.wav", "b.wav", "c.wav"]  # when it is to be looked at, to be read, while it is

    def listed(*given: Any) -> list[Path]:
        paths = list_sounds(*given)
        paths[0].unlink()
        return paths

    def recognised(path: Path, *given: Any) -> sources.Source:
        if path.name == names[1]:
            path.unlink()
        return sources.recognise(path, *given)

    def read(path: Path, *settings: Any) -> Iterator[np.ndarray]:
        for block in audio.read_blocks(path, *settings):
            yield block
            if path.name == names[2]:
                path.unlink()

    monkeypatch.setattr(store_module, "list_sounds", listed)
    monkeypatch.setattr(importing, "recognise", recognised)
    monkeypatch.setattr("vschaos.data.cache.importing.read_blocks", read)
    store = _open(dataset, cache)
    assert [Path(file.name).name for file in store.files] == ["d.wav"]
    assert [Path(name).name for name, _ in store.skipped] == names
    assert all("No such file or directory" in reason for _, reason in store.skipped)
    assert len(_sound_files(cache)) == 1


def test_a_file_that_is_written_meanwhile_is_what_it_becomes(
    dataset: Path, cache: Path, tone: Tone, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = tone(111.0)
    left = [1]

    def read(path: Path, *settings: Any) -> Iterator[np.ndarray]:
        yield from audio.read_blocks(path, *settings)
        if path.name == "a.wav" and left:
            left.pop()
            _write_in_place(path, changed)

    monkeypatch.setattr("vschaos.data.cache.importing.read_blocks", read)
    np.testing.assert_array_equal(_sounds(_open(dataset, cache))["data/a.wav"], changed)
    assert len(_sound_files(cache)) == 4
    left.extend(range(100))
    _write_in_place(dataset / "data" / "a.wav", tone(222.0))

    def never_done(path: Path, *settings: Any) -> Iterator[np.ndarray]:
        yield from audio.read_blocks(path, *settings)
        _write_in_place(path, tone(222.0 + len(left)))
        left.pop()

    monkeypatch.setattr("vschaos.data.cache.importing.read_blocks", never_done)
    store = _open(dataset, cache)
    assert [tuple(entry) for entry in store.skipped] == [
        ("data/a.wav", "it changes while it is imported")
    ]


def test_more_files_than_can_be_mapped_are_read(
    dataset: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _sounds(_open(dataset, cache))
    monkeypatch.setattr(store_module, "MOST_MAPPED", 2)
    store = _open(dataset, cache)
    for _ in range(2):
        for name, sound in _sounds(store).items():
            np.testing.assert_array_equal(sound, before[name])


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
    store = _open(dataset, cache)
    sent = pickle.dumps(store)
    assert len(sent) < 2000
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
    assert again.files == begun.files
    write_audio(tmp_path / "data" / "z.wav", tone(), 8000)
    grown = open_store(tmp_path, 8000, "mix", 1, n_files=2, cache=cache, needed=needed)
    assert {file.name for file in grown.files} == needed


def test_linked_folders_are_taken_and_what_vschaos_made_is_left_out(
    dataset: Path, tmp_path: Path, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = dataset / "data"
    elsewhere = (data / "deep").rename(tmp_path / "elsewhere")
    (data / "deep").symlink_to(elsewhere)
    (data / "loop").symlink_to(dataset)
    shutil.copytree(elsewhere, data / "out" / "reconstructions")
    mark_as_made(data / "out" / "reconstructions")
    expected = {"data/a.wav", "data/b.wav", "data/deep/c.wav", "data/deep/d.wav"}
    assert {file.name for file in _open(dataset, cache).files} == expected
    assert "left out data/loop: it leads to" in caplog.text
    assert "left out data/out/reconstructions: 2 sounds in it, made by vschaos" in caplog.text


def test_the_folder_of_the_sounds_is_not_taken_for_the_dataset(dataset: Path, cache: Path) -> None:
    with pytest.raises(ValueError, match=f"did you mean {dataset}"):
        _open(dataset / "data", cache)
    flat = dataset.parent / "flat" / "data"  # whose own labels say that it is one
    shutil.copytree(dataset / "data", flat)
    (flat / "metadata").mkdir()
    assert len(_open(flat, cache).files) == 4


def test_stores_of_other_sounds_are_not_found(dataset: Path, cache: Path) -> None:
    store = _open(dataset, cache)
    rate, names = store.sample_rate, store.digests.keys()
    short = {name: digest[:16] for name, digest in store.digests.items()}
    assert list(find_stores(cache, rate, "mix", names, digests=short)) == [str(dataset.resolve())]
    other = {**short, "data/a.wav": "0" * 16}
    assert find_stores(cache, rate, "mix", names, digests=other) == {}
    assert find_changed(dataset, short, cache, rate, "mix") == set()
    assert find_changed(dataset, other, cache, rate, "mix") == {"data/a.wav"}
    shutil.copyfile(dataset / "data" / "b.wav", dataset / "data" / "deep" / "c.wav")
    assert find_changed(dataset, short, cache, rate, "mix") == {"data/deep/c.wav"}
