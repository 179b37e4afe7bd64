"""A full disk, a missing folder: the last good checkpoint stays, and one sentence says so."""

from __future__ import annotations

import errno
import os
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.training.conftest import Curve, assert_same, kept
from vschaos.batch import Batch
from vschaos.models.spectral_vae import SpectralVAE
from vschaos.training import train
from vschaos.training.learner import Learner


@pytest.fixture
def room() -> Iterator[Any]:
    """Sets the largest size of a file; all sizes are possible again afterwards."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def leave(num_bytes: int) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, before[1]))

    yield leave
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def folder_of(config: dict[str, Any]) -> Path:
    return Path(config["rundir"]) / config["name"] / "version_0"


def assert_resumes(config: dict[str, Any], curve: Curve) -> None:
    assert not [*folder_of(config).rglob("*.partial")]
    train({**config, "resume": True})
    curve.losses.clear()
    unbroken = train({**config, "name": "unbroken"})
    assert unbroken is not None
    for checkpoint in ("last", "best"):
        assert_same(kept(folder_of(config), checkpoint), kept(unbroken, checkpoint), checkpoint)


def test_a_checkpoint_that_finds_no_room_leaves_the_one_before(
    config: dict[str, Any], curve: Curve, room: Any
) -> None:
    curve.events[4] = lambda: room(50_000)
    with pytest.raises(OSError, match=r"ended at step 6, .*: .*ckpt; .*last.ckpt holds step 3, re"):
        train(config)
    room(resource.RLIM_INFINITY)
    assert_resumes(config, curve)


def test_a_disk_that_is_full_is_named(
    config: dict[str, Any], curve: Curve, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_bytes = Path.write_bytes

    def full(self: Path, content: bytes) -> int:
        write_bytes(self, content[:1000])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    curve.events[2] = lambda: monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match=r"No space left .*best.ckpt; nothing is saved yet .*again"):
        train(config)
    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    assert_resumes(config, curve)


def test_curves_that_find_no_room_end_a_training_as_well(
    config: dict[str, Any], curve: Curve, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torch.utils.tensorboard import SummaryWriter

    add_scalar = SummaryWriter.add_scalar

    def full(self: SummaryWriter, *given: Any, **named: Any) -> None:
        if len(curve.losses) == 6:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        add_scalar(self, *given, **named)

    monkeypatch.setattr(SummaryWriter, "add_scalar", full)
    with pytest.raises(OSError, match=r"at step 6, No space left .*; .* holds step 3"):
        train(config)
    monkeypatch.setattr(SummaryWriter, "add_scalar", add_scalar)
    assert_resumes(config, curve)


def test_a_training_needs_its_dataset_only_to_begin(
    config: dict[str, Any], curve: Curve, dataset: Path
) -> None:
    aside = dataset.with_name("aside")
    curve.events[1] = lambda: dataset.rename(aside)
    folder = train(config)
    assert folder is not None
    with pytest.raises(FileNotFoundError, match=r"data\.dataset\.root.*no folder"):
        train({**config, "resume": True})
    aside.rename(dataset)
    assert_resumes(config, curve)


def test_a_run_whose_folder_is_removed_ends_with_a_sentence(
    config: dict[str, Any], curve: Curve
) -> None:
    folder = folder_of(config)

    def remove() -> None:
        shutil.rmtree(folder)
        folder.write_text("in its place")

    curve.events[4] = remove
    with pytest.raises(OSError, match=r"the training ended at step 6, .*version_0"):
        train(config)


def test_a_damaged_checkpoint_is_reported(config: dict[str, Any]) -> None:
    folder = train(config)
    assert folder is not None
    last = folder / "checkpoints" / "last.ckpt"
    last.write_bytes(last.read_bytes()[:5000])
    with pytest.raises(ValueError, match=r"last\.ckpt is damaged .* copy it over this one"):
        train({**config, "resume": True})


def test_a_run_killed_before_its_first_checkpoint_begins_again(
    config: dict[str, Any], curve: Curve
) -> None:
    unbroken = train(config)
    assert unbroken is not None
    expected = [*curve.losses]
    weights = kept(unbroken)
    shutil.rmtree(unbroken / "checkpoints")
    curve.losses.clear()
    assert train({**config, "resume": True}) == unbroken
    assert curve.losses == expected
    assert_same(kept(unbroken), weights)


@pytest.mark.parametrize("growth", [1.1, 1.5])
def test_a_training_that_was_better_in_its_middle_says_so(
    config: dict[str, Any],
    growth: float,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Two epochs; a tenth is chance."""
    measure, steps = SpectralVAE.metrics, config["data"]["loading"]["batches_per_epoch"]
    trained: list[Learner] = []
    begin = Learner.on_train_start

    def begun(self: Learner) -> None:
        trained.append(self)
        begin(self)

    def worse(self: SpectralVAE, batch: Batch) -> dict[str, torch.Tensor]:
        later = bool(trained) and trained[0].global_step > steps
        return {
            **measure(self, batch),
            "log_spectral_distance": torch.tensor(4.0 * growth if later else 4.0),
        }

    monkeypatch.setattr(Learner, "on_train_start", begun)
    monkeypatch.setattr(SpectralVAE, "metrics", worse)
    folder = train(config)
    said = f"nearer after {steps} steps (LSD 4.00 dB) than at the end (LSD {4 * growth:.2f} dB)"
    assert (said in caplog.text) == (growth > 1.2)
    assert (f"name {folder}/checkpoints/best.ckpt in place" in caplog.text) == (growth > 1.2)
