"""What is written for a user replaces nothing that somebody else wrote or changed."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from vschaos.outputs import (
    RECORD,
    check_output_file,
    check_output_folder,
    check_writable,
    identities,
    output_file,
)


def write(path: Path, text: str) -> None:
    with output_file(path) as partial:
        partial.write_text(text)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {RECORD}


def test_what_was_written_here_is_replaced_without_a_word(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for text in ("one", "two", "two", "one"):
        write(tmp_path / "a.pd", text)
        write(tmp_path / "夏 b.pd", text)
    assert names(tmp_path) == {"a.pd", "夏 b.pd"}
    assert not caplog.records


def test_a_changed_file_is_backed_up_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    patch = tmp_path / "a.pd"
    write(patch, "one")
    for number, own in enumerate(("mine", "mine again")):
        patch.write_text(own)
        write(patch, f"new {number}")
        assert patch.read_text() == f"new {number}"
    assert (tmp_path / "a.backup.pd").read_text() == "mine"
    assert (tmp_path / "a.backup_2.pd").read_text() == "mine again"
    assert [record.levelno for record in caplog.records] == 2 * [logging.WARNING]
    assert "backed up as a.backup.pd" in caplog.text


def test_a_file_of_somebody_else_is_backed_up_unless_it_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("a recording")
    (tmp_path / "b.wav").write_text("the same")
    write(tmp_path / "a.wav", "a reconstruction")
    write(tmp_path / "b.wav", "the same")
    assert names(tmp_path) == {"a.wav", "a.backup.wav", "b.wav"}
    assert (tmp_path / "a.backup.wav").read_text() == "a recording"


def test_a_failure_leaves_all_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a.pd").write_text("mine")

    def fail() -> None:
        with output_file(tmp_path / "a.pd") as partial:
            partial.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert (tmp_path / "a.pd").read_text() == "mine"
    assert names(tmp_path) == {"a.pd"}


def test_no_line_is_written_through_a_strangers_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / RECORD).symlink_to(tmp_path / "elsewhere")
    write(tmp_path / "run" / "a.pd", "one")
    assert not (tmp_path / "elsewhere").read_text()


def test_long_names_are_written_and_backed_up(tmp_path: Path) -> None:
    path = tmp_path / f"{250 * 'a'}.wav"
    path.write_text("mine")
    write(path, "new")
    assert path.read_text() == "new"
    assert {(tmp_path / name).read_text() for name in names(tmp_path)} == {"new", "mine"}


def test_an_input_is_no_output_by_any_link(tmp_path: Path) -> None:
    sound = tmp_path / "x.wav"
    sound.write_text("a recording")
    (tmp_path / "soft.wav").symlink_to(sound)
    os.link(sound, tmp_path / "hard.wav")
    for name in ("x.wav", "soft.wav", "hard.wav"):
        with pytest.raises(ValueError, match=f"expects another file than the input, got .*{name}"):
            check_output_file(tmp_path / name, "output", identities([sound]))
    check_output_file(tmp_path / "y.wav", "output", identities([sound]))


def test_files_and_folders_are_distinguished(tmp_path: Path) -> None:
    (tmp_path / "model.ts").write_text("")
    with pytest.raises(ValueError, match=r"-o expects a folder, got the file .*model\.ts"):
        check_output_folder(tmp_path / "model.ts", "-o")
    with pytest.raises(ValueError, match=r"-o expects a path within folders.*model\.ts is a file"):
        check_output_folder(tmp_path / "model.ts" / "deep" / "er", "-o")
    with pytest.raises(ValueError, match="output expects a file to write, got the folder"):
        check_output_file(tmp_path, "output")
    with pytest.raises(ValueError, match=r"/proc/x cannot be written \(.*\): name another"):
        check_output_folder(Path("/proc/x"), "--out")
    with pytest.raises(ValueError, match=r"/proc/x cannot be written \(.*\): wait"):
        check_writable(Path("/proc/x"), "wait")
    check_output_folder(tmp_path / "new" / "er", "--out")
    assert names(tmp_path) == {"model.ts"}
