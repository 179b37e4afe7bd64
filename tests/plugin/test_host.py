"""A host process that crashes, hangs or prints is noticed, told, and started again."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.plugin import fake_host
from tests.plugin.fake_host import CRASH, EXIT, HANG, NOT_FINITE, PRINT
from tests.plugin.faking import PROGRAM
from vschaos.plugin.host import Host, HostError

LIMIT_SECONDS = 5.0


@pytest.fixture
def host() -> Iterator[Host]:
    with Host("fake.so", 8000, LIMIT_SECONDS, PROGRAM) as host:
        yield host


def play(host: Host, trap: int = 0) -> np.ndarray:
    return host.render({0: 0.5, 1: 0.0, 2: trap / 5}, 69, 127, 0.05, 0.1)


def is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_sound_comes_with_its_shape(host: Host) -> None:
    sound = play(host)
    assert sound.shape == (2, 800)
    assert sound.dtype == np.float32
    assert 0.45 < np.abs(sound).max() <= 0.5
    assert host.names == fake_host.NAMES
    assert host.texts(1, [0, 0.5, 1]) == ["sine", "square", "cube"]


def test_a_state_comes_back_in_another_process(host: Host) -> None:
    host.call("render", positions={"0": 0.25}, note=69, velocity=0, held_seconds=0, seconds=0.1)
    state = host.state()
    host.restart()
    assert host.positions()[0] == 0.5
    host.load_state(state)
    assert host.positions()[0] == 0.25


@pytest.mark.parametrize(
    ("trap", "told"),
    [
        (CRASH, "crashed (SIGSEGV)"),
        (EXIT, "ended with code 3: no display"),
        (NOT_FINITE, "not finite"),
    ],
)
def test_a_failure_is_told_and_the_next_sound_is_as_after_loading(
    host: Host, trap: int, told: str
) -> None:
    first, second = play(host), play(host)
    assert not np.array_equal(first, second)  # it carries a phase along
    with pytest.raises(HostError) as failure:
        play(host, trap)
    assert told in str(failure.value)
    assert np.array_equal(play(host), first)
    assert host.num_starts == 2


def test_a_plugin_that_hangs_is_ended_in_time() -> None:
    with Host("fake.so", 8000, 1.5, PROGRAM) as host:
        play(host)
        assert host._process is not None
        process_id, begun = host._process.pid, time.monotonic()
        with pytest.raises(HostError, match=r"did not answer within 1.5 s"):
            play(host, HANG)
        assert time.monotonic() - begun < 10
        assert not is_alive(process_id)
        play(host)


def test_what_a_plugin_prints_is_no_answer_and_blocks_nothing(host: Host) -> None:
    assert play(host, PRINT).shape == (2, 800)
    play(host)
    assert "to whom it may concern" in host.printed
    assert host.num_starts == 1


def test_what_a_plugin_refuses_ends_nothing(host: Host) -> None:
    with pytest.raises(ValueError, match="no state of mine"):
        host.load_state(b"?")
    play(host)
    assert host.num_starts == 1


def test_a_plugin_that_cannot_be_loaded_is_no_crash() -> None:
    with (
        Host("broken.so", program=PROGRAM) as host,
        pytest.raises(ValueError, match=r"broken\.so: it is broken"),
    ):
        play(host)


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("print('hello ' * 20)", "answered nonsense"),
        ("raise SystemExit('gone')", "ended with code 1: gone"),
    ],
)
def test_a_program_that_is_no_host_is_told(program: str, told: str) -> None:
    with (
        Host("fake.so", program=[sys.executable, "-c", program]) as host,
        pytest.raises(HostError, match=told),
    ):
        play(host)


@pytest.mark.parametrize("is_busy", [False, True])
def test_a_host_process_ends_with_the_one_that_started_it(is_busy: bool, tmp_path: Path) -> None:
    """Also from within a plug-in that hangs: the system ends it at twice the time limit."""
    asked = f"host.render({{2: {HANG / 5}}}, 69, 127, 0.05, 0.1)" if is_busy else "host.names"
    program = (
        "import os, threading, time\n"
        "from vschaos.plugin.host import Host\n"
        f"host = Host('fake.so', 8000, 1.0, {list(PROGRAM)!r})\n"
        "host.names\n"
        f"open({str(tmp_path / 'id')!r}, 'w').write(str(host._process.pid))\n"
        f"threading.Thread(target=lambda: {asked}, daemon=True).start()\n"
        "time.sleep(0.3)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", program])
    process_id = int((tmp_path / "id").read_text())
    for _ in range(100):
        if not is_alive(process_id):
            return
        time.sleep(0.1)
    pytest.fail("it lives on")
