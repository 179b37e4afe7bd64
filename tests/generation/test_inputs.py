"""What a model hears: the files that are asked for, and what the dataset says of them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from vschaos.generation import find_inputs


def _run(root: Path | str, held_out: list[str]) -> Any:
    config = {"data": {"dataset": {"root": str(root), "channel": "mix"}}}
    return SimpleNamespace(config=config, split={"held_out": held_out}, sample_rate=8000)


def test_held_out_files_have_names_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    held_out = ["data/cello/A4.wav", "data/flute/A4.wav", "data/B.1.wav"]
    assert find_inputs(_run("~/set", held_out), None) == [
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
    assert [name for _, name in files] == ["a", "a_2", "deep/b"]
    (tmp_path / "empty").mkdir()
    for missing in ("empty", "none.wav"):
        with pytest.raises(FileNotFoundError, match=missing):
            find_inputs(run, [tmp_path / missing])
