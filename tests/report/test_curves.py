"""Curves show each measurement once, also of a resumed training."""

import time
from pathlib import Path

import pytest
from torch.utils.tensorboard import SummaryWriter

from vschaos.models.base import Metric
from vschaos.report.curves import MAX_POINTS, draw_curves, read_logs


def write(folder: Path, number: int, values: dict[int, float], tag: str = "train/total") -> None:
    """An event file of one part of a training; parts differ in the seconds of their names."""
    with SummaryWriter(str(folder), filename_suffix=f".{number}") as writer:
        for step, value in values.items():
            writer.add_scalar(tag, value, step)
    time.sleep(0.01)


def test_a_part_begins_at_the_last_checkpoint(tmp_path: Path) -> None:
    write(tmp_path, 0, {0: 5.0, 50: 4.0, 100: 3.0, 150: 2.5})
    write(tmp_path, 1, {100: 3.1, 150: 2.6, 200: 2.0})
    (curve,) = draw_curves(read_logs(tmp_path))
    assert curve["steps"] == [0, 50, 100, 150, 200]
    assert curve["values"] == pytest.approx([5.0, 4.0, 3.1, 2.6, 2.0])
    logs = read_logs(tmp_path)
    assert 0.0 <= logs.seconds <= time.time() - logs.began < 60.0


def test_repeated_values_count_once(tmp_path: Path) -> None:
    write(tmp_path, 0, {0: 5.0, **dict.fromkeys(range(50, 60), 4.0), 100: 4.0})
    (curve,) = draw_curves(read_logs(tmp_path))
    assert curve["steps"] == [0, 50, 100]


def test_other_logs_and_infinite_values_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, 0, {0: 1.0}, "weight/kl")
    write(tmp_path, 1, {0: 1.0, 50: float("inf"), 100: float("nan")}, "train/kl")
    write(tmp_path, 2, {99: 3.0}, "val/log_spectral_distance")
    drawn = draw_curves(read_logs(tmp_path))
    assert [curve["name"] for curve in drawn] == ["log_spectral_distance", "kl"]
    assert drawn[1]["steps"] == [0]


def test_tracked_metrics_come_first_with_their_label_and_unit(tmp_path: Path) -> None:
    for number, tag in enumerate(("train/kl", "val/accuracy", "val/lsd", "train/total")):
        write(tmp_path, number, {number: 1.0}, tag)
    drawn = draw_curves(read_logs(tmp_path), [Metric("lsd", "LSD", "dB")])
    shown = [(curve["group"], curve["name"], curve["unit"]) for curve in drawn]
    assert shown == [
        ("val", "LSD", "dB"),
        ("val", "accuracy", ""),
        ("train", "total", ""),
        ("train", "kl", ""),
    ]


def test_long_curves_are_thinned_by_means(tmp_path: Path) -> None:
    write(tmp_path, 0, {step: step % 2 for step in range(3 * MAX_POINTS)})
    (curve,) = draw_curves(read_logs(tmp_path))
    assert len(curve["steps"]) == MAX_POINTS
    assert curve["steps"][-1] == 3 * MAX_POINTS - 1
    assert min(curve["values"]) > 0.3
    assert max(curve["values"]) < 0.7


def test_a_truncated_file_is_read_up_to_its_end(tmp_path: Path) -> None:
    write(tmp_path, 0, dict.fromkeys(range(0, 1000, 50), 1.0))
    (file,) = tmp_path.glob("events.*")
    file.write_bytes(file.read_bytes()[:-20])
    (curve,) = draw_curves(read_logs(tmp_path))
    assert len(curve["steps"]) == 19


def test_no_logs_no_curves(tmp_path: Path) -> None:
    assert draw_curves(read_logs(tmp_path / "logs")) == []
