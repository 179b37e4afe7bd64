"""Every shipped recipe is composed, trained some steps, scripted, reloaded and streamed."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from vschaos import load_run
from vschaos.data.augment import Augmentations
from vschaos.export import Host
from vschaos.export.script import export
from vschaos.targets import build
from vschaos.training import train

CONFIGS = Path(__file__).parents[1] / "configs"
RECIPES = sorted(path.stem for path in CONFIGS.glob("dgt_*.yaml"))
WINDOWS = {"dgt_small": 1024, "dgt_mid": 2048, "dgt_large": 8192}
CONDITIONED = {"dgt_pitch_cond", "dgt_pitch_prediction"}
TINY = [
    "model.sample_rate=8000",
    "model.encoder.hidden_dims=[16]",
    "model.decoder.hidden_dims=[16]",
    "data.loading.batch_size=8",
    "data.loading.batches_per_epoch=3",
    "trainer.max_steps=6",
    "trainer.accelerator=cpu",
    "training.monitoring=null",  # has tests of its own
    "report=false",
]


def composed(recipe: str, *overrides: str) -> dict[str, Any]:
    with initialize_config_dir(str(CONFIGS), version_base="1.3"):
        config: Any = OmegaConf.to_container(compose(recipe, list(overrides)), resolve=True)
    return config


def test_the_promised_recipes_are_there() -> None:
    assert set(WINDOWS) | CONDITIONED <= set(RECIPES)


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_says_what_it_is_for_and_only_what_differs(recipe: str) -> None:
    lines = (CONFIGS / f"{recipe}.yaml").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# ")
    assert re.fullmatch(r"defaults: \[(base|dgt_\w+), _self_\]", lines[1])
    assert len(lines) < 20


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_goes_the_whole_way(recipe: str, dataset: Path, tmp_path: Path) -> None:
    config = composed(
        recipe, "name=tiny run", f"rundir={tmp_path}", f"data.dataset.root={dataset}", *TINY
    )
    folder = train(config)
    assert folder == tmp_path / "tiny run" / "version_0"
    run = load_run(tmp_path / "tiny run")
    transform = run.model.transform
    assert isinstance(transform, torch.nn.Module)
    assert transform.n_fft == WINDOWS.get(recipe, transform.n_fft)
    assert transform.overlap == 4
    path = export(run, tmp_path / "export", None)
    audio = np.random.default_rng(0).uniform(-0.5, 0.5, 6 * 8192).astype(np.float32)
    told = {"pitch": 3.0, "octave": 4.0} if recipe in CONDITIONED else {}
    assert run.model.told == list(told)
    sound = np.stack([audio, *(np.full_like(audio, value) for value in told.values())])
    at_once = Host(path, "forward", 8192 * 8).process(sound)
    for buffer_size in (0, 2048, 8192):
        host = Host(path, "forward", buffer_size)
        output = host.process(sound)
        assert not host.failures
        assert np.abs(output - at_once[:, : output.shape[1]]).max() < 1e-5
        delay = host.get("latency")[0]
        offline = run.reconstruct(audio, told, inversion="keep_input")
        assert np.abs(output[0, delay:] - offline[:-delay]).max() < 1e-4


PRESETS = sorted(path.stem for path in (CONFIGS / "augment").glob("*.yaml"))


def test_the_promised_presets_are_there() -> None:
    assert {"off", "mild", "strong"} <= set(PRESETS)
    assert composed("dgt_mid", "name=a", "data.dataset.root=b")["augment"] == "mild"


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_trains_with_labels(preset: str, dataset: Path, tmp_path: Path) -> None:
    config = composed(
        "dgt_pitch_prediction",
        *("name=tiny", f"rundir={tmp_path}", f"data.dataset.root={dataset}", *TINY),
        f"augment={preset}",
    )
    assert config["augment"] == preset
    assert train(config) is not None
    assert load_run(tmp_path / "tiny").config["augment"] == preset


@pytest.mark.parametrize("recipe", RECIPES)
def test_any_recipe_may_end_by_itself(recipe: str, dataset: Path, tmp_path: Path) -> None:
    settings = ("name=tiny", f"rundir={tmp_path}", f"data.dataset.root={dataset}", *TINY)
    assert composed(recipe, *settings)["length"] == "full"
    config = composed(recipe, *settings, "length=quick", "trainer.max_steps=3")
    assert config["length"] == "quick"
    assert config["training"]["schedule"]["total_steps"] == 3
    folder = train(config)
    assert folder is not None
    checkpoint = torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)
    assert checkpoint["lr_schedulers"][0]["ends_at"] == 3
    assert checkpoint["optimizer_states"][0]["param_groups"][0]["lr"] == 0.0


def test_the_preset_off_leaves_sounds_as_they_are() -> None:
    config = composed("dgt_mid", "name=a", "data.dataset.root=b", "augment=off")
    found = [config["data"][name]["probability"] for name in Augmentations._fields]
    assert found == [0.0] * len(found)
    corruption = config["model"]["corruption"]
    assert [corruption[name]["probability"] for name in corruption if name[0] != "_"] == [0.0] * 3


def test_one_augmentation_is_set_by_its_probability_alone() -> None:
    setting = "data.mix_up.probability=0.5"
    config = composed("dgt_mid", "name=a", "data.dataset.root=b", "augment=off", setting)
    assert build(config["data"]["mix_up"]).probability == 0.5
