"""Linked folders are followed once, and what vschaos made is left out where it is to be."""

from __future__ import annotations

from pathlib import Path

import pytest

from vschaos.folders import MARK, is_made, list_files, mark_as_made


def _touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def _names(paths: list[Path], root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in paths]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    data = tmp_path / "set" / "data"
    _touch(data / "a.wav", data / "deep" / "b.wav", data / ".hidden" / "x.wav")
    _touch(tmp_path / "elsewhere" / "c.wav", tmp_path / "elsewhere" / "more" / "d.wav")
    return data


def test_a_linked_folder_is_followed(data: Path, tmp_path: Path) -> None:
    (data / "link").symlink_to(tmp_path / "elsewhere")
    listing = list_files(data)
    assert _names(listing.files, data) == ["a.wav", "deep/b.wav", "link/c.wav", "link/more/d.wav"]
    assert listing.again == []


def test_loops_end_and_no_file_comes_twice(data: Path, tmp_path: Path) -> None:
    (data / "0 loop").symlink_to(data)
    (data / "0 whole").symlink_to(tmp_path)  # around it
    (data / "0 deep").symlink_to(data / "deep")  # sorted before the folder itself
    (data / "link").symlink_to(tmp_path / "elsewhere")
    (data / "more").symlink_to(tmp_path / "elsewhere" / "more")
    (data / "twice").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "back").symlink_to(data)
    (data / "0.wav").symlink_to(data / "a.wav")
    (data / "own.wav").symlink_to(tmp_path / "elsewhere" / "c.wav")
    (data / "stored").symlink_to(data / ".hidden")  # as some tools keep large files
    listing = list_files(data)
    reals = [path.resolve() for path in listing.files]
    assert sorted(path.name for path in reals) == ["a.wav", "b.wav", "c.wav", "d.wav", "x.wav"]
    assert len(set(reals)) == len(reals)
    assert {"0 loop", "0 whole", "0 deep", "0.wav"} <= set(_names(listing.again, data))
    assert "stored" not in _names(listing.again, data)


def test_folders_that_vschaos_made_are_left_out(data: Path) -> None:
    _touch(data / "out" / "e.wav", data / "runs" / "r" / "version_0" / "generated" / "f.wav")
    mark_as_made(data / "out")
    mark_as_made(data / "nowhere")
    _touch(*(data / "runs/r/version_0" / name for name in ("config.yaml", "split.json")))
    assert is_made(data / "out")
    assert (data / "out" / MARK).is_file()
    assert not (data / "nowhere").exists()
    listing = list_files(data, skips_made=True)
    assert _names(listing.files, data) == ["a.wav", "deep/b.wav"]
    assert _names(listing.made, data) == ["out", "runs/r/version_0"]
    assert "out/e.wav" in _names(list_files(data).files, data)
    assert _names(list_files(data / "out", skips_made=True).files, data) == ["out/e.wav"]
