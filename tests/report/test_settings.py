"""A run is compared to the recipe that is nearest, as Hydra composes it."""

from pathlib import Path
from typing import Any

import pytest

from tests.test_configs import RECIPES, composed
from vschaos.export.script import export
from vschaos.report.settings import _nearest_recipe, commands
from vschaos.runs import Run


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_does_not_differ_from_itself(recipe: str) -> None:
    own = ("name=a", "data.dataset.root=b", "rundir=c")
    assert _nearest_recipe(composed(recipe, *own)) == (recipe, [])


def test_changed_settings_are_listed() -> None:
    changed = ("trainer.max_steps=600", "model.latent.dim=4", "data.gain=null")
    config: Any = composed("dgt_large", "name=a", "data.dataset.root=b", *changed)
    nearest = _nearest_recipe(config)
    assert nearest is not None
    recipe, differences = nearest
    assert recipe == "dgt_large"
    listed = {key: (expected, value) for key, expected, value in differences}
    assert listed["trainer.max_steps"] == ("10000", "600")
    assert listed["model.latent.dim"] == ("16", "4")
    assert listed["data.gain.range_db"] == ("6.0", "absent")
    assert "training.schedule.total_steps" not in listed  # it follows max_steps


def test_a_preset_is_listed_with_its_settings() -> None:
    config: Any = composed("dgt_mid", "name=a", "data.dataset.root=b", "augment=off")
    nearest = _nearest_recipe(config)
    assert nearest is not None
    listed = {key: (expected, value) for key, expected, value in nearest[1]}
    assert listed["augment"] == ("mild", "off")
    assert listed["data.varispeed.probability"] == ("0.6", "0.0")


def test_a_length_is_listed_with_its_settings() -> None:
    config: Any = composed("dgt_mid", "name=a", "data.dataset.root=b", "length=quick")
    nearest = _nearest_recipe(config)
    assert nearest is not None
    listed = {key: (expected, value) for key, expected, value in nearest[1]}
    assert listed["length"] == ("full", "quick")
    assert listed["training.early_stopping.patience"] == ("absent", "4")


def test_a_run_is_compared_to_the_recipe_it_was_trained_with() -> None:
    config = composed("dgt_mid", "name=a", "data.dataset.root=b") | {"recipe": "dgt_large"}
    nearest = _nearest_recipe(config)
    assert nearest is not None
    assert nearest[0] == "dgt_large"
    assert [key for key, *_ in nearest[1]] == [
        "model.transform.n_fft",
        "model.transform.hop_length",
    ]


@pytest.mark.parametrize("name", ["L1", "long enough"])
def test_an_object_is_called_as_the_export_is(
    name: str, plain: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(plain.config, "name", name)
    path = export(plain, tmp_path)
    assert f"[nn~ {path.stem} forward]" in [row["command"] for row in commands(plain)]


def test_commands_can_be_typed_as_they_stand(labelled: Run) -> None:
    typed = [row["command"] for row in commands(labelled)]
    assert any(f"script.py '{labelled.folder}'" in command for command in typed)  # it has a space
    assert any("--task timbre" in command for command in typed)
