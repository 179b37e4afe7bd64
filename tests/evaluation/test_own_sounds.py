"""The sounds that joined a training are measured by ear, beside what needs no network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.data.notes.tones import RATE, note
from tests.evaluation.test_matching import run_of
from vschaos.audio.files import write_audio
from vschaos.evaluation.matching import MEAN, MODEL, NEIGHBOUR, match_held_out, matching_facts
from vschaos.evaluation.own_sounds import match_own, own_facts
from vschaos.evaluation.table import tables
from vschaos.models.synth import Synth
from vschaos.report.matching import describe_matching
from vschaos.runs import Run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("joined")
    for number in range(4):
        sound = note(220.0 * 2 ** (number / 12), 0.1, 0.2)
        write_audio(folder / "sounds" / "data" / f"{number}.wav", sound, RATE)
    torch.manual_seed(0)
    model = Synth({}, "mono", seconds=0.1, channels=8, hidden_dim=16).eval()
    alone = run_of(model)
    dataset = {
        "_target_": "vschaos.data.sounds.Dataset",
        "root": str(folder / "sounds"),
        "held_out": 0.5,
        "cache": str(folder / "cache"),
    }
    split = {
        "train": ["data/0.wav", "data/1.wav"],
        "held_out": ["data/2.wav", "data/3.wav"],
        "parts": {},
        "digests": {},
        "usual_peak": 1.0,
    }
    data = {**alone.config["data"], "dataset": dataset}
    return replace(alone, config={**alone.config, "data": data}, split=split)


def test_held_out_notes_are_compared_by_ear(run: Run) -> None:
    assert isinstance(run.model, Synth)
    matched = match_held_out(run, 2, 16, num_turned=1)
    assert len(matched.audio) == 2  # rendered ones alone
    own = match_own(run, matched)
    assert own is not None
    assert own.names == ["data/2.wav@0.00s", "data/3.wav@0.00s"]
    assert [*own.sounds] == [MODEL, NEIGHBOUR, MEAN]
    for name in own.sounds:
        assert [len(sound) for sound in own.sounds[name]] == [len(sound) for sound in own.notes]
        assert torch.isfinite(own.distances(name)).all()
    facts = matching_facts(run.model, matched)
    head = {"run": "a", "version": "0", "checkpoint": "last", "files": 2, "seconds": 1.0}
    head |= {"evaluated_on": "held out", "left_out": [], "tracked_metrics": [], "metrics": {}}
    text = tables({**head, "matching": {**facts, "own": own_facts(own)}})
    assert "your own sounds: 2 notes held out" in text


def test_a_report_has_them_to_be_heard(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vschaos.report.matching.SOUNDS", 2)
    monkeypatch.setattr("vschaos.report.matching.NEIGHBOURS", 8)
    assert isinstance(run.model, Synth)
    own = describe_matching(run, run.model)["own"]
    assert own["count"] == 2
    assert len(own["pairs"]) == 2
    assert np.isfinite(own["rows"][MODEL]["lsd"])


def test_a_run_without_them_or_whose_sounds_are_gone_has_none(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    assert isinstance(run.model, Synth)
    alone = run_of(run.model)
    matched = match_held_out(alone, 1, 8, num_turned=1)
    assert match_own(alone, matched) is None
    data = run.config["data"]
    gone = {**data, "dataset": {**data["dataset"], "root": str(Path("nowhere"))}}
    assert match_own(replace(run, config={**run.config, "data": gone}), matched) is None
    assert "the sounds that joined the training are not compared" in caplog.text
