"""The generating command knows what the package offers, and which files it is to take."""

from __future__ import annotations

import argparse
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from vschaos.audio import write_audio
from vschaos.folders import is_made
from vschaos.generate_options import INVERSIONS, TRAJECTORIES
from vschaos.generation import KINDS
from vschaos.models.spectral_vae import SpectralVAE


@pytest.fixture
def generate(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(Path(__file__).parents[1])
    import generate

    return generate


def _run(root: Path) -> Any:
    config = {"data": {"dataset": {"root": str(root), "channel": "mix"}}}
    return SimpleNamespace(config=config, sample_rate=8000, model=SimpleNamespace(told=[]))


def test_its_choices_are_those_of_the_package() -> None:
    assert set(TRAJECTORIES) == {*KINDS, "prior"}
    assert set(INVERSIONS) == set(SpectralVAE.inversions)


def test_a_file_that_cannot_be_morphed_is_named(generate: ModuleType, tmp_path: Path) -> None:
    write_audio(tmp_path / "good.wav", np.ones(100, np.float32), 8000)
    write_audio(tmp_path / "empty.wav", np.ones(0, np.float32), 8000)
    (tmp_path / "text.wav").write_text("no sound")
    for bad in ("empty.wav", "text.wav"):
        options = argparse.Namespace(files=[tmp_path / "good.wav", tmp_path / bad])
        with pytest.raises(ValueError, match=f"{bad} cannot be used: it"):
            generate.morph_files(_run(tmp_path), tmp_path, {}, options)


def test_channels_are_told_in_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[1])
    import script

    names = ["latent 1", "latent 2", "latent 3", "pitch", "octave"]
    assert script._channels(names) == "latent 1 ... latent 3, pitch, octave"
    assert script._channels(["audio"]) == "audio"


def test_folders_of_what_is_made_are_marked(
    generate: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vschaos.load_run", lambda *path: _run(tmp_path))
    monkeypatch.setattr("vschaos.generation.parse_labels", lambda *labels: {})

    def stopped(run: Any, out: Path, *rest: Any) -> None:
        (out / "trajectories").mkdir(parents=True)
        raise KeyboardInterrupt

    monkeypatch.setattr(generate, "walk", stopped)
    words = ["trajectories", str(tmp_path), "--out", str(tmp_path / "out")]
    options = generate.make_parser().parse_args(words)
    with pytest.raises(KeyboardInterrupt):
        generate.generate(options)
    assert is_made(tmp_path / "out" / "trajectories")
    assert not is_made(tmp_path / "out")  # which may be a folder of the user's
