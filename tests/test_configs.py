"""Every shipped recipe is composed, trained some steps, scripted, reloaded and streamed."""

import copy
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from omegaconf import DictConfig, OmegaConf

from tests.export.playing import hosts
from tests.tolerances import INAUDIBLE
from vschaos import load_run
from vschaos.batch import Batch
from vschaos.configs.composing import compose
from vschaos.configs.recipes import PACKAGE as CONFIGS
from vschaos.configs.recipes import recipes
from vschaos.data.augment import Augmentations
from vschaos.export.script import export
from vschaos.labels import Labels
from vschaos.targets import build
from vschaos.training import train

SHIPPED = sorted(recipe.name for recipe in recipes())
# other families go their whole way in tests/families/test_contract.py
RECIPES = sorted(recipe.name for recipe in recipes() if recipe.family == "spectral_vae")
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


PLACES = ("name", "rundir", "data.dataset.root")  # differ from test to test


def composed(recipe: str, *overrides: str) -> dict[str, Any]:
    """What Hydra composes; once for settings that differ only in where a training lies."""
    settings = dict(override.partition("=")[::2] for override in overrides)
    places = {key: settings[key] for key in PLACES if key in settings}
    others = [override for override in overrides if override.partition("=")[0] not in PLACES]
    config = copy.deepcopy(_composition(recipe, *others))
    for key, value in places.items():
        OmegaConf.update(config, key, value)
    plain: Any = OmegaConf.to_container(config, resolve=True)
    return plain


@cache
def _composition(recipe: str, *overrides: str) -> DictConfig:
    return compose(recipe, overrides)


def test_the_promised_recipes_are_there() -> None:
    assert set(WINDOWS) | CONDITIONED <= set(RECIPES)


@pytest.mark.parametrize("recipe", SHIPPED)
def test_a_recipe_says_what_it_is_for_and_only_what_differs(recipe: str) -> None:
    lines = (CONFIGS / f"{recipe}.yaml").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# ")
    assert re.fullmatch(r'defaults: \[\w+, _self_(, override \w+: ["\w]+)*\]', lines[1])
    assert len(lines) < 20


@pytest.mark.parametrize(
    "recipe",
    # one of each kind by default; dgt_mid passes the contract test as well
    [
        pytest.param(recipe, marks=() if recipe in CONDITIONED else pytest.mark.slow)
        for recipe in RECIPES
    ],
)
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
    assert transform.n_fft == 4 * transform.hop_length
    path = export(run, tmp_path / "export", None)
    audio = np.random.default_rng(0).uniform(-0.5, 0.5, 6 * 8192).astype(np.float32)
    conditioning = {"pitch": 3.0, "octave": 4.0} if recipe in CONDITIONED else {}
    assert run.model.conditioning_tasks == list(conditioning)
    sound = np.stack([audio, *(np.full_like(audio, value) for value in conditioning.values())])
    host_of = hosts(path)
    at_once = host_of("forward", 8192 * 8).process(sound)
    for buffer_size in (0, 2048, 8192):
        host = host_of("forward", buffer_size)
        output = host.process(sound)
        assert not host.failures
        assert np.abs(output - at_once[:, : output.shape[1]]).max() < INAUDIBLE
        delay = host.get("latency")[0]
        offline = run.reconstruct(audio, conditioning, inversion="keep_input")
        assert np.abs(output[0, delay:] - offline[:-delay]).max() < INAUDIBLE


PRESETS = sorted(path.stem for path in (CONFIGS / "augment").glob("*.yaml"))


def test_the_promised_presets_are_there() -> None:
    assert {"off", "mild", "strong"} <= set(PRESETS)
    assert composed("dgt_mid", "name=a", "data.dataset.root=b")["augment"] == "mild"


@pytest.mark.parametrize(
    "preset",
    [  # all recipes are trained with `mild`
        "strong",
        *(pytest.param(name, marks=pytest.mark.slow) for name in PRESETS if name != "strong"),
    ],
)
def test_a_preset_trains_with_labels(preset: str, dataset: Path, tmp_path: Path) -> None:
    config = composed(
        "dgt_pitch_prediction",
        *("name=tiny", f"rundir={tmp_path}", f"data.dataset.root={dataset}", *TINY),
        f"augment={preset}",
    )
    assert config["augment"] == preset
    assert train(config) is not None
    assert load_run(tmp_path / "tiny").config["augment"] == preset


def test_any_recipe_may_end_by_itself(dataset: Path, tmp_path: Path) -> None:
    settings = ("name=tiny", f"rundir={tmp_path}", f"data.dataset.root={dataset}", *TINY)
    for recipe in RECIPES:
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


FAMILY = CONFIGS / "model" / "spectral_vae"
SIZES = ("small", "mid", "large")
NETWORKS = sorted(path.stem for path in (FAMILY / "network").glob("*.yaml"))
OUTPUTS = sorted(path.stem for path in (FAMILY / "output").glob("*.yaml"))
BRIEF = [entry for entry in TINY if "hidden_dims" not in entry]


def test_the_promised_networks_are_there() -> None:
    assert {"mlp", "conv", "gru", "causal"} <= set(NETWORKS)
    assert {"deterministic", "gaussian", "bernoulli"} <= set(OUTPUTS)
    shipped = composed("dgt_mid", "name=a", "data.dataset.root=b")
    assert (shipped["network"], shipped["size"], shipped["output"]) == (
        "mlp",
        "mid",
        "deterministic",
    )
    assert shipped["model"]["encoder"]["hidden_dims"] == [512, 512]
    small = composed("dgt_small", "name=a", "data.dataset.root=b")
    assert small["model"]["decoder"]["hidden_dims"] == [256, 256]


@pytest.mark.parametrize("network", ["gru", "causal", "mlp"])
def test_a_wavetable_has_networks_of_its_own(network: str) -> None:
    config = composed("wavetable", "name=a", "data.dataset.root=b", f"network={network}")
    assert config["model"]["network"] == network


@pytest.mark.parametrize("network", NETWORKS)
def test_a_network_grows_with_its_size(network: str) -> None:
    counts = []
    for size in SIZES:
        settings = ("name=a", "data.dataset.root=b", f"network={network}", f"size={size}")
        model = build(composed("dgt_mid", *settings)["model"], {})
        audio = 0.1 * torch.randn(2, model.excerpt_length)
        values = torch.zeros(2, 0, len(model.excerpt_centres))
        losses = model.losses(Batch(audio, Labels(values, values > 0)))
        sum(losses.values(), torch.zeros(())).backward()
        for name, parameter in model.named_parameters():
            assert parameter.grad is not None, name
            assert float(parameter.grad.abs().sum()) > 0, name
        counts.append(sum(parameter.numel() for parameter in model.parameters()))
    assert counts[0] < 0.7 * counts[1] < 0.5 * counts[2]


@pytest.mark.slow  # all recipes are trained with `mlp`; export/test_networks.py has the others
@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("size", ["small", "large"])
def test_a_network_goes_the_whole_way(
    network: str, size: str, dataset: Path, tmp_path: Path
) -> None:
    goes_the_whole_way(dataset, tmp_path, f"network={network}", f"size={size}")


@pytest.mark.slow  # that they are played as their decoders say is in export/test_networks.py
@pytest.mark.parametrize("output", [name for name in OUTPUTS if name != "deterministic"])
def test_an_output_goes_the_whole_way(output: str, dataset: Path, tmp_path: Path) -> None:
    goes_the_whole_way(dataset, tmp_path, f"output={output}", "size=small")


def goes_the_whole_way(dataset: Path, tmp_path: Path, *settings: str) -> None:
    """Trained, scripted, reloaded, and streamed in blocks as in one piece."""
    given = ("name=tiny", f"rundir={tmp_path}", f"data.dataset.root={dataset}")
    brief = (*BRIEF, "trainer.max_steps=3")
    config = composed("dgt_pitch_prediction", *given, *brief, *settings)
    folder = train(config)
    assert folder is not None
    run = load_run(folder)
    path = export(run, tmp_path / "export", None)
    audio = np.random.default_rng(0).uniform(-0.5, 0.5, 64 * 512).astype(np.float32)
    sound = np.stack([audio, *(np.full_like(audio, value) for value in (3.0, 4.0))])
    host_of = hosts(path)
    at_once = host_of("forward", 64 * 512).process(sound)
    for buffer_size in (512, 3 * 512):
        host = host_of("forward", buffer_size)
        output = host.process(sound)
        assert not host.failures
        assert np.abs(output - at_once[:, : output.shape[1]]).max() < INAUDIBLE


TERMS = {
    "shape": "+model.reconstruction.shape={_target_:vschaos.losses.ItakuraSaito}",
    "level": "+model.reconstruction.level={_target_:vschaos.losses.MeanAbsolute,of:magnitudes}",
    "spread": "+model.regularisation.spread={_target_:vschaos.losses.MMD,kernel:rbf}",
    "divergence": "+model.regularisation.divergence={_target_:vschaos.losses.Renyi,alpha:0.3}",
}


def test_terms_of_the_loss_are_added_by_their_names(dataset: Path, tmp_path: Path) -> None:
    weight = "{_target_:vschaos.training.learner.LossWeight,weight:0.1}"
    config = composed(
        "dgt_small",
        *("name=tiny", f"rundir={tmp_path}", f"data.dataset.root={dataset}", *TINY),
        *(f"+training.weights.{name}={weight}" for name in TERMS),
        *("training.weights.convergence.weight=0", *TERMS.values()),
    )
    folder = train(config)
    assert folder is not None
    model = load_run(folder).model
    values = torch.zeros(4, 0, 1)
    losses = model.losses(
        Batch(0.1 * torch.randn(4, model.excerpt_length), Labels(values, values > 0))
    )
    assert set(losses) == {"log_magnitude", "convergence", "kl", "interpolation", "texture", *TERMS}


def test_a_term_of_the_loss_is_taken_away_by_null() -> None:
    without = ("convergence", "interpolation", "texture")
    terms = ("model.reconstruction.convergence=null", "model.interpolation=null")
    config = composed(
        "dgt_mid",
        *("name=a", "data.dataset.root=b", *terms, "model.texture_bands=0"),
        *(f"~training.weights.{name}" for name in without),
    )
    model = build(config["model"], {})
    values = torch.zeros(4, 0, 1)
    losses = model.losses(
        Batch(0.1 * torch.randn(4, model.excerpt_length), Labels(values, values > 0))
    )
    assert set(losses) == {"log_magnitude", "kl"}


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("model.burn_in=13", "model.burn_in must be from 0 to the 12 frames"),
        ("model.excerpt_frames=0", "model.excerpt_frames must be at least 1"),
    ],
)
def test_excerpts_that_cannot_be_are_refused(setting: str, said: str) -> None:
    config = composed("dgt_mid", "name=a", "data.dataset.root=b", "network=causal", setting)
    with pytest.raises(ValueError, match=said):
        build(config["model"], {})
