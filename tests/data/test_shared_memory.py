"""A training whose loader's workers find no shared memory says so, and ends."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
import yaml

from tests.test_configs import TINY, composed
from vschaos.batch import Batch
from vschaos.data.loading import Shared, check_shared_memory
from vschaos.training import train

ROOT = Path(__file__).parents[2]
PRIVATE = "mount -t tmpfs -o size={size} tmpfs /dev/shm && exec {program}"
TRAIN = """
import sys, yaml
from vschaos.cli.command import run_command
from vschaos.data import datamodule
from vschaos.training import train
datamodule.check_shared_memory = lambda *given: None
config = yaml.safe_load(open(sys.argv[1]))
sys.exit(run_command(lambda: train(config) and 0))
"""


def may_mount() -> bool:
    """Whether a folder of ours may lie over /dev/shm for one process alone."""
    if sys.platform != "linux" or shutil.which("unshare") is None:
        return False
    mounted = ["unshare", "-m", "sh", "-c", "mount -t tmpfs -o size=1m tmpfs /dev/shm"]
    return subprocess.run(mounted, capture_output=True).returncode == 0


def train_unchecked(config: dict[str, Any], size: str) -> subprocess.CompletedProcess[str]:
    """Trains in a process of its own, with so much shared memory, of which nothing is asked."""
    file = Path(config["rundir"]).parent / "config.yaml"
    file.write_text(yaml.safe_dump(config))
    program = shlex.join([sys.executable, "-c", TRAIN, str(file)])  # there may be a space in a path
    command = PRIVATE.format(size=size, program=program)
    return subprocess.run(
        ["unshare", "-m", "sh", "-c", command],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
    )


@pytest.fixture
def config(dataset: Path, tmp_path: Path) -> dict[str, Any]:
    """Batches of 1 MB and more, made by two workers."""
    given = ("name=run", f"rundir={tmp_path / 'runs'}", f"data.dataset.root={dataset}")
    loading = ("data.loading.num_workers=2", "data.loading.batch_size=256")
    return composed("dgt_small", *given, *TINY, *loading)


@pytest.mark.slow
def test_a_batch_that_finds_no_room_ends_the_training(config: dict[str, Any]) -> None:
    if not may_mount():
        pytest.skip("mounts a folder over /dev/shm")
    ended = train_unchecked(config, "512k")
    assert ended.returncode == 1, ended.stderr
    assert "shared memory is full: /dev/shm has " in ended.stderr
    assert "set data.loading.num_workers=0" in ended.stderr
    assert "nothing is saved yet" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_what_torch_says_of_it_becomes_a_sentence(
    config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(tensor: torch.Tensor) -> None:
        raise RuntimeError("unable to allocate shared memory(shm) for file </torch_1_2_3>")

    monkeypatch.setattr(torch.Tensor, "share_memory_", refused)
    with pytest.raises(OSError, match=r"at step 0, shared memory is full: .*num_workers=0"):
        train(config)


def test_a_batch_that_never_comes_is_not_waited_for(
    config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = os.getpid()

    def slow(loader: Shared, number: int) -> Batch:
        os.kill(own, signal.SIGTERM)
        time.sleep(4)  # the loader asks its workers every five seconds whether they are there
        return loader.batches[number]

    monkeypatch.setattr(Shared, "__getitem__", slow)
    config["data"]["loading"]["num_workers"] = 1
    with pytest.raises(KeyboardInterrupt, match="stopped at step 0; nothing is saved yet") as stop:
        train(config)
    assert stop.value.args[1] == 128 + signal.SIGTERM


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def test_too_little_is_reported_before_anything_is_made(
    config: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    usage = Usage(64 << 20, 0, 64 << 20)
    monkeypatch.setattr("vschaos.data.loading.SHARED_MEMORY", tmp_path)
    monkeypatch.setattr("vschaos.data.loading.shutil.disk_usage", lambda place: usage)
    check_shared_memory(num_workers=0, batch_size=256, length=8192)
    check_shared_memory(num_workers=2, batch_size=256, length=8192)
    with pytest.raises(ValueError, match=r"64 MB left of 64 MB: set data.loading.num_workers=0"):
        check_shared_memory(num_workers=4, batch_size=256, length=8192)
    config["data"]["loading"] |= {"num_workers": 40}
    with pytest.raises(ValueError, match=r"num_workers=40 needs 120 MB of shared memory"):
        train(config)
    assert not Path(config["rundir"]).exists()
