"""What every family must do, by one line each: configuration, training, kill and resume,
evaluation, report, generation, prior, export, both hosts, and Python."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.export.playing import hosts
from tests.families import CONFIGS, allow_families
from tests.patches.pure_data import complaints, play_patch
from tests.plugin.faking import YAML, fake_description, render_fake
from vschaos import load_run
from vschaos.audio.files import read_audio, write_audio
from vschaos.batch import Batch
from vschaos.cli.main import main
from vschaos.instrument.instrument import read_instrument
from vschaos.models.capabilities import (
    Autoencoder,
    LatentStatistics,
    Matching,
    Pitched,
    SingleCycle,
)
from vschaos.runs import Run
from vschaos.training.learner import Learner

STEPS = 6
VSCHAOS = [sys.executable, "-m", "tests.families"]
BLOCK_TOLERANCE = 1e-5  # of full scale: sums of a product may be taken in another order


@dataclass(frozen=True)
class Family:
    """A line of the contract: how a family is trained at tiny size.

    Attributes:
        recipe: in the package, or in `configs` here.
        settings: of the training.
        has_sounds: whether it needs a folder of sounds.
        is_audible: whether what it exports gives sound from a tone after so few steps.
        write_sounds: writes sounds of its own kind to a folder; those of all if not given.
        is_slow: whether its line is for the slow tests: what it has of its own is tested elsewhere.
        is_killed: as well as stopped; not where examples of its kind are those of another line.
    """

    recipe: str
    settings: Sequence[str] = ()
    has_sounds: bool = True
    is_audible: bool = True
    write_sounds: Callable[[Path], object] | None = None
    is_slow: bool = False
    is_killed: bool = True


SPECTRAL_VAE = (
    *("model.sample_rate=8000", "model.transform.n_fft=512", "model.transform.hop_length=128"),
    *("model.encoder.hidden_dims=[16]", "model.decoder.hidden_dims=[16]"),
)
HARMONIC = (
    *(
        "model.sample_rate=16000",
        "model.hop_length=128",
        "model.num_partials=20",
        "model.excerpt_frames=32",
    ),
    *("model.hidden_dim=16", "model.state_dim=16"),
)


def write_presets(folder: Path) -> None:
    """Sounds of a plug-in that is not there any more: nothing but its description is needed."""
    description = fake_description(folder.parent)
    render_fake(folder, 16, description)
    (folder.parent / "fake.yaml").write_text(YAML.format(path=description.find()))
    description.find().unlink()


FAMILIES = [
    Family("dgt_mid", SPECTRAL_VAE, is_audible=False),
    Family("ddsp", HARMONIC, is_killed=False),
    Family("wavetable", HARMONIC, is_slow=True),
    Family(
        "synth",
        (
            *("chain=mono", "model.seconds=0.1", "model.channels=8", "model.hidden_dim=16"),
            *("data.validation_sounds=2", "training.monitoring=null"),
            # its own sounds it renders; others join them
            *("data.dataset.root=sounds", "sounds_after=2", "model.sound_examples=1"),
        ),
        has_sounds=False,
        is_audible=False,
        is_slow=True,
    ),
    Family(
        "preset_amsynth",
        (
            *("model.plugin=fake.yaml", "model.sample_rate=8000", "model.seconds=0.1"),
            *("model.channels=8", "model.hidden_dim=16", "data.validation_sounds=2"),
        ),
        is_audible=False,
        write_sounds=write_presets,
        is_slow=True,
    ),
    Family("toy", is_killed=False),
    Family("toy_rendered", has_sounds=False, is_slow=True, is_killed=False),
]


@dataclass(frozen=True)
class Trained:
    """A run of a family, in a folder of its own."""

    family: Family
    folder: Path

    @property
    def run(self) -> Run:
        return load_run(self.folder / "runs" / "whole")


def words(family: Family, name: str, steps: int = STEPS) -> list[str]:
    sounds = ["data.dataset.root=sounds"] if family.has_sounds else []
    sounds += ["augment=off"] if family.has_sounds and family.write_sounds is None else []
    return [
        *("train", "--config-name", family.recipe, f"name={name}", "rundir=runs", *sounds),
        *("data.loading.batch_size=4", "data.loading.batches_per_epoch=2"),
        *(f"trainer.max_steps={steps}", "trainer.accelerator=cpu", *family.settings),
    ]


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(family, marks=pytest.mark.slow if family.is_slow else ())
        for family in FAMILIES
    ],
    ids=lambda family: family.recipe,
)
def trained(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    write_dataset: Callable[[Path], Path],
) -> Trained:
    folder = tmp_path_factory.mktemp(request.param.recipe)
    allow_families()
    shutil.copytree(CONFIGS, folder / "configs")
    (request.param.write_sounds or write_dataset)(folder / "sounds")
    found = Trained(request.param, folder)
    type_in(found, *words(found.family, "whole"))
    return found


def type_in(trained: Trained, *arguments: str, expects: int = 0) -> None:
    """A command within this process, in the folder of the run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(trained.folder)
        patch.setattr("sys.argv", ["vschaos", *arguments])
        assert main(list(arguments)) == expects


def test_it_trains_and_leaves_a_run(trained: Trained) -> None:
    folder = trained.run.folder
    metric = trained.run.model.tracked_metrics[0]
    assert json.loads((folder / "state.json").read_text()) == {"state": "finished"}
    best = torch.load(folder / "checkpoints" / "best.ckpt", weights_only=True)
    assert np.isfinite(best["metrics"][metric.key])
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert trained.run.name in page
    if isinstance(trained.run.model, SingleCycle):
        assert re.search(r'"axes": ?\["brightness", ?"odd_even"\]', page)  # of its map
    assert [*(folder / "logs").glob("events*")]
    heard = "match" if isinstance(trained.run.model, Matching) else "reconstruct"
    assert f"vschaos generate {heard} " in (folder / "README.md").read_text(encoding="utf-8")


def test_it_is_stopped_and_resumed_to_the_bit(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle of an epoch."""
    take_step = Learner.training_step

    def stopped(self: Learner, batch: Batch, batch_index: int) -> torch.Tensor:
        if self.global_step == 2:
            signal.raise_signal(signal.SIGTERM)
        return take_step(self, batch, batch_index)

    training = [*words(trained.family, "stopped"), "training.monitoring=null", "report=false"]
    with monkeypatch.context() as patch:
        patch.setattr(Learner, "training_step", stopped)
        type_in(trained, *training, expects=128 + signal.SIGTERM)
    type_in(trained, *training, "resume=true")
    assert_as_the_whole(trained, "stopped")


@pytest.mark.slow  # it takes a process; killed wherever it hurts in tests/training/test_killing.py
def test_it_is_killed_and_resumed_to_the_bit(trained: Trained) -> None:
    if not trained.family.is_killed:
        pytest.skip("another line with such examples is killed")
    killed = words(trained.family, "killed")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    ended = subprocess.run(
        [*VSCHAOS, *killed, "report=false", "--die-at=5"], cwd=trained.folder, env=environment
    )
    assert ended.returncode == -signal.SIGKILL
    type_in(trained, *killed, "resume=true")
    assert_as_the_whole(trained, "killed")


def assert_as_the_whole(trained: Trained, other: str) -> None:
    whole, resumed = (
        torch.load(
            trained.folder / f"runs/{name}/version_0/checkpoints/last.ckpt", weights_only=True
        )["state_dict"]
        for name in ("whole", other)
    )
    assert whole.keys() == resumed.keys()
    # the same kernels in the same order, on one thread
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_it_is_evaluated_and_listed(trained: Trained, capsys: pytest.CaptureFixture[str]) -> None:
    type_in(trained, "evaluate", "runs/whole", "--no-f0")
    (found,) = trained.run.folder.glob("evaluation/*.json")
    facts = json.loads(found.read_text(encoding="utf-8"))
    assert facts["files"] >= 1
    if isinstance(trained.run.model, Matching) and not trained.family.has_sounds:
        assert {"model", "nearest training sound"} <= set(facts["matching"]["own"]["rows"])
    if isinstance(trained.run.model, Pitched):
        assert "+12" in facts["pitched"]["obedience"]
        assert {"model", "oracle", "silence"} <= set(facts["pitched"]["distances"])
    if isinstance(trained.run.model, SingleCycle):
        compared = ["model", "untrained", "mean spectrum", "nearest frame"]
        assert [*facts["cycles"]["spectrum"]] == compared
        assert min(row["rank"] for row in facts["cycles"]["descriptors"].values()) > 0.5
    type_in(trained, "runs", "runs")
    assert trained.run.model.tracked_metrics[0].label in capsys.readouterr().out


def test_it_makes_sounds(trained: Trained) -> None:
    if not isinstance(trained.run.model, Autoencoder):
        pytest.skip("it decodes nothing")
    given = ("--files", str(next((trained.folder / "sounds/data").rglob("*.wav"))))
    type_in(trained, "generate", "reconstruct", "runs/whole", *given, "--out", "out")
    walk = ("--trajectories", "sin", "random", "-b", "1", "-s", "40", "--out", "out")
    type_in(trained, "generate", "trajectories", "runs/whole", *walk)
    made = [*(trained.folder / "out").rglob("*.wav")]
    assert len(made) == 3
    for file in made:
        sound = read_audio(file, trained.run.sample_rate)
        assert len(sound) > trained.run.model.hop_length
        assert np.isfinite(sound).all()
        assert file.with_suffix(".png").is_file()


def test_it_plays_the_sound_of_others_where_it_has_a_pitch(
    trained: Trained, capsys: pytest.CaptureFixture[str]
) -> None:
    can = isinstance(trained.run.model, Pitched)
    if not isinstance(trained.run.model, Autoencoder):
        pytest.skip("it decodes nothing")
    sound = 0.1 * np.sin(np.arange(trained.run.sample_rate) / 10).astype(np.float32)
    write_audio(trained.folder / "other.wav", sound, trained.run.sample_rate)
    transfer = ("transfer", "runs/whole", "--files", "other.wav", "--out", "others")
    type_in(trained, "generate", *transfer, "--transpose", "-5", expects=0 if can else 1)
    if not can:
        assert "is not played by pitch and loudness" in capsys.readouterr().err
        return
    (file,) = (trained.folder / "others").rglob("*.wav")
    assert np.isfinite(read_audio(file, trained.run.sample_rate)).all()


def test_a_prior_is_learnt_where_frames_have_statistics(
    trained: Trained, capsys: pytest.CaptureFixture[str]
) -> None:
    can = isinstance(trained.run.model, LatentStatistics | Pitched)
    type_in(trained, "prior", "runs/whole", "--steps", "2", expects=0 if can else 1)
    assert can or "a temporal prior needs" in capsys.readouterr().err


@pytest.fixture(scope="module")
def exported(trained: Trained) -> Path:
    type_in(trained, "export", "runs/whole", "-o", "patches")
    return trained.folder / "patches" / "whole.ts"


def test_what_it_exports_plays_in_our_host(trained: Trained, exported: Path) -> None:
    instrument = read_instrument(exported)
    host_of = hosts(exported)
    random = np.random.default_rng(0)
    for method in instrument.methods:
        whole, blocks = host_of(method.name, 8192), host_of(method.name)
        lows, highs = (np.array([getattr(c, k) for c in method.inlets]) for k in ("low", "high"))
        length = 4 * 8192
        steps = random.uniform(0.3, 0.7, (len(lows), length // instrument.hop_length))
        values = lows[:, None] + (highs - lows)[:, None] * steps
        sound = np.repeat(values, instrument.hop_length, axis=1).astype(np.float32)
        at_once, in_blocks = whole.process(sound), blocks.process(sound)
        assert not whole.failures + blocks.failures
        scale = max(1.0, float(np.abs(at_once).max()))
        assert np.abs(at_once - in_blocks).max() <= BLOCK_TOLERANCE * scale
    for attribute in instrument.settings():
        host = host_of(instrument.methods[0].name)
        if attribute.type in ("int", "float"):
            host.set(attribute.name, attribute.high)
            with pytest.raises(ValueError, match=attribute.name):
                host.set(attribute.name, attribute.high + 1.0)
        for choice in attribute.choices:
            host.set(attribute.name, choice)
            assert host.get(attribute.name) == [choice]


def test_its_patch_opens_in_pure_data(trained: Trained, exported: Path) -> None:
    opening = [(0.0, "whole-volume 0"), (0.0, "whole-source tone")]
    played = play_patch(exported.with_suffix(".pd"), 1.0, opening, listen_to=["whole-out"])
    assert not complaints(played.lines)
    assert played.objects
    assert np.isfinite(played.sound).all()
    if trained.family.is_audible:
        assert np.abs(played.sound).max() > 1e-4


def test_it_is_used_from_python(trained: Trained) -> None:
    run = trained.run
    if isinstance(run.model, Autoencoder):
        sound = 0.1 * np.sin(np.arange(run.sample_rate) / 10).astype(np.float32)
        latents = run.encode(sound)
        assert latents.shape[0] == run.model.latent_dim == len(run.model.frame_controls())
        assert np.isfinite(run.decode(latents)).all()
        assert run.reconstruct(sound).shape == sound.shape
