"""Computing that was ended goes on where it was, and leaves no process behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.data.features.toys import Deadly, Endless
from vschaos.audio.files import write_audio
from vschaos.data.cache.store import open_store
from vschaos.data.features.store import FeatureStore, open_features
from vschaos.locks import fcntl

RATE = 8000
LENGTHS = (500, 400, 300, 200, 100)  # the longest is computed first
PROGRAM = """
if __name__ == "__main__":  # and nothing is imported for its own processes
    import sys
    from pathlib import Path
    from tests.data.features.test_computing import open_all
    from tests.data.features.toys import Deadly, Endless

    kind = {"Deadly": Deadly, "Endless": Endless}[sys.argv[2]]
    open_all(Path(sys.argv[1]), kind, int(sys.argv[3]))
    print("done")
"""


def open_all(folder: Path, kind: type[Deadly], num_processes: int) -> FeatureStore:
    sounds = open_store(folder / "mine", RATE, "mix", min_length=1, cache=folder / "cache")
    feature = kind(RATE, 10, str(folder / "armed"), str(folder / "log"), 300)
    return open_features(sounds, [feature], num_processes)["frames"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a dataset, and armed."""
    for length in LENGTHS:
        sound = np.full(length, 0.5, np.float32)
        write_audio(tmp_path / "mine" / "data" / f"{length}.wav", sound, RATE)
    (tmp_path / "armed").touch()
    return tmp_path


def _start(folder: Path, kind: str, num_processes: int) -> subprocess.Popen[str]:
    program = folder / "program.py"
    program.write_text(PROGRAM)
    arguments = [sys.executable, str(program), str(folder), kind, str(num_processes)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    )


def _begun(folder: Path) -> list[int]:
    """Lengths of the sounds whose computing was begun."""
    log = folder / "log"
    lines = log.read_text().splitlines() if log.exists() else []
    return [int(line.split()[0]) for line in lines]


def _processes(folder: Path) -> set[int]:
    return {int(line.split()[1]) for line in (folder / "log").read_text().splitlines()}


def _wait_for(is_true: Callable[[], bool]) -> None:
    for _ in range(30_000):  # a machine may be busy
        if is_true():
            return
        time.sleep(0.01)
    pytest.fail("it did not come")


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{process}/stat")  # nobody may have fetched its exit code yet
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")


def _cached(folder: Path) -> int:
    return len([*folder.glob("cache/features/*/*.feature")])


def test_computing_that_was_killed_goes_on(folder: Path) -> None:
    killed = _start(folder, "Deadly", 1)
    assert killed.communicate()[0] == ""
    assert killed.returncode == -signal.SIGKILL
    assert _begun(folder) == [500, 400, 300]
    assert _cached(folder) == 2
    (folder / "armed").unlink()
    (folder / "log").unlink()
    store = open_all(folder, Deadly, 1)
    assert _begun(folder) == [300, 200, 100]
    assert len(store.paths) == _cached(folder) == 5
    assert not [*folder.glob("cache/features/*/*.partial"), *folder.glob("cache/features/*/*.lock")]


@pytest.mark.slow  # a stopped one by default
def test_a_killed_process_is_reported(folder: Path) -> None:
    with pytest.raises(ChildProcessError, match="a process that computes features was killed"):
        open_all(folder, Deadly, 2)
    (folder / "armed").unlink()
    (folder / "log").unlink()
    open_all(folder, Deadly, 2)
    assert _cached(folder) == 5
    assert 300 in _begun(folder)
    assert len(_begun(folder)) < 5


@pytest.mark.parametrize(
    "ended_by",
    [
        pytest.param(signal.SIGKILL, id="kill -9"),
        pytest.param(signal.SIGINT, id="Ctrl-C", marks=pytest.mark.slow),
    ],
)
def test_no_process_is_left_behind(folder: Path, ended_by: signal.Signals) -> None:
    program = _start(folder, "Endless", 2)
    _wait_for(lambda: len(_begun(folder)) == 2)
    processes = _processes(folder)
    assert len(processes) == 2
    assert program.pid not in processes
    if ended_by == signal.SIGINT:  # a terminal sends it to all of them
        os.killpg(program.pid, ended_by)
    else:
        program.kill()
    assert program.communicate()[0] == ""
    _wait_for(lambda: not any(map(_is_alive, processes)))
    (folder / "armed").unlink()
    open_all(folder, Endless, 1)
    assert _cached(folder) == 5


@pytest.mark.skipif(fcntl is None, reason="files cannot be held")
def test_two_trainings_share_the_work(folder: Path) -> None:
    """What the other one computes is left to it, and waited for at the end."""
    trainings = [threading.Thread(target=open_all, args=(folder, Endless, 1)) for _ in range(2)]
    for number, training in enumerate(trainings, 1):
        training.start()
        _wait_for(lambda number=number: len(_begun(folder)) == number)
    assert _begun(folder) == [500, 400]
    (folder / "armed").unlink()
    for training in trainings:
        training.join()
    assert sorted(_begun(folder)) == sorted(LENGTHS)
    assert _cached(folder) == 5
