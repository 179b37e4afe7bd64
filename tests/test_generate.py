"""The generating command knows what the package offers, and which files it is to take."""

from __future__ import annotations

import argparse
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from vschaos.audio import write_audio
from vschaos.generation import KINDS
from vschaos.models.spectral_vae import SpectralVAE


@pytest.fixture
def generate(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(Path(__file__).parents[1])
    import generate

    return generate


def _run(root: Path | str, held_out: list[str]) -> Any:
    config = {"data": {"dataset": {"root": str(root), "channel": "mix"}}}
    return SimpleNamespace(config=config, split={"held_out": held_out}, sample_rate=8000)


def test_its_choices_are_those_of_the_package(generate: ModuleType) -> None:
    assert set(generate.TRAJECTORIES) == set(KINDS)
    assert set(generate.INVERSIONS) == set(SpectralVAE.inversions)


def test_held_out_files_have_names_of_their_own(
    generate: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    held_out = ["data/cello/A4.wav", "data/flute/A4.wav", "data/B.1.wav"]
    assert generate._input_files(_run("~/set", held_out), None) == [
        (tmp_path / "set" / "data/cello/A4.wav", "A4"),
        (tmp_path / "set" / "data/flute/A4.wav", "A4_2"),
        (tmp_path / "set" / "data/B.1.wav", "B.1"),
    ]


def test_a_training_without_held_out_files_needs_some(generate: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no file was held out.*--files"):
        generate._input_files(_run(tmp_path, []), None)


def test_given_files_and_folders_are_taken(generate: ModuleType, tmp_path: Path) -> None:
    run = _run(tmp_path, ["data/not_this.wav"])
    for name in ("a.wav", "folder/a.wav", "folder/deep/b.flac"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    files = generate._input_files(run, [tmp_path / "a.wav", tmp_path / "folder"])
    assert [name for _, name in files] == ["a", "a_2", "deep/b"]
    (tmp_path / "empty").mkdir()
    for missing in ("empty", "none.wav"):
        with pytest.raises(FileNotFoundError, match=missing):
            generate._input_files(run, [tmp_path / missing])


def test_a_file_that_cannot_be_morphed_is_named(generate: ModuleType, tmp_path: Path) -> None:
    write_audio(tmp_path / "good.wav", np.ones(100, np.float32), 8000)
    write_audio(tmp_path / "empty.wav", np.ones(0, np.float32), 8000)
    (tmp_path / "text.wav").write_text("no sound")
    for bad in ("empty.wav", "text.wav"):
        options = argparse.Namespace(files=[tmp_path / "good.wav", tmp_path / bad])
        with pytest.raises(ValueError, match=f"{bad} cannot be used: it"):
            generate.morph_files(_run(tmp_path, []), tmp_path, options)
