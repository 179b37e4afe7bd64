"""A file is whole, old or new, whatever happens while it is written."""

import errno
import os
from pathlib import Path

import pytest

from vschaos.files import check_room, partial_folder, written_whole

LONG_AGO = (0, 0)


@pytest.mark.parametrize("is_durable", [False, True])
def test_a_file_is_replaced_when_it_is_whole(tmp_path: Path, is_durable: bool) -> None:
    file = tmp_path / "new" / "file"
    for text in ("first", "second"):
        with written_whole(file, is_durable) as partial:
            partial.write_text(text)
            assert not file.exists() or file.read_text() == "first"
        assert file.read_text() == text
    assert [*file.parent.iterdir()] == [file]


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()])
def test_what_was_there_stays_if_writing_fails(tmp_path: Path, error: BaseException) -> None:
    file = tmp_path / "file"
    file.write_text("old")

    def fail() -> None:
        with written_whole(file, is_durable=True) as partial:
            partial.write_text("half")
            raise error

    with pytest.raises(type(error)) as caught:
        fail()
    if isinstance(caught.value, OSError):
        assert caught.value.filename == str(file)
        assert caught.value.errno == errno.ENOSPC
    assert file.read_text() == "old"
    assert [*tmp_path.iterdir()] == [file]


def test_room_is_looked_for_where_a_folder_will_be(tmp_path: Path) -> None:
    check_room(tmp_path / "new" / "folder", 1000, "the sounds", "rundir")
    assert not [*tmp_path.iterdir()]
    with pytest.raises(ValueError, match=r"the sounds need 1,000,000,000,000 MB, .* with rundir="):
        check_room(tmp_path / "new", 10**18, "the sounds", "rundir")
    with pytest.raises(ValueError, match=r"rundir=/proc/none cannot be written"):
        check_room(Path("/proc/none"), 0, "the sounds", "rundir")


def test_a_folder_that_nobody_holds_any_more_is_cleared(tmp_path: Path) -> None:
    left = tmp_path / "a.partial-killed"
    left.mkdir()
    (left / "samples.f32").write_bytes(b"1234")
    with partial_folder(tmp_path / "b") as held:
        assert left.is_dir()  # it may just have begun
        for folder in (left, held):
            os.utime(folder, LONG_AGO)
        with partial_folder(tmp_path / "c") as other:
            assert not left.exists()
            assert held.is_dir()
            assert other.is_dir()
    assert not [*tmp_path.iterdir()]
