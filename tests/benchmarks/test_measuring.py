"""The benchmarks' clocks count what they say, and their tables and files hold what was measured."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import measuring
import pytest

PROGRAMS = sorted(
    path
    for path in Path(measuring.__file__).parent.glob("*.py")
    if '__name__ == "__main__"' in path.read_text(encoding="utf-8")
)


def burn(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_a_clock_counts_the_cpu_of_processes_too_and_not_sleep() -> None:
    started = measuring.Clock.now()
    time.sleep(0.2)
    slept = measuring.Clock.now().since(started)
    assert slept.cpu < 0.1 < slept.wall
    code = "import time\nwhile time.process_time() < 0.3: pass"
    spent, _ = measuring.in_a_process("-c", code)
    assert spent.cpu >= 0.3


def test_calls_take_turns_and_their_median_is_kept() -> None:
    order: list[tuple[str, int]] = []

    def call(name: str, seconds: float):
        def once(turn: int) -> None:
            order.append((name, turn))
            burn(0.1 if turn == 0 else seconds)  # a bad start counts for nothing

        return once

    spent = measuring.by_turns({"long": call("long", 0.02), "short": call("short", 0.005)}, 3, 1)
    assert order[:4] == [("long", 0), ("short", 0), ("long", 1), ("short", 1)]
    assert 0.005 <= spent["short"] < spent["long"]
    assert 0.02 <= spent["long"] < 0.1


def test_a_process_gives_its_last_line_and_its_failure() -> None:
    assert measuring.in_a_process("-c", "print(1); print(2)")[1] == "2"
    with pytest.raises(SystemExit, match="no such sound"):
        measuring.in_a_process("-c", "raise SystemExit('no such sound')")


def test_a_table_has_titles_and_leaves_blank_what_is_not_there(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = [{"kind": "wav", "cpu_ms": 1.234}, {"kind": "flac, stereo", "cpu_ms": None}]
    measuring.show(rows, {"kind": "<", "cpu_ms": ".2f"})
    assert capsys.readouterr().out.splitlines() == [
        "kind          cpu ms",
        "wav             1.23",
        "flac, stereo",
    ]


def test_a_file_states_the_machine_and_the_date(tmp_path: Path) -> None:
    measuring.write(tmp_path / "found.json", [{"a": 1}])
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["results"] == [{"a": 1}]
    assert all(found[key] for key in ("processor", "python", "torch", "date"))
    measuring.write(None, [])


def test_memory_grows_with_what_is_held() -> None:
    code = (
        "import measuring; before = measuring.peak_memory_mb(); "
        "held = bytearray(b'1') * 50_000_000; print(measuring.peak_memory_mb() - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(measuring.__file__).parent,
    )
    assert 45 < float(done.stdout) < 60


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_each_program_is_listed_and_states_its_command(program: Path) -> None:
    listed = (program.parent / "README.md").read_text(encoding="utf-8")
    assert f"`{program.name}" in listed
    assert f"python benchmarks/{program.name}" in program.read_text(encoding="utf-8")
