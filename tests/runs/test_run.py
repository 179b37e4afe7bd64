"""A run folder is read as it was written, its faults are reported, and nothing is executed."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from vschaos.labels import Vocabulary
from vschaos.models.base import Model
from vschaos.runs import create_run, find_version, load_run, read_config
from vschaos.targets import build

MODEL: dict[str, Any] = {
    "_target_": "vschaos.models.spectral_vae.SpectralVAE",
    "sample_rate": 8000,
    "transform": {"_target_": "vschaos.dsp.STFT", "n_fft": 256, "hop_length": 64},
    "log_magnitude": {
        "_target_": "vschaos.dsp.LogMagnitude",
        "_partial_": True,
        "floor_db": -70.0,
    },
    "encoder": {"_target_": "vschaos.layers.Perceptron", "_partial_": True, "hidden_dims": [8]},
    "decoder": {"_target_": "vschaos.layers.Perceptron", "_partial_": True, "hidden_dims": [8]},
    "latent": {"_target_": "vschaos.latents.gaussian.GaussianLatent", "dim": 2},
}
NAME = "été 日本"
CONFIG = {"name": NAME, "model": MODEL, "data": {"dataset": {"root": "/Klänge {x}"}}}
PITCH = Vocabulary(("A", "A♯"))
SPLIT = {"train": ["data/ä.wav", "data/日.wav"], "held_out": []}


def _make_run(rundir: Path, name: str = NAME, seed: int | None = 0) -> Path:
    """A version's folder, with `last.ckpt` unless the seed is None."""
    folder = create_run(rundir, {**CONFIG, "name": name}, {"pitch": PITCH}, SPLIT)
    if seed is not None:
        torch.manual_seed(seed)
        _save(folder, _weights(build(MODEL, {})))
    return folder


def _weights(model: Model) -> dict[str, torch.Tensor]:
    return {f"model.{key}": value for key, value in model.state_dict().items()}


def _save(folder: Path, state: object, name: str = "last") -> None:
    torch.save({"state_dict": state}, folder / "checkpoints" / f"{name}.ckpt")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return _make_run(tmp_path / "runs")


def test_versions_are_counted_on(tmp_path: Path) -> None:
    names = [_make_run(tmp_path, "a", seed=None).name for _ in range(3)]
    assert names == ["version_0", "version_1", "version_2"]
    assert _make_run(tmp_path, "b", seed=None) == tmp_path / "b" / "version_0"
    assert (tmp_path / "a" / "version_2" / "checkpoints").is_dir()


@pytest.mark.parametrize("name", ["", ".", "..", "../a", "a/b", "/etc", "a/", ".hidden", "a\0b"])
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"name must be|null byte"):
        _make_run(tmp_path / "runs", name)
    assert [*tmp_path.rglob("version_*")] == []


def test_a_run_is_read_as_it_was_written(folder: Path) -> None:
    assert read_config(folder) == CONFIG
    run = load_run(folder)
    assert (run.name, run.split) == (
        CONFIG["name"],
        {**SPLIT, "parts": {}, "digests": {}, "usual_peak": 1.0},
    )
    assert run.vocabularies == {"pitch": PITCH}
    assert "/Klänge {x}" in (folder / "README.md").read_text(encoding="utf-8")
    assert json.loads((folder / "versions.json").read_text())["numpy"] == np.__version__
    assert not [*folder.rglob("*.partial")]


def test_the_weights_are_those_saved(folder: Path) -> None:
    run = load_run(folder)
    torch.manual_seed(0)
    for key, value in build(MODEL, {}).state_dict().items():
        assert torch.equal(run.model.state_dict()[key], value)
    assert not run.model.training
    assert not any(parameter.requires_grad for parameter in run.model.parameters())


def test_a_run_encodes_decodes_and_reconstructs(folder: Path) -> None:
    run = load_run(folder)
    sound = np.random.default_rng(0).normal(0, 0.1, 2000).astype(np.float32)
    latents = run.encode(sound)
    assert latents.shape == (2, run.model.transform.num_frames(2000))
    assert run.decode(latents).shape == (run.model.hop_length * (latents.shape[1] + 1) - 256,)
    for inversion in run.model.inversions:
        output = run.reconstruct(sound, inversion=inversion)
        assert output.shape == sound.shape
        assert np.isfinite(output).all()
        output *= 2  # a plain array, which may be written to
    np.testing.assert_array_equal(run.encode(sound), latents)
    assert np.abs(run.encode(sound, temperature=1.0) - latents).max() > 0


def test_a_run_is_found_by_any_of_its_paths(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer, untrained = _make_run(tmp_path / "runs", seed=1), None
    for _ in range(9):
        untrained = _make_run(tmp_path / "runs", seed=None)
    assert untrained is not None
    assert untrained.name == "version_10"
    training = folder.parent
    assert load_run(training).folder == newer  # the newest with a checkpoint
    assert load_run(str(training), version=0).folder == folder
    assert find_version(training, 10) == untrained
    for number in (9, 10):
        _save(training / f"version_{number}", _weights(build(MODEL, {})), "best")
    assert load_run(training, checkpoint="best").folder == untrained  # 10 comes after 9
    for path in (folder, folder / "checkpoints", folder / "checkpoints" / "last.ckpt"):
        assert load_run(path).folder == folder
    assert load_run(folder, checkpoint="last.ckpt").checkpoint.name == "last.ckpt"
    monkeypatch.chdir(folder / "checkpoints")
    assert load_run("last.ckpt").folder == folder


def test_a_config_above_the_runs_is_not_theirs(folder: Path, tmp_path: Path) -> None:
    for above in (tmp_path, tmp_path / "runs"):
        (above / "config.yaml").write_text("of: another program")
    assert load_run(folder.parent).folder == folder


def test_missing_files_are_reported(folder: Path, tmp_path: Path) -> None:
    untrained = _make_run(tmp_path / "runs", "untrained", seed=None)
    (tmp_path / "empty").mkdir()
    (tmp_path / "alone.ckpt").write_bytes((folder / "checkpoints" / "last.ckpt").read_bytes())
    for path, settings, message in (
        (tmp_path / "nowhere", {}, "no training in .*nowhere"),
        (tmp_path / "empty", {}, "expected the folder of a training .*empty"),
        (tmp_path / "alone.ckpt", {}, "expected the folder of a training .*alone.ckpt"),
        (tmp_path / "none.ckpt", {}, "no checkpoint .*none.ckpt"),
        (folder.parent, {"version": 7}, "no version_7 in"),
        (folder, {"checkpoint": "best"}, "no checkpoint 'best' in .*; there is last"),
        (untrained, {}, "no checkpoint 'last' in .*; there is none"),
    ):
        with pytest.raises(FileNotFoundError, match=message):
            load_run(path, **settings)
    (folder / "split.json").unlink()
    with pytest.raises(FileNotFoundError, match=r"incomplete: .*split\.json"):
        load_run(folder)


@pytest.mark.parametrize(
    "harm",
    [
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(b"garbage" * 100),
        lambda file: file.write_bytes(file.read_bytes()[:-200]),
        lambda file: torch.save({"epoch": 3}, file),
        lambda file: torch.save([1, 2], file),
        lambda file: torch.save({"state_dict": [1, 2]}, file),
        lambda file: torch.save({"state_dict": {1: torch.zeros(2)}}, file),
    ],
)
def test_a_damaged_checkpoint_is_reported(folder: Path, harm: Callable[[Path], object]) -> None:
    harm(folder / "checkpoints" / "last.ckpt")
    with pytest.raises(ValueError, match=r"last\.ckpt is damaged, or no checkpoint of weights"):
        load_run(folder)


def _other_shape(weights: dict[str, Any]) -> dict[str, Any]:
    return {**weights, "model.log_magnitude.mean": torch.zeros(7, 1)}


@pytest.mark.parametrize(
    "change",
    [
        lambda weights: {},
        lambda weights: dict(list(weights.items())[1:]),
        lambda weights: {**weights, "model.more": torch.zeros(1)},
        lambda weights: {**weights, "model.log_magnitude.mean": "text"},
        _other_shape,
    ],
)
def test_weights_that_do_not_fit_are_reported(
    folder: Path, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    _save(folder, change(_weights(build(MODEL, {}))))
    with pytest.raises(ValueError, match=r"weights in .*last\.ckpt do not fit the run's config"):
        load_run(folder)


def _write_config(folder: Path, **changes: object) -> None:
    (folder / "config.yaml").write_text(yaml.safe_dump({**CONFIG, **changes}), encoding="utf-8")


def test_a_config_of_another_model_is_reported(folder: Path) -> None:
    wider = copy.deepcopy(MODEL)
    wider["encoder"]["hidden_dims"] = [9]
    _write_config(folder, model=wider)
    with pytest.raises(ValueError, match="do not fit"):
        load_run(folder)
    layers = {**MODEL["encoder"], "_partial_": False, "in_dim": 1, "out_dim": 1}
    for model in (layers, MODEL["encoder"], {}, None, 3):
        _write_config(folder, model=model)
        with pytest.raises(
            ValueError, match=r"config\.yaml: model\._target_ does not name a model"
        ):
            load_run(folder)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("config.yaml", b"a: ["),
        ("config.yaml", b"just words"),
        ("config.yaml", b"name: without a model"),
        ("config.yaml", b"\xff\xfe\x00"),
        ("config.yaml", b""),
        ("versions.json", b"{"),
        ("versions.json", b"[]"),
        ("split.json", b"\xff"),
        ("vocabularies.json", b"3"),
    ],
)
def test_a_damaged_file_is_reported_by_name(folder: Path, file: str, content: bytes) -> None:
    (folder / file).write_bytes(content)
    with pytest.raises(ValueError, match=file):
        load_run(folder)


def test_a_run_of_another_format_is_refused(folder: Path) -> None:
    (folder / "versions.json").write_text('{"format": 99}')
    with pytest.raises(
        ValueError,
        match=r"expected a run of format 3, got format 99 .*: install a newer vschaos",
    ):
        load_run(folder)


class _Trap:
    """Unpickled, it makes a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.file),)


def test_a_hostile_checkpoint_executes_nothing(folder: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trapped"
    weights = _weights(build(MODEL, {}))
    for state in (_Trap(trap), {**weights, "model.log_magnitude.mean": _Trap(trap)}):
        _save(folder, state)
        with pytest.raises(ValueError, match="damaged, or no checkpoint of weights alone"):
            load_run(folder)
        assert not trap.exists()
    torch.load(folder / "checkpoints" / "last.ckpt", weights_only=False)
    assert trap.exists()  # the trap works


def test_a_hostile_config_executes_nothing(folder: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trapped"
    target = {"_target_": "os.system", "command": f"touch {trap}"}
    tag = f"!!python/object/apply:os.system ['touch {trap}']"
    for config in (
        tag,
        f"name: {tag}\nmodel: {{}}",
        yaml.safe_dump({**CONFIG, "model": target}),
        yaml.safe_dump({**CONFIG, "model": {**MODEL, "encoder": target}}),
        yaml.safe_dump({**CONFIG, "model": {**MODEL, "encoder": {**target, "_partial_": True}}}),
    ):
        (folder / "config.yaml").write_text(config, encoding="utf-8")
        with pytest.raises(ValueError, match=r"os\.system"):
            load_run(folder)
        assert not trap.exists()


LABELS = {
    "pitch": PITCH,
    "loudness": Vocabulary(low=-40.0, high=0.0, mean=-10.0, deviation=5.0),
    "timbre": Vocabulary(("reed", "bell", "pad")),
}
LABELLED: dict[str, Any] = {
    **MODEL,
    "conditioning": {
        "pitch": {"target": ["decoder"]},
        "loudness": {"target": ["encoder", "decoder"], "embedding": "none"},
    },
    "prediction": {"timbre": {"args": {"hidden_dims": [4]}}, "pitch": {}},
}


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    folder = create_run(tmp_path, {**CONFIG, "model": LABELLED}, LABELS, SPLIT)
    torch.manual_seed(0)
    _save(folder, _weights(build(LABELLED, LABELS)))
    return folder


def test_labels_are_given_by_name_number_or_frame(labelled: Path) -> None:
    run = load_run(labelled)
    assert list(run.vocabularies) == ["pitch", "loudness", "timbre"]
    said = {"loudness": np.array([-5.0, np.nan, -60.0], np.float32), "pitch": "A♯"}
    values, known = run.labels(3, said)
    assert values.shape == known.shape == (1, 3, 3)
    assert values[0, 0].tolist() == [1.0, 1.0, 1.0]
    assert values[0, 1].tolist() == [-5.0, 0.0, -60.0]
    assert known[0].tolist() == [[True] * 3, [True, False, True], [False] * 3]
    for nothing in (None, {}):
        assert not run.labels(3, nothing).known.any()
    assert run.labels(2, {"pitch": 1}).values[0, 0].tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"timbre": "reed"}, "conditioned on pitch, loudness, got 'timbre'"),
        ({"unheard": 1}, "conditioned on pitch, loudness, got 'unheard'"),
        ({"pitch": "B"}, "pitch: .*class number from 0 to 1 or one of A, A♯.* 'B'"),
        ({"pitch": 2}, "pitch: .* 2"),
        ({"loudness": "A"}, "loudness: .*'A'"),
        ({"pitch": np.zeros(4)}, r"pitch: expected a number for each of 3 frames, got shape \[4\]"),
        (
            {"pitch": np.zeros((1, 3))},
            r"number for each of 3 frames, got shape \[1, 3\]",
        ),
    ],
)
def test_wrong_labels_are_refused(labelled: Path, given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load_run(labelled).labels(3, given)


def test_labels_condition_encoder_and_decoder(labelled: Path) -> None:
    run = load_run(labelled)
    sound = np.random.default_rng(0).normal(0, 0.1, 2000).astype(np.float32)
    predicted = run.predict(sound)
    latents = run.encode(sound)
    assert list(predicted) == ["timbre", "pitch"]
    assert all(row.shape == (latents.shape[1],) for row in predicted.values())
    assert np.array_equal(run.encode(sound, {"pitch": 1}), latents)  # of the decoder
    assert not np.array_equal(run.encode(sound, {"loudness": -3.0}), latents)
    decoded = [
        run.decode(latents, labels, "scan") for labels in ({}, {"pitch": 0}, {"pitch": "A♯"})
    ]
    assert not np.array_equal(decoded[0], decoded[1])
    assert not np.array_equal(decoded[1], decoded[2])
    with pytest.raises(ValueError, match="conditioned on pitch, loudness, got 'timbre'"):
        run.reconstruct(sound, {"timbre": 0})


def test_a_missing_vocabulary_is_reported(labelled: Path) -> None:
    file = labelled / "vocabularies.json"
    entries = json.loads(file.read_text())
    file.write_text(json.dumps({"pitch": entries["pitch"]}))
    with pytest.raises(ValueError, match=r"vocabularies\.json lacks the label '(loudness|timbre)'"):
        load_run(labelled)
    file.write_text(json.dumps({**entries, "pitch": {"classes": 3}}))
    with pytest.raises(ValueError, match="no vocabulary of a label"):
        load_run(labelled)
