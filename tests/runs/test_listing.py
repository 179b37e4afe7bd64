"""Many runs in a table, and some side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.test_configs import TINY, composed
from vschaos.runs.__main__ import main
from vschaos.runs.summary import find_runs
from vschaos.training import train


@pytest.fixture
def runs(dataset: Path, tmp_path: Path) -> Path:
    """Two finished trainings of two and four latents."""
    root = tmp_path / "runs"
    for name, dim in (("narrow", 2), ("wide", 4)):
        settings = [f"name={name}", f"rundir={root}", f"data.dataset.root={dataset}"]
        config = composed("dgt_small", *settings, f"model.latent.dim={dim}", *TINY)
        train({**config, "recipe": "dgt_small"})
    return root


def _call(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: object
) -> tuple[int, str]:
    monkeypatch.setattr("sys.argv", ["runs", *map(str, words)])
    code = main()
    captured = capsys.readouterr()
    return code, captured.out + captured.err


def test_runs_are_listed_and_compared(
    runs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    narrow = runs / "narrow" / "version_0"
    code, text = _call(monkeypatch, capsys, runs)
    assert code == 0
    head, *rows = text.splitlines()
    assert head.split()[:5] == ["run", "recipe", "begun", "state", "steps"]
    assert [row.split()[:2] for row in rows] == [
        ["narrow/version_0", "dgt_small"],
        ["wide/version_0", "dgt_small"],
    ]
    assert all("finished" in row and " 6 " in row and " MB" in row for row in rows)
    code, text = _call(monkeypatch, capsys, runs, "--json")
    listed: dict[str, Any] = json.loads(text)
    best = listed["runs"][0]["metrics"]
    assert {"log_spectral_distance", "spectral_convergence"} <= best.keys()
    assert f"{best['log_spectral_distance']:.2f}" in rows[0]
    size = sum(path.stat().st_size for path in narrow.rglob("*") if path.is_file())
    assert listed["runs"][0]["size_bytes"] == size
    code, text = _call(monkeypatch, capsys, narrow, runs / "wide")
    (row,) = [line for line in text.splitlines() if "." in line.split()[0]]
    assert row.split() == ["model.latent.dim", "2", "4"]
    code, text = _call(monkeypatch, capsys, narrow, runs / "wide", "--json")
    assert json.loads(text)["differences"] == {"model.latent.dim": [2, 4]}


def test_what_cannot_be_opened_is_listed_with_the_reason(
    runs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (runs / "narrow" / "version_0" / "versions.json").write_text('{"format": 1}')
    (runs / "wide" / "version_0" / "config.yaml").write_text("[")
    code, text = _call(monkeypatch, capsys, runs)
    assert code == 0
    assert text.count("unreadable") == 2
    assert "got format 1 " in text
    assert "is not plain YAML" in text
    code, text = _call(monkeypatch, capsys, runs / "nowhere")
    assert code == 1
    assert text.startswith("error: there is no folder")


def test_the_end_of_a_training_is_listed(runs: Path) -> None:
    folder = runs / "narrow" / "version_0"
    states = []
    for content in ('{"state": "stopped"}', '{"state": 3}', None):
        if content is None:
            (folder / "state.json").unlink()
            (folder / "checkpoints" / "last.ckpt").unlink()
        else:
            (folder / "state.json").write_text(content)
        states.append(find_runs(folder)[0].state)
    assert states == ["stopped", "finished", "unfinished"]
