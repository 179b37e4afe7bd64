"""The generating command knows what the package offers, and which files it is to take."""

from __future__ import annotations

import argparse
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest
import soundfile
import torch

from vschaos.audio.files import write_audio
from vschaos.cli import export, generating
from vschaos.cli.generate import INVERSIONS, TRAJECTORIES, parser_of_all
from vschaos.folders import is_made
from vschaos.generation import KINDS, SoundWriter, find_inputs
from vschaos.generation.inputs import Input
from vschaos.models.spectral_vae import SpectralVAE
from vschaos.outputs import identities


def _run(root: Path) -> Any:
    config = {"data": {"dataset": {"root": str(root), "channel": "mix"}}}
    return SimpleNamespace(
        config=config,
        split={},
        sample_rate=8000,
        conditioning_tasks=[],
        autoencoder=None,
        spectral=lambda inversion: None,
        play_with=lambda texture, match: None,
    )


def test_its_choices_are_those_of_the_package() -> None:
    assert set(TRAJECTORIES) == {*KINDS, "prior"}
    assert set(INVERSIONS) == set(SpectralVAE.inversions)


def test_a_file_that_cannot_be_morphed_is_named(tmp_path: Path) -> None:
    write_audio(tmp_path / "good.wav", np.ones(100, np.float32), 8000)
    write_audio(tmp_path / "empty.wav", np.ones(0, np.float32), 8000)
    (tmp_path / "text.wav").write_text("no sound")
    for bad in ("empty.wav", "text.wav"):
        inputs = [Input(tmp_path / name, name) for name in ("good.wav", bad)]
        options = argparse.Namespace(files=None)
        job = generating.Job(_run(tmp_path), tmp_path, {}, options, inputs, SoundWriter(8000, 8000))
        with pytest.raises(ValueError, match=f"{bad} cannot be used: it"):
            generating.morph_files(job)


class Echo:
    """A run whose model gives back its input."""

    sample_rate = 8000
    frame_rate = 800.0
    conditioning_tasks: ClassVar[list[str]] = []
    split: ClassVar[dict[str, Any]] = {}
    model = SimpleNamespace(
        hop_length=10,
        excerpt_centres=[0],
        centres=lambda length: torch.arange(0, length, 10),
        vocabularies={},
    )

    def __init__(self, root: Path) -> None:
        self.config = {"data": {"dataset": {"root": str(root), "channel": "mix"}}}

    def reconstruct(self, audio: np.ndarray, *_: Any) -> np.ndarray:
        return audio


def _reconstruct(files: Path, out: Path) -> None:
    run: Any = Echo(files)
    inputs = find_inputs(run, [files])
    options = argparse.Namespace(temperature=0.0, transpose=0.0, inversion=None)
    writer = SoundWriter(8000, 8000, False, identities(entry.file for entry in inputs))
    generating.reconstruct_files(generating.Job(run, out, {}, options, inputs, writer))


def test_each_file_is_handled_for_itself(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """One is broken, one has a name that no disk takes with another ending."""
    folder, sound = tmp_path / "in", np.ones(100, np.float32)
    long = 83 * "夏"  # 249 bytes: with .wav 253
    for name in ("a", "a_2", "z", long):
        write_audio(folder / f"{name}.wav", sound, 8000)
    (folder / f"{long}.wav").rename(folder / f"{long}.aifc")  # 254 bytes; found by what is in it
    soundfile.write(folder / "a.flac", sound, 8000)
    (folder / "broken.wav").write_text("no sound")
    with pytest.raises(ValueError, match=r"skipped 1 of 6 files.*broken\.wav"):
        _reconstruct(folder, tmp_path / "out")
    made = list((tmp_path / "out" / "reconstructions").glob("*.wav"))
    assert len(made) == 5
    assert "broken.wav" in caplog.text


def test_a_reconstruction_does_not_replace_its_input(tmp_path: Path) -> None:
    file = tmp_path / "reconstructions" / "a.wav"
    write_audio(file, np.ones(100, np.float32), 8000)
    before = file.read_bytes()
    with pytest.raises(ValueError, match="none of the 1 files"):
        _reconstruct(file.parent, tmp_path)
    assert file.read_bytes() == before


def test_channels_are_listed_in_groups() -> None:
    names = ["latent 1", "latent 2", "latent 3", "pitch", "octave"]
    assert export._channels(names) == "latent 1 ... latent 3, pitch, octave"
    assert export._channels(["audio"]) == "audio"


def test_folders_of_what_is_made_are_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generating, "load_run", lambda *path: _run(tmp_path))
    monkeypatch.setattr(generating, "parse_labels", lambda *labels: {})

    def stopped(job: Any) -> None:
        (job.out / "trajectories").mkdir(parents=True)
        raise KeyboardInterrupt

    monkeypatch.setattr(generating, "make_trajectories", stopped)
    words = ["trajectories", str(tmp_path), "--out", str(tmp_path / "out")]
    options = parser_of_all().parse_args(words)
    with pytest.raises(KeyboardInterrupt):
        generating.generate(options)
    assert is_made(tmp_path / "out" / "trajectories")
    assert not is_made(tmp_path / "out")  # which may be a folder of the user's
