"""A run of a stranger executes nothing, and writes nothing outside of its folder."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from tests.runs.test_run import CONFIG, MODEL, _make_run, _save, _Trap, _weights
from vschaos.files import written_whole
from vschaos.generation import find_inputs
from vschaos.runs import check_own_folders, load_run
from vschaos.runs.comparing import table
from vschaos.runs.summary import find_runs
from vschaos.targets import build
from vschaos.training.checkpoints import EpochCheckpoint


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return _make_run(tmp_path / "runs")


def _configure(folder: Path, **changes: object) -> None:
    text = yaml.safe_dump({**CONFIG, **changes}, allow_unicode=True)
    (folder / "config.yaml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    "name", ["../up", "/elsewhere/x", "a/b", "..", ".bashrc", "a\nb", "\x1b[2J", ""]
)
def test_a_name_that_leads_elsewhere_is_refused(folder: Path, name: str) -> None:
    _configure(folder, name=name)
    with pytest.raises(ValueError, match="name must be a plain name"):
        load_run(folder)


@pytest.mark.parametrize(
    "name", ["../../secret.wav", "/etc/passwd", "data/../../x.wav", "C:/x.wav", "", "a\0b", 3, None]
)
@pytest.mark.parametrize("side", ["train", "held_out"])
def test_files_outside_of_the_dataset_are_refused(folder: Path, side: str, name: object) -> None:
    split: dict[str, list[Any]] = {"train": [], "held_out": []}
    split[side] = ["data/a.wav", name]
    (folder / "split.json").write_text(json.dumps(split))
    with pytest.raises(ValueError, match=r"split\.json (names|must hold)"):
        load_run(folder)


@pytest.mark.parametrize("peak", [0.0, -1.0, 1e30, float("nan"), "1", None])
def test_a_usual_peak_that_is_none_is_refused(folder: Path, peak: object) -> None:
    split = {"train": [], "held_out": [], "usual_peak": peak}
    (folder / "split.json").write_text(json.dumps(split))
    with pytest.raises(ValueError, match="usual_peak are malformed"):
        load_run(folder)


@pytest.mark.parametrize("task", ["a/../../../x", "..\\x", "a\nb", ""])
def test_labels_that_are_paths_are_refused(folder: Path, task: str) -> None:
    file = folder / "vocabularies.json"
    (entries,) = json.loads(file.read_text()).values()
    file.write_text(json.dumps({task: entries}))
    with pytest.raises(ValueError, match=r"vocabularies\.json: a label must have a plain name"):
        load_run(folder)
    file.write_text(json.dumps({"pitch": {**entries, "classes": ["a", "\x1b]0;title\x07"]}}))
    with pytest.raises(ValueError, match="no vocabulary of a label"):
        load_run(folder)


def test_yaml_executes_nothing_and_does_not_unfold(folder: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trapped"
    bomb = "a: &a [x, x]\n" + "".join(
        f"b{k}: &b{k} [{', '.join([f'*b{k - 1}' if k else '*a'] * 9)}]\n" for k in range(40)
    )
    for text in (
        f"name: a\nmodel: !!python/object/apply:os.mkdir ['{trap}']",
        f"name: a\nmodel: !!python/object/new:os.mkdir ['{trap}']",
        "name: a\nmodel: !!python/name:os.system",
        f"{bomb}name: a\nmodel: 3",
        "name: a\nmodel: &m [*m]",
        "name: a\nmodel: " + "[" * 5000,
    ):
        (folder / "config.yaml").write_text(text)
        with pytest.raises(ValueError, match=r"config\.yaml is not plain YAML"):
            load_run(folder)
    (folder / "split.json").write_text("[" * 200_000)
    _configure(folder)
    with pytest.raises(ValueError, match=r"split\.json is not JSON"):
        load_run(folder)
    assert not trap.exists()


def test_listing_executes_and_follows_nothing(folder: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trapped"
    for name in ("last", "best"):
        torch.save({"global_step": _Trap(trap)}, folder / "checkpoints" / f"{name}.ckpt")
    (folder / "huge").symlink_to(Path("/proc/kcore"))
    (run,) = find_runs(tmp_path / "runs")
    assert not trap.exists()
    assert (run.steps, run.size_bytes < 1e6) == (None, True)
    (folder / "state.json").write_text('{"state": "\\u001b[2J"}')
    (folder / "versions.json").write_text('{"format": 3, "begun": "\\u001b[2J\\n"}')
    assert "\x1b" not in table(find_runs(tmp_path / "runs"))


def test_a_checkpoint_cannot_have_files_deleted(folder: Path, tmp_path: Path) -> None:
    """Lightning deletes the checkpoint that was the best, where a checkpoint says that it lies."""
    precious = tmp_path / "precious"
    checkpoints = EpochCheckpoint(folder / "checkpoints", filename="best", monitor="x")
    for state in (
        {"kth_best_model_path": str(precious), "best_k_models": {str(precious): torch.ones(())}},
        {"dirpath": str(tmp_path), "last_model_path": str(precious)},
    ):
        checkpoints.load_state_dict({"best_model_score": None, "best_model_path": "", **state})
        paths = [checkpoints.kth_best_model_path, checkpoints.last_model_path]
        paths += [checkpoints.best_model_path, *checkpoints.best_k_models]
        assert all(Path(path).parent == folder / "checkpoints" for path in paths if path)


def test_nothing_is_written_through_links(folder: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    (folder / "report.html.partial").symlink_to(precious)
    (folder / "report.html").symlink_to(precious)
    with written_whole(folder / "report.html") as partial:
        partial.write_text("a page")
    assert precious.read_text() == "mine"
    assert (folder / "report.html").read_text() == "a page"
    check_own_folders(folder)
    (folder / "logs").symlink_to(tmp_path)
    with pytest.raises(ValueError, match="logs is a link to"):
        check_own_folders(folder)


def test_a_run_of_another_machine_is_opened_without_its_sounds(
    folder: Path, tmp_path: Path
) -> None:
    (folder / "split.json").write_text('{"train": ["data/a.wav"], "held_out": ["data/b.wav"]}')
    elsewhere = tmp_path / "elsewhere" / "version_7"
    elsewhere.parent.mkdir()
    folder.rename(elsewhere)
    run = load_run(elsewhere)
    assert run.folder == elsewhere
    with pytest.raises(FileNotFoundError, match=r"not on this machine .* --files"):
        find_inputs(run, None)


@pytest.mark.parametrize(
    ("versions", "message"),
    [
        ({"format": 2, "vschaos": "0.0.9"}, r"format 2 \(vschaos 0\.0\.9\).*train it again"),
        ({"format": 4, "vschaos": "9.0"}, r"format 4 \(vschaos 9\.0\).*install a newer vschaos"),
        ({}, r"format None"),
        ({"format": "3"}, r"expected a run of format 3, got format '3' .*: train it again"),
    ],
)
def test_other_formats_are_refused_in_a_sentence(
    folder: Path, versions: dict[str, Any], message: str
) -> None:
    (folder / "versions.json").write_text(json.dumps(versions))
    with pytest.raises(ValueError, match=message) as caught:
        load_run(folder)
    assert "\n" not in str(caught.value)


def test_a_folder_may_be_called_by_a_number_of_another_script(folder: Path) -> None:
    folder.rename(folder.with_name("version_²"))
    assert load_run(folder.parent).folder.name == "version_²"
    assert os.path.lexists(folder.with_name("version_²"))
    _save(folder.with_name("version_²"), _weights(build(MODEL, {})))
