"""Configurations become objects of this project, and of nothing else."""

from __future__ import annotations

import functools
import os
from typing import Any

import pytest
import torch

from vschaos.data.augment import Gain
from vschaos.layers import Perceptron
from vschaos.models.spectral_vae import SpectralVAE
from vschaos.targets import build

PERCEPTRON = "vschaos.layers.Perceptron"


def test_values_stay_as_they_are() -> None:
    for value in (3, 0.5, "text", None, True, [1, [2]], {"a": {"b": [1, None]}}):
        assert build(value) == value


def test_a_target_is_built_with_its_arguments() -> None:
    gain = build({"_target_": "vschaos.data.augment.Gain", "range_db": 3.0})
    assert type(gain) is Gain
    assert gain.range_db == 3.0


def test_leading_arguments_are_passed_on() -> None:
    layers = build({"_target_": PERCEPTRON, "hidden_dims": [5]}, 3, 2)
    assert layers(torch.zeros(1, 3, 4)).shape == (1, 2, 4)


def test_a_partial_waits_for_its_leading_arguments() -> None:
    half = build({"_target_": PERCEPTRON, "_partial_": True, "hidden_dims": [5]})
    assert isinstance(half, functools.partial)
    assert isinstance(half(3, 2), Perceptron)
    optimizer = build({"_target_": "torch.optim.AdamW", "_partial_": True, "lr": 0.5})
    assert optimizer(half(3, 2).parameters()).param_groups[0]["lr"] == 0.5


def test_what_is_nested_is_built_first() -> None:
    partial = {"_target_": PERCEPTRON, "_partial_": True, "hidden_dims": [8]}
    model = build(
        {
            "_target_": "vschaos.models.spectral_vae.SpectralVAE",
            "sample_rate": 8000,
            "transform": {"_target_": "vschaos.dsp.STFT", "n_fft": 256, "hop_length": 64},
            "log_magnitude": {
                "_target_": "vschaos.dsp.LogMagnitude",
                "_partial_": True,
                "floor_db": -70.0,
            },
            "encoder": partial,
            "decoder": partial,
            "latent": {"_target_": "vschaos.models.spectral_vae.GaussianLatent", "dim": 2},
        },
        {},
    )
    assert isinstance(model, SpectralVAE)
    assert model.hop_length == 64
    rates = [{"_target_": "vschaos.data.augment.Gain", "range_db": value} for value in (1.0, 2.0)]
    assert [gain.range_db for gain in build({"gains": rates})["gains"]] == [1.0, 2.0]


@pytest.mark.parametrize(
    "name",
    [
        "os.system",
        "builtins.eval",
        "subprocess.Popen",
        "torch.load",
        "torch.nn.Linear",
        "torch.optim",
        "vschaos",
        "vschaos_of_a_stranger.Model",
        "vschaos.dsp.invert",  # a function
        "vschaos.data.augment.speed.np",  # names of others in a module of ours
        "vschaos.training.learner.Tensor",
        "vschaos.training.learner.Callable",
        "vschaos.audio.files.soundfile.SoundFile",
        "vschaos.data.cache.store.SoundStore",  # classes of ours that open files
        "vschaos.export.host.Host",
        "vschaos.data.pitch.networks.Crepe",
        "vschaos.report.__main__.main",
        "torch.optim.lr_scheduler.partial",  # neither optimisers nor schedules
        "torch.optim.swa_utils.AveragedModel",
        "torch.hub.load",
        "builtins.exec",
        "importlib.import_module",
        "",
        None,
        3,
        ["vschaos.layers.Perceptron"],
    ],
)
def test_what_is_not_ours_is_refused(name: object) -> None:
    with pytest.raises(ValueError, match=r"_target_ must name a class below vschaos\.models\. or"):
        build({"_target_": name})
    with pytest.raises(ValueError, match="_target_"):
        build({"nested": [{"_target_": name, "_partial_": True}]})


@pytest.mark.parametrize(
    "name",
    [
        "vschaos.layers.Nothing",
        "vschaos.layers.nowhere.Perceptron",
        "vschaos.data.augment.speed.np.load",
        "vschaos.training.learner.torch.load",
        "torch.optim.lr_scheduler.types.FunctionType",
        "torch.optim.Nothing",
        "torch.optim.optimizer.torch.load",
        "vschaos.layers.",
        "vschaos.layers..Perceptron",
        "vschaos.layers.\0.Perceptron",
    ],
)
def test_missing_targets_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not there"):
        build({"_target_": name})


def test_nothing_is_called_before_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[Any] = []
    monkeypatch.setattr(os, "system", called.append)
    for config in (
        {"_target_": "os.system", "command": "true"},
        {"_target_": PERCEPTRON, "in_dim": {"_target_": "os.system", "command": "true"}},
    ):
        with pytest.raises(ValueError, match=r"os\.system"):
            build(config)
    assert called == []


@pytest.mark.parametrize(
    "arguments", [{}, {"range_db": 1.0, "range_hz": 2.0}, {3: 4}, {"range_db": 1.0, "random": None}]
)
def test_arguments_that_do_not_fit_are_refused(arguments: dict[Any, Any]) -> None:
    with pytest.raises(ValueError, match=r"augment\.Gain cannot be built"):
        build({"_target_": "vschaos.data.augment.Gain", **arguments})


def test_a_part_of_the_wrong_kind_is_refused() -> None:
    model = {"_target_": "vschaos.models.spectral_vae.SpectralVAE", "sample_rate": 8000}
    model |= dict.fromkeys(("transform", "log_magnitude", "encoder", "decoder", "latent"))
    with pytest.raises(ValueError, match="SpectralVAE cannot be built"):
        build(model)
