"""The contents of reports of several kinds of runs."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.evaluation.toys import Player, of_rendered_tones, with_model
from tests.families.toy import Toy
from tests.report.conftest import HOSTILE, HOSTILE_CLASS, RATE
from vschaos.audio.files import write_audio
from vschaos.report.gather import gather
from vschaos.report.page import render
from vschaos.runs import Run, make_prior

Content = dict[str, Any]


def test_a_run_without_labels_has_all_that_needs_none(content: Content, plain: Run) -> None:
    listening = content["listening"]
    assert [pair["name"] for pair in listening["reconstructions"]] == plain.split["held_out"]
    for pair in listening["reconstructions"]:
        assert [one["title"] for one in pair["players"]] == ["input", "reconstruction"]
        assert pair["players"][0]["seconds"] == pair["players"][1]["seconds"] == 0.8
        assert re.fullmatch(r"LSD [\d.]+ dB, SC -?[\d.]+ dB", pair["metrics"])
    assert len(listening["points"][0]["marks"]) == 8
    assert len(listening["trajectories"]) == 4
    assert listening["sweeps"] == []
    assert content["predictions"] == []
    assert {curve["group"] for curve in content["curves"]} == {"train", "val"}
    assert dict(content["facts"])["steps"] == "6"
    json.dumps(content, allow_nan=False)


def test_a_sample_of_the_temporal_prior_is_the_first_trajectory(plain: Run) -> None:
    prior = make_prior(plain.model, width=8, num_ways=2, num_places=4).eval()
    first = gather(replace(plain, prior=prior))["listening"]["trajectories"][0]
    assert first["title"] == "sample of the temporal prior"
    assert first["seconds"] == pytest.approx(10.0, abs=0.2)


def test_the_dataset_is_summarised_with_its_labels(content: Content) -> None:
    dataset = content["dataset"]
    assert dataset["sides"]["train"] == {"files": 7, "parts": 0, "seconds": pytest.approx(5.6)}
    assert dataset["sides"]["held_out"] == {"files": 5, "parts": 0, "seconds": pytest.approx(4.0)}
    labels = {label["name"]: label for label in dataset["labels"]}
    assert labels["timbre"]["classes"] == [["low", 4.8], [HOSTILE_CLASS, 4.8]]
    assert labels["timbre"]["use"] == []
    assert labels["height"]["is_class"] is False
    assert labels["height"]["high"] == pytest.approx(1.1)


def test_a_run_with_labels_has_sweeps_and_confusion_matrices(labelled_content: Content) -> None:
    by_class, by_number = labelled_content["listening"]["sweeps"]
    assert [name for _, name in by_class["marks"]] == ["low", HOSTILE_CLASS]
    assert len(by_number["marks"]) == 8
    assert "timbre" in labelled_content["listening"]["trajectories"][0]["title"]
    timbre, height = labelled_content["predictions"]
    frames = 5 * (RATE * 8 // 10 // 256)
    assert frames <= np.sum(timbre["counts"]) <= frames + 5 * 4
    assert 0.0 <= timbre["accuracy"] <= 1.0
    assert height["error"] >= 0.0
    labels = {label["name"]: label for label in labelled_content["dataset"]["labels"]}
    assert labels["timbre"]["use"] == ["conditioning", "prediction"]
    assert labelled_content["map"]["colourings"][0]["name"] == "timbre"


@pytest.mark.slow
def test_sounds_come_from_the_cache_if_their_folder_is_missing(
    sounds: Path, plain: Run, content: Content, tmp_path: Path
) -> None:
    moved = sounds.rename(tmp_path / "moved")
    try:
        without = gather(plain)
    finally:
        moved.rename(sounds)
    assert without["dataset"]["is_there"] is False
    assert without["dataset"]["origin"] == "cache"
    assert without["dataset"]["labels"] == []
    assert without["listening"] == content["listening"]
    names = [colouring["name"] for colouring in without["map"]["colourings"]]
    assert names == ["folder", "side"]


def test_sounds_come_from_the_dataset_where_nothing_is_in_the_cache(
    plain: Run, content: Content, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VSCHAOS_CACHE", str(tmp_path))
    without = gather(plain)
    assert without["dataset"]["origin"] == "dataset"
    assert without["listening"] == content["listening"]
    assert without["map"] == content["map"]
    assert not list(tmp_path.iterdir())  # nothing is imported for a page


def test_without_any_sound_the_model_still_plays(
    sounds: Path, labelled: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VSCHAOS_CACHE", str(tmp_path / "cache"))
    moved = sounds.rename(tmp_path / "moved")
    try:
        without = gather(labelled)
    finally:
        moved.rename(sounds)
    assert without["dataset"]["origin"] == ""
    assert without["listening"]["reconstructions"] == without["listening"]["sweeps"] == []
    assert without["map"] is None
    assert without["predictions"] == []
    assert len(without["listening"]["trajectories"]) == 4
    assert without["curves"]
    assert "some run" in render(without)


def test_a_model_with_metrics_alone_has_the_other_sections(player_content: Content) -> None:
    assert {"listening", "map", "predictions"}.isdisjoint(player_content)
    rows = player_content["metrics"]
    assert len(rows) == 5
    assert re.fullmatch(r"peak -?[\d.]+ dB, duration 0.3", rows[0]["metrics"])
    facts = dict(player_content["facts"])
    assert facts["model"] == "Player"
    assert {"latents", "conditioning", "prediction"}.isdisjoint(facts)
    purposes = [row["purpose"] for row in player_content["commands"]]
    assert purposes[:2] == ["export it for nn~, with its patches", "play it in Max or PureData"]
    assert "decode trajectories" not in purposes
    assert player_content["curves"]
    assert player_content["dataset"]["sides"]["held_out"]["files"] == 5
    assert "peak" in render(player_content)


def test_a_decoder_of_sound_has_trajectories_of_its_controls(plain: Run) -> None:
    run = with_model(plain, Toy({}, plain.sample_rate))
    drawn = gather(run)
    listening = drawn["listening"]
    assert len(listening["reconstructions"]) == 5
    metrics = listening["reconstructions"][0]["metrics"]
    assert re.fullmatch(r"level [\d.]+ dB, distance [\d.]+", metrics)
    assert listening["points"][0]["title"] == "8 random frames, each held"
    assert len(listening["trajectories"]) == 4
    assert listening["sweeps"] == []
    assert drawn["map"]["shares"]


def test_a_run_without_files_shows_rendered_sounds(
    plain: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = gather(of_rendered_tones(plain, Toy({}, plain.sample_rate), monkeypatch))
    assert drawn["dataset"]["root"] == ""
    assert drawn["dataset"]["sides"]["held_out"]["files"] == 3
    names = [pair["name"] for pair in drawn["listening"]["reconstructions"]]
    assert names == ["rendered 0", "rendered 1", "rendered 2"]
    assert {clip["name"] for clip in drawn["map"]["clips"]} == set(names)
    assert not [row for row in drawn["commands"] if "data.check" in row["command"]]
    assert "rendered" in render(drawn)


@pytest.mark.slow
def test_one_file_is_enough(
    tone: Callable[..., np.ndarray], train_on: Callable[..., Run], tmp_path: Path
) -> None:
    """Its end is held out then, and many clips are taken of the one sound."""
    write_audio(tmp_path / "data" / "only.wav", tone(440.0, RATE, 12.0), RATE)
    content = gather(train_on(tmp_path, "model.latent.dim=1"))
    sides = content["dataset"]["sides"]
    assert sides["train"] == {"files": 0, "parts": 1, "seconds": pytest.approx(10.8, abs=0.3)}
    assert sides["held_out"] == {"files": 0, "parts": 1, "seconds": pytest.approx(1.2, abs=0.1)}
    assert [pair["name"] for pair in content["listening"]["reconstructions"]] == ["data/only.wav"]
    starts = {clip["is_held_out"]: clip["start"] for clip in content["map"]["clips"]}
    assert len(content["map"]["clips"]) == 5
    assert starts[False] + 2.5 < starts[True] == pytest.approx(10.8, abs=0.1)
    assert [colouring["name"] for colouring in content["map"]["colourings"]] == ["side"]
    assert len(content["map"]["shares"]) == 1  # a single latent: time is the other axis
    assert max(content["map"]["y"]) > 4000


def test_missing_logs_leave_the_curves_out(plain: Run, tmp_path: Path) -> None:
    folder = tmp_path / "version_0"
    shutil.copytree(plain.folder, folder, ignore=shutil.ignore_patterns("events.*"))
    brief = with_model(replace(plain, folder=folder), Player(plain.sample_rate))
    assert gather(brief)["curves"] == []


def test_names_outside_the_dataset_are_ignored(
    plain: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run may come from a stranger, and its split names the files that are read."""
    from vschaos.generation.material import Material

    monkeypatch.setenv("VSCHAOS_CACHE", str(tmp_path))
    outside = Path(plain.config["data"]["dataset"]["root"]) / HOSTILE
    names = [f"../sounds/{HOSTILE}", str(outside), HOSTILE]
    monkeypatch.setitem(plain.split, "train", names)
    assert set(Material(plain).names("train")) == {HOSTILE}
