"""Recipes are found in the package and in `configs/` of the current folder, which wins."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import vschaos
from tests.test_configs import TINY
from vschaos.cli.train import main
from vschaos.configs.composing import compose
from vschaos.configs.recipes import PACKAGE, choices, family_of, folders, recipes, search_path

OWN = """# Bells: few latents.
defaults: [dgt_mid, _self_]
model:
  latent: {dim: 5}
"""
GIVEN = ("name=a", "data.dataset.root=b")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with recipes of one's own, in which the process stands."""
    place = tmp_path / 'a "place", mine'
    (place / "configs").mkdir(parents=True)
    (place / "configs" / "bells.yaml").write_text(OWN)
    monkeypatch.chdir(place)
    return place


def write(place: Path, name: str, text: str) -> None:
    file = place / "configs" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_recipes_are_listed_with_their_family(place: Path) -> None:
    found = {recipe.name: recipe for recipe in recipes()}
    assert "base" not in found
    assert found["bells"].purpose == "Bells: few latents."
    assert {found[name].family for name in ("bells", "dgt_mid", "dgt_pitch_prediction")} == {
        "spectral_vae"
    }


def test_every_shipped_recipe_chooses_a_family() -> None:
    families = {file.stem for file in (PACKAGE / "model").glob("*.yaml")}
    assert {recipe.family for recipe in recipes([PACKAGE])} <= families
    assert all(recipe.purpose for recipe in recipes([PACKAGE]))


def test_the_base_names_no_family() -> None:
    text = (PACKAGE / "base.yaml").read_text(encoding="utf-8")
    assert not [file.stem for file in (PACKAGE / "model").iterdir() if file.stem in text]
    assert "weights" not in yaml.safe_load(text)["training"]


def test_the_folder_one_stands_in_wins(place: Path) -> None:
    assert compose("bells", GIVEN).model.latent.dim == 5
    write(place, "dgt_small.yaml", OWN.replace("dim: 5", "dim: 7"))
    assert compose("dgt_small", GIVEN).model.latent.dim == 7
    write(place, "augment/wild.yaml", "# @package _global_\ndefaults: [mild, _self_]\nseed: 9\n")
    assert compose("bells", [*GIVEN, "augment=wild"]).seed == 9
    network = "# @package _global_\ndefaults: [mlp, _self_]\nsize: large\n"
    write(place, "model/spectral_vae/network/mine.yaml", network)
    assert compose("bells", [*GIVEN, "network=mine"]).size == "large"
    assert "mine" in choices(search_path("spectral_vae"))["network"]


def test_a_family_of_ones_own_is_a_yaml_and_a_recipe(place: Path) -> None:
    write(place, "model/bell.yaml", "# @package _global_\nmodel: {sample_rate: 8000}\n")
    write(place, "ring.yaml", "# Rings.\ndefaults: [base, _self_, override model: bell]\n")
    assert family_of("ring") == "bell"
    config = compose("ring", GIVEN)
    assert config.model == {"sample_rate": 8000}
    assert "weights" not in config.training
    assert compose("dgt_mid", [*GIVEN, "model=bell"]).model == {"sample_rate": 8000}


def test_a_recipe_that_cannot_be_read_spoils_no_list(place: Path) -> None:
    write(place, "broken.yaml", "# Broken\ndefaults: [")
    write(place, "circle.yaml", "# Circle\ndefaults: [circle]\n")
    assert {"bells", "broken", "circle"} <= {recipe.name for recipe in recipes()}


def test_the_folder_of_the_package_is_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PACKAGE.parent)
    assert folders() == [PACKAGE]


def test_the_command_lists_and_trains_them(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trained: list[dict[str, Any]] = []
    monkeypatch.setattr("vschaos.training.train", lambda config, **_: trained.append(config))
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert shown.index("  spectral_vae\n") < shown.index("    bells  ")
    assert main(["--config-name", "bells", *GIVEN]) == 0
    assert (trained[0]["recipe"], trained[0]["model"]["latent"]["dim"]) == ("bells", 5)
    elsewhere = place / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "other.yaml").write_text(OWN)
    assert main(["-cn", "other", "--config-dir", str(elsewhere), *GIVEN]) == 0
    assert main(["--config-name", "bels", *GIVEN]) == 1
    assert "there is no recipe bels; there is" in capsys.readouterr().err


def test_a_training_from_python(dataset: Path, tmp_path: Path) -> None:
    tiny = dict(entry.split("=") for entry in TINY)
    settings = {
        **{key: int(value) for key, value in tiny.items() if value.isdecimal()},
        **{"model.encoder.hidden_dims": [16], "model.decoder.hidden_dims": [16]},
        **{"training.monitoring": None, "report": False, "trainer.accelerator": "cpu"},
    }
    run = vschaos.train(
        "dgt_small", name="it's 1", root=dataset, rundir=tmp_path, augment="off", **settings
    )
    assert run.folder == tmp_path / "it's 1" / "version_0"
    assert (run.config["recipe"], run.config["augment"]) == ("dgt_small", "off")
    with pytest.raises(
        ValueError, match=r"nothing reads model\.latnet: did you mean model\.latent"
    ):
        vschaos.train(name="a", root=dataset, rundir=tmp_path, **{"model.latnet.dim": 4})
    with pytest.raises(ValueError, match=r"recipe must be one of .*dgt_mid.*, got nothing"):
        vschaos.train("nothing", name="a", root=dataset)


def test_lightning_starts_further_processes_by_the_words_that_were_typed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[list[str]] = []
    monkeypatch.setattr("vschaos.training.train", lambda config, **_: seen.append(sys.argv))
    typed = ["name=a b", "data.dataset.root=c"]
    monkeypatch.setattr(sys, "argv", ["/bin/vschaos", "train", *typed])
    assert main(typed) == 0
    assert seen == [["/bin/vschaos", "train", 'name="a b"', 'data.dataset.root="c"']]
