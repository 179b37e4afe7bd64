"""A training leaves a run that can be opened, interrupted and gone on with."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from tests.test_configs import composed
from tests.training.conftest import assert_same
from vschaos import load_run
from vschaos.folders import MARK
from vschaos.training import resumed, train


def weights(folder: Path, checkpoint: str = "last") -> dict[str, torch.Tensor]:
    return load_run(folder, checkpoint=checkpoint).model.state_dict()


def test_a_run_explains_itself(config: dict[str, Any]) -> None:
    folder = train(config)
    assert folder is not None
    written = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {
        "README.md",
        "config.yaml",
        "split.json",
        "vocabularies.json",
        "versions.json",
    } <= written
    assert {"checkpoints/last.ckpt", "checkpoints/best.ckpt"} <= written
    assert any(name.startswith("logs/events") for name in written)
    assert yaml.safe_load((folder / "config.yaml").read_text()) == config
    split = json.loads((folder / "split.json").read_text())
    assert len(split["train"]) == 3
    assert len(split["held_out"]) == 1


def test_checkpoints_hold_nothing_that_could_run(config: dict[str, Any]) -> None:
    folder = train(config)
    assert folder is not None
    for file in folder.glob("checkpoints/*.ckpt"):
        assert torch.load(file, weights_only=True)["global_step"] in (3, 6)


def test_the_seed_repeats_a_training_and_another_does_not(config: dict[str, Any]) -> None:
    first, second = train(config), train(config)
    third = train({**config, "seed": 1})
    assert first is not None
    assert second is not None
    assert third is not None
    assert second.name == "version_1"
    before, again, other = weights(first), weights(second), weights(third)
    assert all(torch.equal(before[name], again[name]) for name in before)
    assert not torch.equal(before["encoder.layers.0.weight"], other["encoder.layers.0.weight"])


def test_going_on_ends_where_an_unbroken_training_does(config: dict[str, Any]) -> None:
    unbroken = train(config)
    broken = {**config, "name": "broken"}

    class InterruptionError(Exception):
        pass

    from vschaos.training.learner import Learner

    step = Learner.training_step

    def interrupted(self: Learner, audio: torch.Tensor, batch_index: int) -> torch.Tensor:
        if self.global_step == 4:
            raise InterruptionError
        return step(self, audio, batch_index)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Learner, "training_step", interrupted)
        with pytest.raises(InterruptionError):
            train(broken)
    steps = []

    def counted(self: Learner, audio: torch.Tensor, batch_index: int) -> torch.Tensor:
        steps.append(self.global_step)
        return step(self, audio, batch_index)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Learner, "training_step", counted)
        folder = train({**broken, "resume": True})
    assert steps == [3, 4, 5]
    assert unbroken is not None
    assert folder is not None
    assert folder.name == "version_0"
    expected, found = weights(unbroken), weights(folder)
    for name in expected:
        assert torch.equal(found[name], expected[name]), name


def test_going_on_reads_the_split_rather_than_draw_it_anew(
    config: dict[str, Any], dataset: Path, caplog: pytest.LogCaptureFixture
) -> None:
    unbroken = train(config)
    assert unbroken is not None
    config["name"] = "grown"
    folder = train(config)
    assert folder is not None
    for name in "efghijkl":
        shutil.copy(dataset / "data" / "a.wav", dataset / "data" / f"{name}.wav")
    config["trainer"]["max_steps"] = 9
    assert train({**config, "resume": True}) == folder
    assert "8 files are new since the training began (data/e.wav" in caplog.text
    for name in "efghijkl":
        (dataset / "data" / f"{name}.wav").unlink()
    train({**config, "name": "run", "resume": True})
    expected, found = weights(unbroken), weights(folder)
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert load_run(folder).split == load_run(unbroken).split


def test_check_shows_everything_and_trains_nothing(
    config: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    assert train({**config, "check": True}) is None
    assert "SpectralVAE" in caplog.text
    assert "1.5 seconds to train with (3 files)" in caplog.text
    assert not Path(config["rundir"]).exists()


def test_a_loss_that_is_not_finite_stops_with_advice(config: dict[str, Any]) -> None:
    config["training"]["weights"]["log_magnitude"]["weight"] = float("nan")
    with pytest.raises(FloatingPointError, match="lower"):
        train(config)


def test_weights_must_name_the_models_losses(config: dict[str, Any]) -> None:
    config["training"]["weights"]["klx"] = config["training"]["weights"].pop("kl")
    with pytest.raises(ValueError, match=r"must name losses of the model.*'kl'.*'klx'"):
        train(config)


def test_going_on_takes_the_runs_settings_and_those_of_the_trainer(config: dict[str, Any]) -> None:
    folder = train(config)
    assert folder is not None
    now = composed(
        "dgt_mid", "name=run", f"rundir={folder.parents[1]}", "data.dataset.root=elsewhere",
        "trainer.max_steps=9", "resume=true",
    )  # fmt: skip
    given = ["name", "rundir", "resume", "trainer.max_steps", "data.dataset.root"]
    ahead = resumed(now, given)
    assert ahead["model"] == config["model"]
    assert ahead["trainer"] == {**config["trainer"], "max_steps": 9}
    assert ahead["training"]["schedule"]["total_steps"] == 9
    assert ahead["data"]["dataset"]["root"] == "elsewhere"
    assert ahead["resume"]
    assert ahead["training"]["monitoring"] is None  # the run's
    watched = resumed(now, [*given, "training.monitoring.share"])
    assert watched["training"]["monitoring"] == now["training"]["monitoring"]
    with pytest.raises(ValueError, match=r"model.transform.n_fft=1024, got 2048"):
        resumed(now, [*given, "model.transform.n_fft"])
    with pytest.raises(FileNotFoundError, match=r"nothing to resume in .*other"):
        resumed({**now, "name": "other"}, given)


def test_the_version_that_began_last_is_resumed(config: dict[str, Any]) -> None:
    first, second = train(config), train({**config, "seed": 1})
    assert first is not None
    assert second is not None
    expected = weights(second)
    shutil.rmtree(second / "checkpoints")  # killed before anything was kept
    ahead = resumed({**config, "resume": True}, ["name"])
    assert ahead["seed"] == 1
    assert train(ahead) == second
    assert_same(weights(second), expected)


def test_another_number_of_threads_is_reported(
    config: dict[str, Any], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(config)
    train({**config, "resume": True})
    assert "threads now" not in caplog.text  # the folder has the name of this test
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    train({**config, "resume": True})
    assert "3 threads now, 1 before: the training resumes" in caplog.text


def test_what_was_half_written_is_cleared(config: dict[str, Any]) -> None:
    folder = train(config)
    assert folder is not None
    left = [folder / name for name in ("report.html.partial", "checkpoints/epoch_9.ckpt.partial")]
    for file in left:
        file.write_text("half")
    assert train({**config, "resume": True, "check": True}) is None
    assert all(file.is_file() for file in left)  # a look changes nothing
    train({**config, "resume": True})
    assert not any(file.exists() for file in left)


def test_without_a_last_checkpoint_the_furthest_is_resumed(
    config: dict[str, Any],
) -> None:
    folder = train(config)
    assert folder is not None
    last = folder / "checkpoints" / "last.ckpt"
    expected = torch.load(last, weights_only=True)
    last.unlink()
    train({**config, "resume": True})
    found = torch.load(last, weights_only=True)
    assert found["global_step"] == expected["global_step"]
    for name, weights in expected["state_dict"].items():
        assert torch.equal(found["state_dict"][name], weights), name


@pytest.mark.parametrize(
    ("section", "key", "value", "message"),
    [
        ("trainer", "max_time", "abc", "trainer"),
        ("trainer", "unheard_of", 1, "unheard_of"),
        ("", "name", "../up", "name"),
        ("", "rundir", "/proc/none", "rundir"),
    ],
)
def test_what_cannot_work_is_refused_in_one_sentence(
    config: dict[str, Any], section: str, key: str, value: object, message: str
) -> None:
    (config[section] if section else config)[key] = value
    with pytest.raises(ValueError, match=message):
        train(config)


def test_a_run_keeps_absolute_paths(
    config: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = Path(config["data"]["dataset"]["root"])
    monkeypatch.chdir(root.parent)
    config["data"]["dataset"]["root"] = root.name
    config["trainer"]["max_steps"] = 1
    folder = train(config)
    assert folder is not None
    run = load_run(folder)
    assert run.config["data"]["dataset"]["root"] == str(root)
    assert config["data"]["dataset"]["root"] == root.name
    assert run.split["digests"].keys() == {*run.split["train"], *run.split["held_out"]}
    assert (folder / MARK).is_file()
