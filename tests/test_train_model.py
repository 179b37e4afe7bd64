"""The training command composes what was asked for."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.test_configs import NETWORKS, RECIPES, TINY
from vschaos.cli.train import main
from vschaos.runs.summary import find_runs

Configs = list[dict[str, Any]]


@pytest.fixture
def composed(monkeypatch: pytest.MonkeyPatch) -> Configs:
    """What the command would train with; nothing is trained."""
    configs: Configs = []
    monkeypatch.setattr("vschaos.training.train", lambda config, **_: configs.append(config))
    return configs


def _call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["vschaos", "train", *arguments])
    return main(arguments)


@pytest.mark.parametrize(
    "texts",
    [
        ("cello", "123", "#1 & [2] {3} @4 ?5 *6 %7 !8 $9"),
        ("2026_11", "true", "a (1), b; c=d"),
        ("1e3", "Klänge 日本", "back\\slash"),
        ('a "b" c', "end\\", "it's"),
        ('\\"', ":", "~"),
    ],
)
def test_names_and_paths_need_no_quotes(
    composed: Configs, monkeypatch: pytest.MonkeyPatch, texts: tuple[str, str, str]
) -> None:
    name, rundir, sounds = texts
    settings = (f"name={name}", f"rundir={rundir}", f"data.dataset.root=/x/{sounds}")
    assert _call(monkeypatch, *settings) == 0
    config = composed[0]
    assert (config["name"], config["rundir"]) == (name, rundir)
    assert config["data"]["dataset"]["root"] == f"/x/{sounds}"


def test_quotes_that_are_given_are_not_part_of_a_name(
    composed: Configs, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _call(monkeypatch, "name='my cello'", 'data.dataset.root="/x y"') == 0
    assert composed[0]["name"] == "my cello"
    assert composed[0]["data"]["dataset"]["root"] == "/x y"


def test_a_path_may_begin_at_home(composed: Configs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/of me")
    assert _call(monkeypatch, "name=a", "data.dataset.root=~/my sounds", "rundir=~/runs") == 0
    assert composed[0]["data"]["dataset"]["root"] == "/home/of me/my sounds"
    assert composed[0]["rundir"] == "/home/of me/runs"


def test_what_is_null_stays_null(composed: Configs, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = ("name=a", "data.dataset.root=b", "data.dataset.cache=null", "data.gain=null")
    assert _call(monkeypatch, *settings) == 0
    assert composed[0]["data"]["dataset"]["cache"] is None
    assert composed[0]["data"]["gain"] is None


def test_a_plus_may_set_what_is_there(composed: Configs, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = ("name=a", "data.dataset.root=b", "+check=1", "+model.latent.dim=3", "seed=7")
    assert _call(monkeypatch, *settings) == 0
    assert (composed[0]["check"], composed[0]["seed"]) == (1, 7)
    assert composed[0]["model"]["latent"]["dim"] == 3


def test_several_trainings_are_composed_one_after_the_other(
    composed: Configs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)  # Hydra writes a multirun.yaml
    settings = ("name=a,2", "data.dataset.root=b c", "model.latent.dim=4,8", "--multirun")
    assert _call(monkeypatch, *settings) == 0
    made = [(config["name"], config["model"]["latent"]["dim"]) for config in composed]
    assert made == [("a", 4), ("a", 8), ("2", 4), ("2", 8)]


def test_ctrl_c_ends_a_sweep(
    composed: Configs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def stopped(config: dict[str, Any], **_: Any) -> None:
        composed.append(config)
        raise KeyboardInterrupt("stopped", 143)

    monkeypatch.setattr("vschaos.training.train", stopped)
    monkeypatch.chdir(tmp_path)
    settings = ("name=a", "data.dataset.root=b", "model.latent.dim=4,8", "--multirun")
    assert _call(monkeypatch, *settings) == 143
    assert len(composed) == 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["name=a"], r"still to be given: data\.dataset\.root=\.\.\."),
        (["name=a", "data.dataset.root=b", "modle.dim=3"], "modle"),
        (["--config-name", "dgt_mdi"], "dgt_mdi"),
        (["name=a", "seed=[1"], r"'\[1'"),
    ],
)
def test_a_mistake_is_reported_in_a_sentence(
    composed: Configs,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    settings: list[str],
    message: str,
) -> None:
    assert _call(monkeypatch, *settings) == 1
    reported = capsys.readouterr().err
    assert re.search(f"^error: .*{message}", reported)
    assert "Traceback" not in reported
    assert composed == []


def test_help_lists_the_recipes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], composed: Configs
) -> None:
    assert _call(monkeypatch, "--help") == 0
    assert "dgt_small" in capsys.readouterr().out
    assert _call(monkeypatch) == 2
    assert composed == []


@pytest.mark.slow
def test_a_sweep_leaves_a_run_for_each_value(
    dataset: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = (f"rundir={tmp_path / 'runs'}", f"data.dataset.root={dataset}", *TINY)
    sweep = ("--config-name", "dgt_small", "--multirun", "name=swept", "model.latent.dim=2,3")
    assert _call(monkeypatch, *sweep, *settings) == 0
    runs = find_runs(tmp_path / "runs")
    assert [run.settings["model.latent.dim"] for run in runs] == [2, 3]
    assert [(run.recipe, run.state, run.steps) for run in runs] == [
        ("dgt_small", "finished", 6)
    ] * 2


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            ["trainer.maxsteps=10"],
            r"nothing reads trainer.maxsteps: did you mean trainer.max_steps\?",
        ),
        (["+trainer.maxsteps=10"], r"did you mean trainer.max_steps\?"),
        (["+lenght=quick"], r"nothing reads lenght: did you mean length\?"),
        (["lenght=quick"], r"did you mean length\?"),
        (["+data.dataset.rot=x"], r"did you mean data.dataset.root\?"),
        (["max_steps=10"], r"nothing reads max_steps: did you mean trainer.max_steps\?"),
        (["model.latent.dims=4"], r"did you mean model.latent.dim\?"),
        (["model.latnet.dim=4"], r"nothing reads model.latnet: did you mean model.latent\?"),
        (["training.optimizer.learning_rate=1"], r"nothing reads training.optimizer.learning_rate"),
        (["data.gain.rang_db=1"], r"did you mean data.gain.range_db\?"),
        (["data.xyzzy=1"], r"nothing reads data.xyzzy: data has .*dataset.* or varispeed"),
        (["data.dataset=b"], r"data.dataset must hold .*cache, channel, .* or root, got b"),
        (["training.early_stopping.patience=3"], r"training.early_stopping must name its class"),
        (["training.weights.kl2.weight=1"], r"training.weights.kl2 must name its class"),
        (["model.conditioning.pitch.dims=12"], r"did you mean model.conditioning.pitch.dim\?"),
        (["size=huge"], r"size must be small, mid or large, got huge"),
        (["augment=medium"], r"augment must be mild or off or strong, got medium"),
        (["length=short"], r"length must be full or quick, got short"),
        (["network=rnn"], r"network must be causal or conv or gru or mlp, got rnn"),
        (["+output=x"], r"output must be bernoulli or deterministic or gaussian, got x"),
        (["model=x"], r"model must be .*spectral_vae or .*, got x"),
    ],
    ids=str,
)
def test_what_nothing_reads_is_refused_with_what_was_meant(
    composed: Configs,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    settings: list[str],
    message: str,
) -> None:
    assert _call(monkeypatch, "name=a", "data.dataset.root=b", *settings) == 1
    assert re.search(f"^error: .*{message}", capsys.readouterr().err)
    assert composed == []


@pytest.mark.parametrize(
    "settings",
    [
        [
            *("trainer.precision=bf16-mixed", "+sizes.tiny={hidden_dims: [4]}", "size=tiny"),
            *("+dims=[4]", "model.encoder.hidden_dims=${dims}"),
            "+model.reconstruction.more={_target_:vschaos.losses.ItakuraSaito}",
            "+training.weights.more={_target_:vschaos.training.learner.LossWeight,weight:0.1}",
        ],
        [
            "+model.conditioning.mood={dim: 3, target: [decoder], embedding: Embedding, width: 4}",
            "data.dataset.metadata_callbacks.mood={name: read_single_metadata, type: int}",
            *("+model.excerpt_frames=2", "training.monitoring=null", "+augment=strong"),
        ],
        ["length=quick", "training.early_stopping.patience=3", "data.mix_up=null"],
    ],
    ids=str,
)
def test_what_something_reads_is_taken(
    composed: Configs, monkeypatch: pytest.MonkeyPatch, settings: list[str]
) -> None:
    assert _call(monkeypatch, "name=a", "data.dataset.root=b", *settings) == 0
    assert len(composed) == 1


@pytest.mark.parametrize(
    "settings",
    [
        *(("--config-name", recipe) for recipe in RECIPES),
        *((f"network={network}",) for network in NETWORKS),
        ("length=quick", "output=gaussian", "augment=off"),
    ],
    ids=" ".join,
)
def test_all_that_is_shipped_is_read(
    composed: Configs, monkeypatch: pytest.MonkeyPatch, settings: tuple[str, ...]
) -> None:
    assert _call(monkeypatch, *settings, "name=a", "data.dataset.root=b") == 0
