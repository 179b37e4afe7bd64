"""A training takes features and rendered examples as they are configured, and resumes exactly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.test_configs import composed
from tests.training.conftest import Curve, assert_same, kept
from vschaos import targets
from vschaos.configs.recipes import setting_files
from vschaos.runs import read_config, read_split
from vschaos.training import check_settings, shipped_settings, train
from vschaos.training.assembly import ResumedFrom, assemble

RATE, HOP = 8000, 64


@pytest.fixture(autouse=True)
def tests_are_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "ALLOWED", (*targets.ALLOWED, "tests.training.stub."))


def _config(folder: Path, of: str, *overrides: str) -> dict[str, Any]:
    config = composed(
        "dgt_small",
        "name=run",
        f"rundir={folder / 'runs'}",
        "data.loading.batch_size=4",
        "data.loading.batches_per_epoch=3",
        "trainer.max_steps=6",
        "trainer.accelerator=cpu",
        "training.monitoring=null",
        "report=false",
        *overrides,
    )
    config["training"]["weights"] = {}
    config["model"] = {
        "_target_": "tests.training.stub.Level",
        "sample_rate": RATE,
        "hop_length": HOP,
        "of": of,
    }
    return config


def _with_features(dataset: Path, folder: Path) -> dict[str, Any]:
    loudness = "{_target_: vschaos.data.features.Loudness, window: 256}"
    return _config(
        folder,
        "loudness",
        f"data.dataset.root={dataset}",
        "augment=off",
        f"+data.features.loudness={loudness}",
    )


def _rendered(folder: Path) -> dict[str, Any]:
    sine = "{_target_: tests.training.stub.Sine, highest_hz: 1000.0}"
    return _config(folder, "amplitude", "data=rendered", f"data.renderer={sine}")


# by default a training with features resumes in tests/families
@pytest.fixture(params=[pytest.param("features", marks=pytest.mark.slow), "rendered"])
def config(request: pytest.FixtureRequest, dataset: Path, tmp_path: Path) -> dict[str, Any]:
    if request.param == "rendered":
        return _rendered(tmp_path)
    return _with_features(dataset, tmp_path)


def test_an_interrupted_training_resumes_exactly(config: dict[str, Any], curve: Curve) -> None:
    unbroken = train(config)
    expected = [*curve.losses]
    assert unbroken is not None

    def interrupt() -> None:
        raise KeyboardInterrupt

    curve.losses.clear()
    curve.events[4] = interrupt
    broken = {**config, "name": "broken"}
    with pytest.raises(KeyboardInterrupt):
        train(broken)
    resumed = train({**broken, "resume": True})
    assert resumed is not None
    assert_same(kept(resumed), kept(unbroken))
    assert dict(curve.losses) == dict(expected)


def test_every_setting_of_both_kinds_is_read(config: dict[str, Any]) -> None:
    shipped = shipped_settings(setting_files("spectral_vae"))
    check_settings(config, shipped)
    loading = {**config["data"]["loading"], "batch_sise": 3}
    with pytest.raises(ValueError, match=r"nothing reads data\.loading\.batch_sise"):
        check_settings({**config, "data": {**config["data"], "loading": loading}}, shipped)


def test_a_rendered_training_needs_no_folder(tmp_path: Path) -> None:
    config = _rendered(tmp_path)
    assert "dataset" not in config["data"]
    assert "augment" not in config
    folder = train(config)
    assert folder is not None
    split = json.loads((folder / "split.json").read_text())
    assert split == {"train": [], "held_out": [], "rendered": {"seed": 0, "held_out": 0.1}}
    assert "rendered by `tests.training.stub.Sine`" in (folder / "README.md").read_text()


def test_sounds_join_a_rendered_training_as_it_is_resumed(dataset: Path, tmp_path: Path) -> None:
    config = _rendered(tmp_path)
    nothing = {"_target_": "vschaos.data.sounds.Dataset", "root": None, "held_out": 0.0}
    config["data"] |= {"dataset": {**nothing, "cache": str(tmp_path / "cache")}, "notes": 1}
    folder = train(config)
    assert folder is not None
    assert json.loads((folder / "split.json").read_text())["train"] == []
    config["data"]["dataset"]["root"] = str(dataset)
    longer = {**config["trainer"], "max_steps": 8}
    assert train({**config, "resume": True, "trainer": longer}) == folder
    # so that it resumes with the same sounds again, and is evaluated on them
    split = read_split(folder)
    assert len(split["train"]) == 4
    assert read_config(folder)["data"]["dataset"]["root"] == str(dataset)
    assert f"and the sounds in `{dataset}`" in (folder / "README.md").read_text()
    data, _ = assemble(read_config(folder), ResumedFrom({}, split))
    assert data.training[0].unlabelled is not None
    assert data.split_to_json()["train"] == split["train"]


def test_a_setting_of_the_other_kind_is_refused(tmp_path: Path) -> None:
    config = _rendered(tmp_path)
    config["data"]["polarity"] = {"probability": 0.5}
    with pytest.raises(ValueError, match=r"nothing reads data\.polarity"):
        check_settings(config, shipped_settings(setting_files("spectral_vae")))


def test_labels_are_refused_of_rendered_examples(tmp_path: Path) -> None:
    config = _rendered(tmp_path)
    config["model"]["conditioning"] = {"pitch": {"dim": 12}}
    with pytest.raises(ValueError, match=r"which have no labels, got pitch: use data=sounds"):
        assemble(config)


def test_augmentations_that_features_do_not_follow_are_refused(
    dataset: Path, tmp_path: Path
) -> None:
    config = _with_features(dataset, tmp_path)
    config["data"]["polarity"]["probability"] = 0.5
    data, _ = assemble(config)
    assert torch.isfinite(data.training[0].features["loudness"]).all()
    config["data"]["gain"]["probability"] = 1.0
    config["data"]["mix_up"]["probability"] = 0.1
    with pytest.raises(
        ValueError, match=r"expected augment=off, got data\.gain, data\.mix_up with a probability"
    ):
        assemble(config)


def test_what_is_no_data_module_is_refused(tmp_path: Path) -> None:
    config = _rendered(tmp_path)
    config["data"] = {"_target_": "vschaos.data.augment.Polarity"}
    with pytest.raises(ValueError, match=r"data=sounds or data=rendered\), got vschaos"):
        assemble(config)
