"""Patches lie beside the model that they play, whole."""

import errno
from pathlib import Path

import pytest

from tests.patches.max_check import check_max
from tests.patches.tones import Tones, write_model
from vschaos.cli.patches import main
from vschaos.patches import write_patches
from vschaos.patches.pure_data.abstractions import HERE


def test_a_patch_comes_with_all_it_needs(tmp_path: Path) -> None:
    instrument = write_model(Tones(), tmp_path / "mine.ts")
    own = tmp_path / "vschaos" / "own.pd"
    own.parent.mkdir()
    own.write_text("#N canvas 0 0 100 100 10;\n")
    written = write_patches(instrument, tmp_path)
    assert written == [tmp_path / "mine.pd", tmp_path / "mine.maxpat"]
    check_max(written[1].read_text(), instrument)
    needed = {
        line.split("vschaos/")[1].split()[0].rstrip(";,")
        for line in (tmp_path / "mine.pd").read_text().splitlines()
        if line.startswith("#X obj") and "vschaos/" in line
    }
    there = {path.stem for path in own.parent.iterdir()}
    assert needed <= {path.stem for path in HERE.glob("*.pd")} <= there
    assert own.read_text() == "#N canvas 0 0 100 100 10;\n"
    assert not list(tmp_path.rglob("*.partial"))


def test_what_cannot_be_written_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instrument = write_model(Tones(), tmp_path / "mine.ts")
    write_patches(instrument, tmp_path)
    before = (tmp_path / "mine.pd").read_bytes()

    def full(*_: object, **__: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space"):
        write_patches(instrument, tmp_path)
    assert (tmp_path / "mine.pd").read_bytes() == before
    assert not list(tmp_path.rglob("*.partial"))


def test_a_model_that_was_renamed_gets_patches_of_its_new_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_model(Tones(), tmp_path / "mine.ts")
    (tmp_path / "mine.ts").rename(tmp_path / "yours.ts")
    monkeypatch.setattr("sys.argv", ["patches", str(tmp_path / "yours.ts")])
    assert main() == 0
    assert "nn~ yours decode" in (tmp_path / "yours.pd").read_text()
    assert not (tmp_path / "mine.pd").exists()


def test_what_is_no_model_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "no.ts").write_bytes(b"nothing")
    monkeypatch.setattr("sys.argv", ["patches", str(tmp_path / "no.ts")])
    assert main() == 1
    assert not (tmp_path / "no.pd").exists()
    assert not (tmp_path / "no.maxpat").exists()


def test_a_patch_that_was_edited_is_kept(tmp_path: Path) -> None:
    instrument = write_model(Tones(), tmp_path / "mine.ts")
    write_patches(instrument, tmp_path)
    patch = tmp_path / "mine.pd"
    edited = patch.read_text() + "#X text 10 10 my piece;\n"
    patch.write_text(edited)
    write_patches(instrument, tmp_path)
    write_patches(instrument, tmp_path)
    assert "my piece" not in patch.read_text()
    assert [path.name for path in tmp_path.rglob("*.backup*")] == ["mine.backup.pd"]
    assert (tmp_path / "mine.backup.pd").read_text() == edited
