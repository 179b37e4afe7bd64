"""A dataset is the same however it is rendered, survives a kill, and says what it left out."""

import json
import logging
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.plugin.fake_host import CRASH, HANG
from tests.plugin.faking import PROGRAM, fake_description
from vschaos.audio.files import read_audio
from vschaos.data.check.inspection import inspect_dataset
from vschaos.data.metadata.task import read_task
from vschaos.plugin import rendering
from vschaos.plugin.draws import Source, free_parameters
from vschaos.plugin.host import HostError
from vschaos.plugin.rendering import Job, hashes, render

NUM_SOUNDS = 8
ONE_STEP = 1 / 32768  # of 16 bits
Make = Callable[..., Job]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Jobs of three draws a shard, of the fake plug-in."""
    monkeypatch.setattr(rendering, "SHARD", 3)

    def make_job(name: str = "out", old: str = "", new: str = "", **settings: object) -> Job:
        description = fake_description(tmp_path, old, new)
        free = free_parameters(description, None)
        parents = np.zeros((0, 4))
        base = description.base()
        source = Source(description, base, free, parents, description.notes, (127,), 1)
        values = {"time_limit_seconds": 10.0, "program": PROGRAM, "count": NUM_SOUNDS, **settings}
        return Job(
            tmp_path / name, description.find(), source, held_seconds=0.05, seconds=0.1, **values
        )  # type: ignore[arg-type]

    return make_job


@pytest.fixture
def whole(make: Make) -> dict[str, str]:
    """The hashes of a dataset rendered in one go."""
    job = make("whole")
    assert render(job) == (NUM_SOUNDS, 0, {}, 0)
    return hashes(job)


def test_sounds_and_labels_are_those_of_the_draws(make: Make) -> None:
    job = make()
    assert render(job, 2) == (NUM_SOUNDS, 0, {}, 0)
    level = read_task(job.root, "level", kind="float")
    shape = read_task(job.root, "shape")
    note = read_task(job.root, "note", kind="float")
    assert shape.vocabulary.classes == ("sine", "square", "cube")
    assert not level.problems + shape.problems + note.problems
    assert len(level.segments) == NUM_SOUNDS
    for number, (name, segments) in enumerate(sorted(level.segments.items())):
        draw = job.source.draw(number)
        assert segments[0].value == pytest.approx(draw.positions[0], abs=1e-6)
        assert note.segments[name][0].value == draw.note
        peak = np.abs(read_audio(job.root / name, 8000)).max()
        assert peak == pytest.approx(draw.positions[0], rel=0.05)  # between two samples
    findings = inspect_dataset(job.root, ["level", "note", "velocity"]).findings
    assert {finding.severity for finding in findings} <= {"note"}  # of the low sample rate


def test_processes_interruptions_and_shares_change_nothing(
    make: Make, whole: dict[str, str]
) -> None:
    one = make("shared")
    assert render(one, 1, (2, 2)).missing == 2
    assert not (one.root / "metadata").exists()
    assert render(one, 2, (1, 2)) == (NUM_SOUNDS, 0, {}, 0)
    assert hashes(one) == whole
    assert len(set(whole.values())) == NUM_SOUNDS


def test_a_killed_job_resumes(make: Make, whole: dict[str, str], tmp_path: Path) -> None:
    job = make("killed", count=NUM_SOUNDS)
    program = f"""
import sys, time
from pathlib import Path
from tests.plugin.faking import fake_description, PROGRAM
from vschaos.plugin import rendering
from vschaos.plugin.draws import Source, free_parameters
import numpy as np
rendering.SHARD = 3
description = fake_description(Path({str(tmp_path)!r}))
source = Source(description, description.base(), free_parameters(description, None),
                np.zeros((0, 4)), description.notes, (127,), 1)
job = rendering.Job(Path({str(job.root)!r}), description.find(), source, {NUM_SOUNDS}, 0.05, 0.1,
                    program=PROGRAM, time_limit_seconds=10.0)
first = rendering._ShardRenderer.render
def slowly(self, number):
    first(self, number)
    print(number, flush=True)
    time.sleep(60 if number == 4 else 0)
rendering._ShardRenderer.render = slowly
rendering.render(job)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == "4":
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert [job.is_there(shard) for shard in range(3)] == [True, False, False]
    kept = (job.folder(0) / "draws.json").stat().st_mtime_ns
    assert render(job) == (NUM_SOUNDS, 0, {}, 0)
    assert (job.folder(0) / "draws.json").stat().st_mtime_ns == kept
    assert hashes(job) == whole


def test_more_sounds_can_be_asked_for_later(make: Make, whole: dict[str, str]) -> None:
    few = make("more", count=4)
    assert render(few).num_sounds == 4
    assert render(make("more")) == (NUM_SOUNDS, 0, {}, 0)
    assert hashes(make("more")) == whole


def test_silent_draws_are_drawn_again_and_counted(make: Make) -> None:
    # a peak of .5 is a sine of -9 dB, less than 2 dB below by the weighting
    job = make(least_db=-9.0)
    found = render(job)
    assert (found.num_sounds, found.skipped) == (NUM_SOUNDS, {})
    assert found.num_silent > 0
    draws = json.loads((job.folder(0) / "draws.json").read_text())["draws"]
    assert all(draw["loudness_db"] >= -9.0 for draw in draws)


def test_a_sound_that_is_always_silent_is_skipped(make: Make) -> None:
    found = render(make(least_db=6.0, count=2))
    assert found.num_sounds == 0
    assert set(found.skipped.values()) == {"20 draws of it were silent"}


@pytest.mark.slow  # a host that crashes is in test_host.py
def test_draws_that_crash_are_skipped_and_told(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    drawn = f"kind: stepped, high: 5, drawn: [0, {CRASH}]"
    change = ("kind: stepped, high: 5, default: 0, frozen: true", f"{drawn}, default: 0")
    with caplog.at_level(logging.WARNING):
        job = make("crashing", *change)
        found = render(job)
    assert found.num_sounds + len(found.skipped) == NUM_SOUNDS
    assert found.skipped
    assert set(found.skipped.values()) == {"the plug-in crashed (SIGSEGV)"}
    assert f"sound {min(found.skipped)} is skipped: the plug-in crashed" in caplog.text
    again = make("crashing too", *change)
    render(again)
    assert hashes(again) == hashes(job)


def test_a_plugin_that_always_hangs_ends_the_job(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendering, "MOST_FAILURES", 2)
    job = make("hanging", "5, default: 0", f"5, default: {HANG}", time_limit_seconds=1.5)
    with pytest.raises(HostError, match=r"2 sounds in a row .* did not answer within 1.5 s"):
        render(job)
    assert not [path for path in (job.root / "data").iterdir() if path.name[0] != "."]


def test_what_one_sound_leaves_is_not_in_the_next(make: Make) -> None:
    """The fake plug-in rings on as a constant; its rest ends that."""
    job = make(
        "ringing", "kind: continuous, default: 0, frozen", "kind: continuous, default: 1, frozen"
    )
    render(job)
    for name in hashes(job):
        assert abs(read_audio(job.root / name, 8000).mean()) < 0.05


def test_a_sound_beyond_full_scale_is_kept_whole(make: Make) -> None:
    job = make("loud", count=2)
    louder = replace(job.source, velocities=(127,))
    renderer = rendering._ShardRenderer(replace(job, source=louder), job.root)
    job.root.mkdir()
    audio = np.full((2, 800), 2.5, dtype=np.float32)
    entry = renderer._write(job.source.draw(0), audio, 0.0)
    stored = read_audio(job.root / entry["file"], 8000)
    assert entry["gain_db"] == pytest.approx(-7.96, abs=0.01)
    assert np.abs(stored - 1).max() <= ONE_STEP


@pytest.mark.parametrize("change", [{"least_db": -50.0}, {"audio": "wav"}])
def test_a_folder_of_other_settings_is_refused(make: Make, change: dict[str, object]) -> None:
    render(make(count=1))
    name = next(iter(change))
    with pytest.raises(
        ValueError, match=rf"other settings \({name} is another\): take another OUT"
    ):
        render(make(count=1, **change))


def test_a_folder_with_other_files_is_refused(make: Make) -> None:
    job = make()
    job.root.mkdir()
    (job.root / "thesis.txt").touch()
    with pytest.raises(ValueError, match="holds other files"):
        render(job)
    assert [path.name for path in job.root.iterdir()] == ["thesis.txt"]


def test_a_disk_that_is_too_full_is_told_before(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("vschaos.files.shutil.disk_usage", lambda _: usage)
    job = make()
    with pytest.raises(ValueError, match=re.escape("8 sounds need 0 MB, 0 MB are free")):
        render(job)
    assert not (job.root / "data").exists()


def test_a_second_job_at_the_same_place_is_refused(make: Make) -> None:
    from vschaos.locks import Lock

    job = make()
    job.root.mkdir()
    (job.root / "render.json").write_text(json.dumps({"key": job.key}))
    lock = Lock(job.root / ".render-1-of-1.lock")
    assert lock.take()
    try:
        with pytest.raises(ValueError, match="is being rendered by another process"):
            render(job)
    finally:
        lock.let_go()


def test_what_failed_ends_soon(make: Make) -> None:
    """Not only when all shards were tried."""
    begun = time.monotonic()
    with pytest.raises(ValueError, match="no parameter Levels, perhaps it is called Level"):
        render(make("wrong", "called: Level", "called: Levels"), 2)
    assert time.monotonic() - begun < 20
