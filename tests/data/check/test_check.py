"""The check finds what is wrong with a dataset, tells it readably, and its exit code is honest."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vschaos.audio import files as audio
from vschaos.audio.files import probe, write_audio
from vschaos.cli import check as check_module
from vschaos.cli.check import main
from vschaos.data.check import inspection
from vschaos.data.check.inspection import Inspection, inspect_dataset

RATE = 8000
Tone = Callable[..., np.ndarray]
Check = Callable[..., tuple[int, str]]


@pytest.fixture
def dataset(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sounds alone, at the rate of a model; each test writes the labels that it is about."""
    monkeypatch.setattr(inspection, "SAMPLE_RATE", RATE)
    shutil.rmtree(dataset / "metadata")
    return dataset


@pytest.fixture
def check(
    dataset: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Check:
    """Runs the command on the dataset: its exit code and all that it wrote."""

    def run(*arguments: str, root: Path = dataset) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["check", str(root), *arguments])
        code = main()
        written = capsys.readouterr()
        return code, written.out if code == 0 or written.out else written.err

    return run


def _label(root: Path, name: str, metadata: str, classes: str = "", **tracks: str) -> None:
    folder = root / "metadata" / name
    (folder / "tracks").mkdir(parents=True)
    (folder / "metadata.txt").write_text(metadata, encoding="utf-8")
    if classes:
        (folder / "classes.txt").write_text(classes, encoding="utf-8")
    for track, content in tracks.items():
        (folder / "tracks" / f"{track}.txt").write_text(content, encoding="utf-8")


def _found(inspection: Inspection) -> list[tuple[str, str, str]]:
    """Severity, place and message of all findings."""
    findings = [*inspection.findings, *(one for task in inspection.tasks for one in task.findings)]
    return [(severity, place, message) for severity, _, place, message in findings]


def test_a_good_dataset_has_no_remark(dataset: Path, check: Check) -> None:
    _label(dataset, "timbre", "data/a.wav\tbell\ndata/deep/c.wav\treed\n", "0\tbell\n1\treed\n")
    code, text = check("--strict")
    assert code == 0
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert lines == [
        str(dataset),
        "files 4, of which 4 can be used",
        "duration 2.0 s",
        "sample rates 8000 Hz",
        "channels mono",
        "encodings WAV FLOAT",
        "",
        "labels timbre",
        "values 2 classes",
        "labelled 2 of 4 files, 50.0% of the time",
        "bell 0.5 s " + 30 * "█",
        "reed 0.5 s " + 30 * "█",
        "",
        "nothing to remark",
    ]


def test_a_dataset_without_labels_is_good(check: Check) -> None:
    code, text = check("--strict")
    assert code == 0
    assert "no labels" in text


def _write_junk(folder: Path, tone: np.ndarray) -> None:
    (folder / "x.wav").write_bytes(b"junk" * 99)


def _write_nothing(folder: Path, tone: np.ndarray) -> None:
    (folder / "x.wav").write_bytes(b"")


def _write_no_sample(folder: Path, tone: np.ndarray) -> None:
    write_audio(folder / "x.wav", tone[:0], RATE)


def _write_nan(folder: Path, tone: np.ndarray) -> None:
    write_audio(folder / "x.wav", np.append(tone, np.nan), RATE)


def _write_silence(folder: Path, tone: np.ndarray) -> None:
    write_audio(folder / "x.wav", 1e-5 * tone, RATE)


def _write_short(folder: Path, tone: np.ndarray) -> None:
    write_audio(folder / "x.wav", tone[100:611], RATE)


def _write_copies(folder: Path, tone: np.ndarray) -> None:
    (folder / "x.wav").write_bytes((folder / "a.wav").read_bytes())


def _write_another_rate(folder: Path, tone: np.ndarray) -> None:
    write_audio(folder / "x.wav", tone, 11025)


def _write_clipped(folder: Path, tone: np.ndarray) -> None:
    write_audio(folder / "x.wav", np.clip(4 * tone, -1, 1), RATE)


@pytest.mark.parametrize(
    ("write", "severity", "message"),
    [
        (_write_junk, "error", "it cannot be read as audio"),
        (_write_nothing, "error", "it is empty"),
        (_write_no_sample, "error", "it is empty"),
        (_write_nan, "error", "NaN or infinite"),
        (_write_silence, "warning", "it is silent (no sample above -80 dB)"),
        (_write_short, "warning", "511 samples at 8000 Hz, at least 512 expected"),
        (_write_copies, "warning", "the same as data/a.wav"),
        (_write_another_rate, "warning", "4 at 8000 Hz, 1 at 11025 Hz"),
        (_write_clipped, "note", "alike, at a peak of 1.00"),
    ],
)
def test_what_is_wrong_with_a_sound_is_found(
    dataset: Path,
    check: Check,
    tone: Tone,
    write: Callable[[Path, np.ndarray], None],
    severity: str,
    message: str,
) -> None:
    write(dataset / "data", tone())
    (found,) = _found(inspect_dataset(dataset))
    assert found[0] == severity
    assert message in " ".join(found[1:])
    code, text = check()
    assert code == (severity == "error")
    assert message in text
    assert f"\n1 {severity}\n" in text
    if severity != "warning" or "Hz, 1 at" not in message:
        assert "data/x.wav" in text
    assert check("--strict")[0] == (severity != "note")


def test_a_sound_that_just_suffices_is_not_remarked(dataset: Path, tone: Tone) -> None:
    write_audio(dataset / "data" / "x.wav", tone()[:512], RATE)
    loud = tone(amplitude=1.4)  # a little beyond full scale, in floats, is not clipped
    write_audio(dataset / "data" / "y.wav", loud, RATE)
    inspection = inspect_dataset(dataset)
    assert _found(inspection) == []
    assert len(inspection.usable) == inspection.num_files == 6


def test_only_sounds_that_can_be_used_count(dataset: Path, tone: Tone) -> None:
    for write in (_write_junk, _write_silence):
        write(dataset / "data", tone())
        (dataset / "data" / "x.wav").rename(dataset / "data" / f"{write.__name__}.wav")
    inspection = inspect_dataset(dataset)
    counts = (inspection.num_files, len(inspection.readable), len(inspection.usable))
    assert counts == (6, 5, 4)
    assert inspection.seconds == 2.0


@pytest.mark.parametrize("start", [0, 1950])
def test_a_long_file_is_judged_as_a_whole(
    dataset: Path, monkeypatch: pytest.MonkeyPatch, tone: Tone, start: int
) -> None:
    monkeypatch.setattr(audio, "BLOCK_LENGTH", 100)
    sound = np.zeros(2000, np.float32)
    sound[start : start + 50] = np.clip(4 * tone()[:50], -1, 1)
    write_audio(dataset / "data" / "x.wav", sound, RATE)
    (found,) = _found(inspect_dataset(dataset))
    assert found[:2] == ("note", "data/x.wav")
    assert "peak of 1.00" in found[2]


def test_every_copy_is_reported_once(dataset: Path) -> None:
    for name in ("x", "y"):
        (dataset / "data" / f"{name}.wav").write_bytes((dataset / "data/b.wav").read_bytes())
        (dataset / "data" / f"empty {name}.wav").write_bytes(b"")
    places = [
        place for severity, place, _ in _found(inspect_dataset(dataset)) if severity == "warning"
    ]
    assert places == ["data/x.wav", "data/y.wav"]


@pytest.mark.parametrize(("factor", "how"), [(-1.0, "silent"), (-0.9, "26 dB softer")])
def test_channels_that_cancel_are_reported(
    dataset: Path,
    check: Check,
    tone: Tone,
    factor: float,
    how: str,
) -> None:
    write_audio(dataset / "data" / "x.wav", np.stack([tone(), factor * tone()]), RATE)
    code, text = check("--strict")
    assert code == 1
    assert "warning: channels that cancel each other (1)" in text
    assert f"data/x.wav  its channels cancel each other (the mix is {how}" in text
    assert "it is silent" not in text


def test_a_sound_beyond_full_scale_is_reported_and_used(
    dataset: Path, check: Check, tone: Tone
) -> None:
    write_audio(dataset / "data" / "x.wav", tone(amplitude=32768.0), RATE)
    code, text = check()
    assert code == 0
    assert "files          5, of which 5 can be used" in text
    assert "warning: sounds beyond full scale (1)" in text
    assert "90 dB above full scale" in text
    assert "data.dataset.beyond_full_scale=keep" in text


def test_sounds_below_the_rate_of_a_model_are_reported(
    dataset: Path,
    check: Check,
    tone: Tone,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inspection, "SAMPLE_RATE", 44100)
    for rate, fits, divisor in (
        (8000, 8000, 4),
        (11025, 11025, 4),
        (32000, 32000, 1),
        (44100, None, 1),
    ):
        write_audio(dataset / "data" / "x.wav", tone(sample_rate=rate), rate)
        code, text = check()
        assert code == 0
        shown = " ".join(text.split())  # places are padded
        assert "sounds at 8000 Hz they have nothing above 4000 Hz, so a model of 44100 Hz" in shown
        assert ("model.sample_rate=" in text) == (fits is not None)
        assert f"model.sample_rate={fits} fits all of them" in text or fits is None
        assert (f"are divided by {divisor}" in text) == (divisor > 1)
        assert "data.sample_rate" not in text


def test_nothing_to_learn_from_is_an_error(tmp_path: Path, check: Check) -> None:
    (tmp_path / "bad" / "data").mkdir(parents=True)
    write_audio(tmp_path / "bad" / "data" / "a.wav", np.zeros(1000), RATE)
    _label(tmp_path / "bad", "t", "data/a.wav\t0\n")
    code, text = check(root=tmp_path / "bad")
    assert code == 1
    assert "no file can be used" in text
    assert "0 of 0 files, 0.0% of the time" in text


def test_no_folder_and_no_audio_are_one_sentence(tmp_path: Path, check: Check) -> None:
    code, text = check(root=tmp_path / "nowhere")
    assert (code, text.count("\n")) == (1, 1)
    assert "nowhere" in text
    (tmp_path / "empty").mkdir()
    code, text = check(root=tmp_path / "empty")
    assert (code, text.count("\n")) == (1, 1)
    assert "no audio file" in text


def test_labels_are_measured_in_the_time_of_the_sounds(dataset: Path) -> None:
    lines = "data/a.wav\tx.txt\ndata/b.wav\t1\ndata/deep/c.wav\tnone\n"
    _label(dataset, "t", lines, x="0.1,0.2\t0\n0.2,0.25\tnone\n0.3,99\t2\n")
    (task,) = inspect_dataset(dataset).tasks
    assert task.is_class
    assert task.num_sounds == 2
    assert task.seconds == pytest.approx(0.8)
    names, seconds = zip(*task.seconds_of_classes, strict=True)
    assert names == ("0", "1", "2")
    assert seconds == pytest.approx((0.1, 0.5, 0.2))


def test_the_mean_of_numbers_is_over_time(dataset: Path, check: Check) -> None:
    _label(
        dataset, "loudness", "data/a.wav\tx.txt\ndata/b.wav\t-4.5\n", x="0,0.25\t3\n0.25,0.5\t6\n"
    )
    (task,) = inspect_dataset(dataset, ["loudness"]).tasks
    assert not task.is_class
    assert (task.low, task.high, task.mean) == (-4.5, 6.0, pytest.approx(0.0))
    code, text = check("--strict", "--float", "loudness")
    assert code == 0
    assert "range          -4.5 to 6, mean 0\n" in text
    assert "nothing to remark" in text


def test_numbers_are_recognised_and_the_setting_reported(dataset: Path, check: Check) -> None:
    names = ("data/a.wav", "data/b.wav", "data/deep/c.wav")
    _label(dataset, "loudness", "".join(f"{name}\t0.5\n" for name in names))
    _label(dataset, "pitch", f"{names[0]}\t1\n{names[1]}\t1.5\n{names[2]}\t1\n")
    loudness, pitch = inspect_dataset(dataset).tasks
    assert (loudness.is_class, pitch.is_class) == (False, True)
    code, text = check()
    assert code == 1
    assert "metadata/loudness  set data.dataset.metadata_callbacks.loudness.type=float" in text
    assert "metadata/pitch/metadata.txt:2  expected a class number" in text


def test_labels_that_are_not_understood_are_errors(dataset: Path, check: Check) -> None:
    lines = "data/a.wav\t0\n" + "".join(f"data/x{number}.wav\t0\n" for number in range(30))
    _label(dataset, "t", lines)
    code, text = check()
    assert code == 1
    assert "metadata/t/metadata.txt:21  " in text
    assert "metadata/t/metadata.txt:22  " not in text
    assert "... and 10 more" in text
    assert "\n30 errors\n" in text


def test_labels_that_cannot_be_used_do_not_hide_the_others(dataset: Path, check: Check) -> None:
    _label(dataset, "broken", "junk\n")
    _label(dataset, "t", "data/a.wav\t0\n")
    (dataset / "metadata" / "half").mkdir()
    inspection = inspect_dataset(dataset)
    assert [task.can_be_used for task in inspection.tasks] == [False, True]
    places = {place: severity for severity, place, _ in _found(inspection)}
    assert places == {"metadata/broken": "error", "metadata/half": "error"}
    code, text = check()
    assert code == 1
    assert "metadata/broken  has no value that can be used: metadata/broken/metadata.txt:1:" in text
    assert "metadata/half  there is no metadata.txt in it" in text
    assert "1 of 4 files" in text


def test_empty_classes_and_late_segments_are_warnings(dataset: Path, check: Check) -> None:
    classes = "".join(f"{number}\tclass {number}\n" for number in range(15)) + "15\t15\n"
    _label(dataset, "t", "data/a.wav\tx.txt\n", classes, x="0,100\t0\n100,200\t1\n")
    code, text = check()
    assert code == 0
    assert "class 1, class 2, class 3" in text
    assert "class 12 and 2 more" in text  # the 15th is called by its number: perhaps it is none
    assert "in 1 of 4 files, as data/a.wav; are the times in seconds?" in text
    assert "\n2 warnings\n" in text
    assert check("--strict")[0] == 1


def test_a_class_called_by_another_number_is_a_warning(dataset: Path) -> None:
    _label(dataset, "t", "data/a.wav\t0\n", "0\t2\n")
    (found,) = _found(inspect_dataset(dataset))
    assert found[:2] == ("warning", "metadata/t/classes.txt:1")


def test_many_classes_stay_readable(dataset: Path, check: Check, tone: Tone) -> None:
    track = "".join(f"{n / 1000},{(n + 1) / 1000}\t{n}\n" for n in range(400)) + "0.4,0.5\t400\n"
    _label(dataset, "t", "data/a.wav\tx.txt\n", x=track)
    _, text = check()
    rows = [line for line in text.splitlines() if " s " in line]
    assert len(rows) == check_module.MAX_CLASSES + 1
    assert rows[0].split()[:2] == ["400", "0.1"]
    assert rows[-1].endswith("in 377 more classes")


def test_bars_are_as_long_as_the_classes_and_aligned(dataset: Path, check: Check) -> None:
    track = "0,0.375\tété\n0.375,0.5\t弱い\n"
    _label(dataset, "t", "data/a.wav\tx.txt\n", "0\tété\n1\t弱い\n2\tnever\n", x=track)
    _, text = check()
    rows = [line for line in text.splitlines() if line.endswith((" s", "█"))][1:]
    assert [row.count("█") for row in rows] == [30, 10, 0]
    starts = [check_module._width(row[: row.index(" s")]) for row in rows]
    assert len(set(starts)) == 1


def test_a_terminal_of_few_characters_is_enough(
    dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (dataset / "data" / "a.wav").rename(dataset / "data" / "夏.wav")
    (dataset / "data" / "copy.wav").write_bytes((dataset / "data" / "夏.wav").read_bytes())
    _label(dataset, "t", "data/夏.wav\t0\n")
    written = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", written)
    monkeypatch.setattr(sys, "argv", ["check", str(dataset)])
    assert main() == 0
    written.flush()
    text = written.buffer.getvalue().decode()  # type: ignore[attr-defined]
    assert "\\u590f.wav" in text
    assert 30 * "#" in text


def test_the_json_holds_all_of_it(dataset: Path, tmp_path: Path, check: Check, tone: Tone) -> None:
    _write_junk(dataset / "data", tone())
    write_audio(dataset / "data" / "stereo.wav", np.stack([tone(), 0.5 * tone()]), 11025)
    (dataset / "data" / "song.m4a").write_bytes(b"x")
    _label(dataset, "t", "data/a.wav\t1\ndata/nowhere.wav\t0\n")
    code, text = check("--json", str(tmp_path / "deep" / "state.json"))
    assert code == 1
    assert "not looked at  .m4a" in text
    state: dict[str, Any] = json.loads((tmp_path / "deep" / "state.json").read_text())
    assert (state["num_files"], state["num_usable"]) == (6, 5)
    assert state["seconds"] == pytest.approx(2 + 4000 / 11025)
    assert state["sample_rates"] == {"8000": 4, "11025": 1}
    assert state["channels"] == {"1": 4, "2": 1}
    assert state["encodings"] == {"WAV FLOAT": 5}
    assert state["other_files"] == {".m4a": 1}
    assert (state["num_errors"], state["num_warnings"]) == (2, 1)
    assert state["findings"][0]["place"] == "data/x.wav"
    (task,) = state["tasks"]
    assert task["seconds_of_classes"] == [["0", 0.0], ["1", 0.5]]
    assert task["findings"][0]["place"] == "metadata/t/metadata.txt:2"


def test_labels_that_are_not_there_are_reported(check: Check) -> None:
    code, text = check("--float", "loudness")
    assert code == 1
    assert "no labels loudness" in text


def test_debug_shows_the_trace(tmp_path: Path, check: Check) -> None:
    with pytest.raises(FileNotFoundError):
        check("--debug", root=tmp_path / "nowhere")


def test_a_header_is_read_without_its_samples(tmp_path: Path, tone: Tone) -> None:
    write_audio(tmp_path / "a.wav", np.stack([tone(), tone()]), 44100)
    assert probe(tmp_path / "a.wav") == (44100, 2, 4000, "WAV FLOAT")
    (tmp_path / "b.wav").write_text("no sound")
    with pytest.raises(audio.UnusableAudioError, match="cannot be read as audio"):
        probe(tmp_path / "b.wav")
