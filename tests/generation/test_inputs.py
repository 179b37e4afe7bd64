"""Inputs of a model: the given files, and their labels in the dataset."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from vschaos.audio.files import write_audio
from vschaos.data.cache.sources import recognise
from vschaos.generation import DatasetLabelReader, find_inputs, read_input, unique_names
from vschaos.generation.inputs import Input, InputSound


def _run(root: Path | str, held_out: list[str]) -> Any:
    config = {"data": {"dataset": {"root": str(root), "channel": "mix"}}}
    return SimpleNamespace(config=config, split={"held_out": held_out}, sample_rate=8000)


def test_held_out_files_have_names_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "set").mkdir()
    held_out = ["data/cello/A4.wav", "data/flute/A4.wav", "data/B.1.wav"]
    assert [given[:2] for given in find_inputs(_run("~/set", held_out), None)] == [
        (tmp_path / "set" / "data/cello/A4.wav", "A4"),
        (tmp_path / "set" / "data/flute/A4.wav", "A4_2"),
        (tmp_path / "set" / "data/B.1.wav", "B.1"),
    ]


def test_a_training_without_held_out_files_needs_some(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no file was held out.*--files"):
        find_inputs(_run(tmp_path, []), None)


def test_given_files_and_folders_are_taken(tmp_path: Path) -> None:
    run = _run(tmp_path, ["data/not_this.wav"])
    for name in ("a.wav", "folder/a.wav", "folder/deep/b.flac"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    files = find_inputs(run, [tmp_path / "a.wav", tmp_path / "folder"])
    assert [given.name for given in files] == ["a", "a_2", "deep/b"]
    (tmp_path / "empty").mkdir()
    for missing in ("empty", "none.wav"):
        with pytest.raises(FileNotFoundError, match=missing):
            find_inputs(run, [tmp_path / missing])


def _labelled_run(root: Path, conditioning_tasks: list[str]) -> Any:
    run = _run(root, [])
    callbacks = {"brightness": {"type": "float"}}
    run.config["data"]["dataset"]["metadata_callbacks"] = callbacks
    run.model = SimpleNamespace(
        vocabularies=dict.fromkeys(("pitch", "octave", "brightness", "vanished")),
        centres=lambda length: torch.arange(-100, length + 200, 100),
    )
    run.conditioning_tasks = conditioning_tasks
    return run


def test_known_labels_are_those_of_the_dataset_frame_by_frame(dataset: Path) -> None:
    octave = dataset / "metadata" / "octave"
    (octave / "tracks").mkdir()
    (octave / "tracks" / "c.txt").write_text("0.1,0.2\t2\n0.3,9\t3\n")
    (octave / "metadata.txt").write_text("data/deep/c.wav\tc.txt\ndata/a.wav\t1\n")
    known = DatasetLabelReader(_labelled_run(dataset, ["octave", "brightness"]))
    audio = np.zeros(4000, np.float32)
    found = known.of(dataset / "data/deep/c.wav", audio)
    seconds = np.arange(-100, 4200, 100) / 8000
    inside = (seconds >= 0) & (seconds < 0.5)
    octaves = np.select(
        [(seconds >= 0.1) & (seconds < 0.2), (seconds >= 0.3) & inside], [2.0, 3.0], np.nan
    )
    assert set(found) == {"pitch", "octave", "brightness"}
    np.testing.assert_array_equal(found["octave"], octaves)
    np.testing.assert_array_equal(found["pitch"], np.where(inside, 11.0, np.nan))
    np.testing.assert_allclose(found["brightness"], np.where(inside, 0.3, np.nan), rtol=1e-6)
    assert list(known.conditioning(dataset / "data/deep/c.wav", audio)) == ["octave", "brightness"]
    assert "octave" not in known.of(dataset / "data/b.wav", audio)  # nothing is known of it


def test_known_labels_are_found_by_any_path_to_a_file_of_the_dataset(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audio = np.zeros(4000, np.float32)
    monkeypatch.chdir(dataset / "data" / "deep")
    (tmp_path / "link").symlink_to(dataset)
    elsewhere = tmp_path / "elsewhere.wav"
    (dataset / "data" / "deep" / "d.wav").rename(elsewhere)
    (dataset / "data" / "deep" / "d.wav").symlink_to(
        elsewhere
    )  # as large datasets are put together
    for root in (dataset, tmp_path / "link"):
        known = DatasetLabelReader(_labelled_run(root, ["pitch"]))
        for name in ("c", "d"):
            for path in (
                *(Path(f"{name}.wav"), Path(f"../deep/{name}.wav")),
                *(dataset / f"data/deep/{name}.wav", tmp_path / f"link/data/deep/{name}.wav"),
            ):
                assert (
                    np.nanmax(known.conditioning(path, audio)["pitch"])
                    == {"c": 11.0, "d": 3.0}[name]
                )


def test_nothing_is_known_of_foreign_files_or_without_the_dataset(
    dataset: Path, tmp_path: Path
) -> None:
    audio = np.zeros(4000, np.float32)
    known = DatasetLabelReader(_labelled_run(dataset, ["pitch"]))
    assert known.conditioning(tmp_path / "data" / "a.wav", audio) == {}
    assert known.conditioning(dataset / "data" / "unheard.wav", audio) == {}
    gone = DatasetLabelReader(_labelled_run(tmp_path / "gone", ["pitch"]))
    assert gone.conditioning(tmp_path / "gone" / "data" / "a.wav", audio) == {}


def test_one_input_one_output(tmp_path: Path) -> None:
    for name in ("a.flac", "a.wav", "a_2.wav", "A.wav"):
        (tmp_path / name).touch()
    found = find_inputs(_run(tmp_path, []), [tmp_path])
    names = {given.file.name: given.name for given in found}
    assert names["a_2.wav"] == "a_2"
    assert len({name.casefold() for name in names.values()}) == 4
    # accents that some disks take for one, in one and in two characters
    assert unique_names(["\u00e9", "e\u0301"]) == ["\u00e9", "e\u0301_2"]


def test_held_out_parts_are_read_and_labelled_where_they_lie(dataset: Path) -> None:
    octave = dataset / "metadata" / "octave"
    (octave / "tracks").mkdir()
    (octave / "tracks" / "a.txt").write_text("0,0.3\t2\n0.3,9\t3\n")
    (octave / "metadata.txt").write_text("data/a.wav\ta.txt\n")
    run = _labelled_run(dataset, ["octave"])
    run.split = {"held_out": ["data/a.wav"], "parts": {"held_out": {"data/a.wav": (2000, 4000)}}}
    (given,) = find_inputs(run, None)
    audio = read_input(run, given.file, given.part)
    np.testing.assert_array_equal(audio, read_input(run, given.file)[2000:4000])
    found = DatasetLabelReader(run).conditioning(given.file, audio, given.first)["octave"]
    seconds = (2000 + np.arange(-100, 2200, 100)) / 8000
    expected = np.select([seconds < 0.3, seconds < 0.5], [2.0, 3.0], np.nan)
    np.testing.assert_array_equal(found, expected)


def test_another_folder_with_such_names_is_not_taken_for_the_runs(
    dataset: Path, caplog: pytest.LogCaptureFixture
) -> None:
    names = ["data/a.wav", "data/b.wav"]
    run = _run(dataset, names)
    digests = {name: recognise(dataset / name).digest[:16] for name in names}
    run.split["digests"] = digests
    assert len(find_inputs(run, None)) == 2
    run.split["digests"] = {**digests, "data/a.wav": "0" * 16}
    assert [given.name for given in find_inputs(run, None)] == ["b"]
    assert "1 of 2 files" in caplog.text
    run.split["digests"] = dict.fromkeys(names, "0" * 16)
    with pytest.raises(FileNotFoundError, match="holds others of the same names"):
        find_inputs(run, None)


@pytest.mark.parametrize("part", [None, (0, 10), (2000, 4000), (3999, 9000)])
@pytest.mark.parametrize("choice", ["scale", "keep"])
def test_an_input_in_blocks_is_the_same_as_in_one_piece(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: tuple[int, int] | None, choice: str
) -> None:
    monkeypatch.setattr("vschaos.audio.files.BLOCK_LENGTH", 700)
    sound = np.random.default_rng(0).uniform(-50, 50, 4000).astype(np.float32)
    write_audio(tmp_path / "a.wav", sound, 8000)
    run = _run(tmp_path, [])
    run.config["data"]["dataset"]["beyond_full_scale"] = choice
    blocks = InputSound(run, Input(tmp_path / "a.wav", "a", part))
    whole = read_input(run, tmp_path / "a.wav", part)
    assert len(blocks) == len(whole)
    np.testing.assert_array_equal(np.concatenate(list(blocks)), whole)
