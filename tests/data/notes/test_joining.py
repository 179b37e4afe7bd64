"""Notes of any sounds join rendered examples: cut, pitched, split by files, and by number alone."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.data.notes.tones import RATE, note
from tests.training.stub import Level, Sine
from vschaos.audio.files import write_audio
from vschaos.data.loading import Loading
from vschaos.data.rendered import BesideNotes, Rendered
from vschaos.data.sounds import Dataset

HERTZ = {f"tief {number}": 110.0 * 2 ** (number / 12) for number in range(6)}
SEEN_SECONDS = 0.1
MODEL = Level({}, RATE, round(SEEN_SECONDS * RATE) // 8, "amplitude")


def rendered(folder: Path, **settings: int) -> Rendered:
    dataset = Dataset(str(folder), held_out=0.2, cache=str(folder.parent / "cache"))
    return Rendered(0, Sine(1000.0), Loading(4, 3, 0), dataset=dataset, **settings)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six files of two notes, an octave apart, and others that nobody can use."""
    root = tmp_path_factory.mktemp("sounds") / "my sounds"
    for name, hertz in HERTZ.items():
        melody = [note(factor * hertz, 0.06, 0.2, release=0.05) for factor in (1, 2)]
        write_audio(root / "data" / f"{name}.wav", np.concatenate(melody), RATE)
    noise = 0.1 * np.random.default_rng(0).standard_normal(RATE // 4).astype(np.float32)
    write_audio(root / "data" / "noise.wav", noise, RATE)
    write_audio(root / "data" / "silent.wav", np.zeros(RATE // 4, np.float32), RATE)
    (root / "data" / "empty.wav").write_bytes(b"")
    (root / "data" / "broken.wav").write_bytes(b"RIFF\0\0\0\0WAVEnothing")
    return root


@pytest.fixture(scope="module")
def data(folder: Path) -> Rendered:
    opened = rendered(folder, notes=3)
    opened.open(MODEL)
    return opened


def test_notes_come_beside_each_batch_with_their_pitch_and_length(data: Rendered) -> None:
    batch = data.training[0]
    notes = batch.unlabelled
    assert batch.audio.shape == (4, MODEL.excerpt_length)
    assert notes is not None
    assert notes.audio.shape == (3, MODEL.excerpt_length)
    known = 69 + 12 * np.log2(np.array(list(HERTZ.values())) / 440)
    known = np.concatenate([known, known + 12])
    away = np.abs(notes.targets["pitch"].numpy()[:, None] - known).min(1)
    assert away.max() < 0.1  # 10 cents
    # of all released after 60 ms; levels are those of 10 ms
    held = [note.held_seconds for note in data.training.notes.notes]  # type: ignore[attr-defined]
    assert np.median(held) == pytest.approx(0.06, abs=0.02)
    assert (notes.targets["held_seconds"] <= notes.targets["seconds"]).all()
    assert notes.targets["seconds"].tolist() == pytest.approx([SEEN_SECONDS] * 3, abs=0.03)
    assert torch.isfinite(notes.audio).all()
    assert (notes.audio[:, : RATE // 50].abs().amax(1) > 0.05).all()  # it begins at once


def test_notes_of_a_batch_depend_on_its_number_and_the_seed_alone(
    data: Rendered, folder: Path
) -> None:
    batches = [data.training[number] for number in range(4)]
    resumed = rendered(folder, notes=3)
    resumed.open(MODEL, {"parts": {}, "digests": {}, **data.split_to_json()})
    assert isinstance(resumed.training, BesideNotes)
    copied = pickle.loads(pickle.dumps(resumed.training.notes))  # as a worker has it
    for number in (3, 0, 2):
        ours, again = batches[number].unlabelled, copied[number]
        assert ours is not None
        assert torch.equal(again.audio, ours.audio)
        assert torch.equal(again.targets["pitch"], ours.targets["pitch"])
        assert torch.equal(resumed.training[number].audio, batches[number].audio)
    assert batches[0].unlabelled is not None
    assert batches[1].unlabelled is not None
    assert not torch.equal(batches[0].unlabelled.audio, batches[1].unlabelled.audio)


def test_files_are_held_out_whole(data: Rendered) -> None:
    split = json.loads(json.dumps(data.split_to_json()))
    assert split["held_out"]
    assert not {*split["held_out"]} & {*split["train"]}
    assert split["rendered"] == {"seed": 0, "held_out": 0.1}
    assert data.unlabelled is not None
    of_files = {name.rpartition("@")[0] for name in data.unlabelled.names}
    assert of_files <= {*split["held_out"]}
    trained = {note.file.name for note in data.training.notes.notes}  # type: ignore[attr-defined]
    assert trained <= {*split["train"]}
    sounds = list(data.val_dataloader())
    assert len(sounds) == len(data.validation) + len(data.unlabelled)
    assert "amplitude" in sounds[0].targets
    assert {*sounds[-1].targets} == {"pitch", "held_seconds", "seconds"}
    assert "beside each batch 3 notes" in data.describe()


def test_what_cannot_be_used_is_left_out_and_told(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = rendered(folder)
    data.open(MODEL)
    data.training[0]
    for name in ("silent", "empty", "broken"):
        assert f"skipped data/{name}.wav" in caplog.text or f"{name}.wav:" in caplog.text
    assert "1 pieces of sound have no clear pitch and are left out; 1 files" in caplog.text
    assert "noise.wav" in caplog.text


def test_sounds_without_any_pitch_are_refused(tmp_path: Path) -> None:
    for number in range(2):
        noise = np.random.default_rng(number).standard_normal(RATE // 4).astype(np.float32)
        write_audio(tmp_path / "noises" / "data" / f"{number}.wav", 0.1 * noise, RATE)
    data = rendered(tmp_path / "noises")
    data.open(MODEL)
    with pytest.raises(
        ValueError, match=r"data\.dataset\.root must hold sounds with a clear pitch; got 1"
    ):
        data.training[0]


def test_no_folder_joins_no_notes(folder: Path) -> None:
    nowhere = Dataset(None)  # type: ignore[arg-type]  # as a configuration may have it
    data = Rendered(0, Sine(1000.0), Loading(4, 3, 0), dataset=nowhere)
    data.open(MODEL)
    assert data.training[0].unlabelled is None
    assert data.unlabelled is None
    with pytest.raises(ValueError, match=r"data\.notes must be a whole number from 1 on, got 0"):
        rendered(folder, notes=0)
