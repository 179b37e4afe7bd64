"""What was found is measured by knob and by ear: what is right has no error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from vschaos.evaluation.matching import (
    ITSELF,
    MEAN,
    MODEL,
    NEIGHBOUR,
    Matched,
    match_held_out,
    matching_facts,
    nearest_sounds,
)
from vschaos.evaluation.table import tables
from vschaos.models.synth import Synth
from vschaos.runs import Run

SETTINGS: dict[str, Any] = {
    "seed": 0,
    "data": {
        "_target_": "vschaos.data.rendered.Rendered",
        "renderer": {"_target_": "vschaos.models.synth.VoiceRenderer", "chain": "mono"},
        "loading": {
            "_target_": "vschaos.data.loading.Loading",
            "batch_size": 8,
            "batches_per_epoch": 1,
            "num_workers": 0,
        },
        "validation_sounds": 2,
        "reuse": 4,
    },
}


@pytest.fixture(scope="module")
def model() -> Synth:
    torch.manual_seed(0)
    return Synth({}, "mono", seconds=0.1, channels=8, hidden_dim=16).eval()


def run_of(model: Synth) -> Run:
    """A run of rendered sounds, without a folder."""
    data = {**SETTINGS["data"]}
    data["renderer"] = {**data["renderer"], "chain": model.chain.name}
    split = {"train": [], "held_out": []}
    config = {**SETTINGS, "data": data}
    return Run(Path("run"), Path("run/last.ckpt"), config, {}, split, model)


@pytest.fixture(scope="module")
def matched(model: Synth) -> Matched:
    return match_held_out(run_of(model), 6, 16)


def test_the_settings_themselves_have_no_error(model: Synth, matched: Matched) -> None:
    facts = matching_facts(model, matched)
    assert facts["count"] == 6
    assert [*facts["rows"]] == [MODEL, NEIGHBOUR, MEAN, ITSELF]
    same = facts["rows"][ITSELF]
    assert same["knob_error"] == pytest.approx(0.0, abs=1e-6)
    assert same["steps_right"] == pytest.approx(100.0)
    assert same["median_lsd"] < 0.5 * facts["rows"][MEAN]["median_lsd"]
    assert 0.1 < facts["rows"][MEAN]["knob_error"] < 0.4
    for name in facts["rows"]:
        levels = [rows.square().mean(1).sqrt() for rows in (matched.sounds[name], matched.audio)]
        torch.testing.assert_close(*levels, rtol=1e-3, atol=0.0)


def test_a_table_has_a_line_for_each_knob_that_is_heard(model: Synth, matched: Matched) -> None:
    facts = matching_facts(model, matched)
    assert {"cutoff", "shape_1", "attack"} <= set(facts["knobs"])
    assert "key_tracking" not in facts["knobs"]
    assert "right" in facts["knobs"]["noise"]
    head = {"run": "a", "version": "0", "checkpoint": "last", "files": 6, "seconds": 1.0}
    head |= {"evaluated_on": "held out", "left_out": [], "tracked_metrics": [], "metrics": {}}
    text = tables({**head, "matching": facts})
    assert "nearest training sound" in text
    assert "  cutoff" in text
    assert "told: of knobs" in text


def test_a_knob_is_told_if_a_turn_of_it_changes_the_sound(model: Synth, matched: Matched) -> None:
    told = matched.told
    assert told.shape == (6, len(model.knobs))
    assert not told[~matched.heard.audible].any()
    assert 0.3 < float(told[matched.heard.audible].float().mean()) < 0.98
    row = matching_facts(model, matched)["rows"][ITSELF]
    assert row["told_knob_error"] == pytest.approx(0.0, abs=1e-6)
    assert row["told_steps_right"] == pytest.approx(100.0)


def test_the_nearest_sound_is_the_same_one_at_any_level() -> None:
    others = torch.randn(5, 4000) * torch.linspace(1.0, 0.0, 4000) ** torch.arange(1, 6)[:, None]
    assert nearest_sounds(0.01 * others[[3, 0, 4]], others).tolist() == [3, 0, 4]
