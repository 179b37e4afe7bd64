"""A temporal prior is trained, saved beside the weights, and sampled."""

from __future__ import annotations

import itertools
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.test_configs import TINY, composed
from tests.training.monitoring.puppet import Puppet, Sine
from vschaos import load_run
from vschaos.export.script import describe, export
from vschaos.instrument.instrument import read_instrument
from vschaos.latents import LatentPrior
from vschaos.models.capabilities import LatentStatistics
from vschaos.prior import Lesson, learn_prior, learning, read_sequences
from vschaos.prior.__main__ import main
from vschaos.prior.sequences import Sequences, Streams
from vschaos.runs import make_prior
from vschaos.training import train

SHORT = Lesson(steps=12, streams=4, frames=8)


@pytest.fixture
def folder(dataset: Path, tmp_path: Path) -> Path:
    settings = ["name=tiny run", f"rundir={tmp_path}/runs", f"data.dataset.root={dataset}"]
    found = train(composed("dgt_pitch_cond", *settings, *TINY))
    assert found is not None
    return found


def test_a_prior_is_trained_saved_and_sampled(folder: Path, tmp_path: Path) -> None:
    run = load_run(folder)
    assert run.prior is None
    with pytest.raises(ValueError, match=r"vschaos prior '.*last\.ckpt' trains it"):
        run.sample_prior(10)
    first = learn_prior(run, SHORT)
    again = load_run(folder)
    assert again.prior is not None
    assert learn_prior(load_run(folder), SHORT) == first
    latents = again.sample_prior(40, seed=3, labels={"pitch": "C"})
    assert latents.shape == (again.model.latent_dim, 40)
    np.testing.assert_array_equal(latents, again.sample_prior(40, seed=3, labels={"pitch": "C"}))
    assert (latents >= again.prior.low.numpy()[:, None] - 1e-5).all()
    generate = read_instrument(export(again, tmp_path)).method("generate")
    assert generate is not None
    assert [inlet.name for inlet in generate.inlets] == ["temperature", "pitch", "octave"]
    assert (generate.in_ratio, generate.out_ratio) == (again.model.hop_length, 1)
    assert load_run(folder, checkpoint="best").prior is None


def test_a_prior_of_other_weights_is_left_out(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    learn_prior(load_run(folder), SHORT)
    checkpoint = folder / "checkpoints" / "last.ckpt"
    content = torch.load(checkpoint, weights_only=True)
    next(value for value in content["state_dict"].values() if value.is_floating_point()).add_(1.0)
    torch.save(content, checkpoint)
    run = load_run(folder)
    assert run.prior is None
    assert "trained for other weights and is left out" in caplog.text
    names = [method.name for method in describe("a", run.model.stream(), 8000).methods]
    assert "generate" not in names


@pytest.mark.parametrize("content", [b"", b"no prior", None])
def test_a_damaged_prior_is_reported(folder: Path, content: bytes | None) -> None:
    file = folder / "priors" / "last.pt"
    file.parent.mkdir()
    if content is None:
        torch.save({"format": 1, "weights": 3}, file)
    else:
        file.write_bytes(content)
    with pytest.raises(ValueError, match="damaged, or no prior of format 2: delete it, or vschaos"):
        load_run(folder)


def test_ctrl_c_saves_the_best_so_far(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "VALIDATE_EVERY", 2)
    take_step = learning._Course._step
    steps: list[int] = []

    def stopped(self: learning._Course, stretch: learning.Stretch) -> None:
        if len(steps) == 5:
            raise KeyboardInterrupt
        steps.append(1)
        take_step(self, stretch)

    monkeypatch.setattr(learning._Course, "_step", stopped)
    with pytest.raises(KeyboardInterrupt, match=r"the best so far is saved in .*last\.pt"):
        learn_prior(load_run(folder), SHORT)
    assert load_run(folder).prior is not None


def test_missing_sounds_are_reported(
    folder: Path,
    dataset: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.rmtree(dataset / "data")
    monkeypatch.setattr("sys.argv", ["prior", str(folder)])
    assert main() == 1
    assert "are not on this machine" in capsys.readouterr().err


def test_a_model_without_latents_is_refused_in_a_sentence() -> None:
    assert learning.check_latents(puppet := Puppet()) is puppet
    with pytest.raises(ValueError, match=r"needs a model with latents of .*, got Sine"):
        learning.check_latents(Sine())


def test_without_magnitudes_the_level_has_no_bound() -> None:
    class Coder(Sine, LatentStatistics):
        order_latents = importance = complete = divergences = None  # type: ignore[assignment]

    prior = make_prior(model := Coder())
    latents = [torch.randn(2, 100)]
    learning._fit_bounds(prior, model, Sequences(latents, [torch.zeros(0, 100)], []))
    assert float(prior.loudest) == math.inf
    assert torch.equal(prior.high, latents[0].amax(dim=1))


def test_streams_play_whole_files_in_order() -> None:
    files = [torch.arange(5.0)[None] + 10 * number for number in range(3)]
    empty = [torch.zeros(0, 5)] * 3
    sequences = Sequences(files, empty, [rows > 0 for rows in empty])
    stretches = Streams(sequences, 2, torch.Generator().manual_seed(0)).stretches(4)
    parts = [next(stretches) for _ in range(15)]
    for earlier, later in itertools.pairwise(parts):
        assert torch.equal(later.last[:, :, 0], earlier.latents[:, :, -1])
    together = torch.cat([part.latents for part in parts], dim=2)[0, 0]
    assert torch.equal(torch.cat([part.last for part in parts], dim=2)[0, 0, 1:], together[:-1])
    steps = together.diff()[together[:-1] % 10 < 4]
    assert torch.equal(steps, torch.ones_like(steps))
    assert set(together.div(10).floor().tolist()) == {0.0, 1.0, 2.0}
    ages = torch.cat([part.ages for part in parts], dim=2)[0, 0]
    assert torch.equal(ages[1:], together[:-1] % 10)
    begins = torch.cat([part.begins for part in parts], dim=1)[0]
    assert torch.equal(begins, together % 10 == 0)


def test_starts_are_beginnings_of_files_or_frames_within_few_files() -> None:
    torch.manual_seed(0)
    prior = LatentPrior(1, {}, [], width=4, num_ways=1, num_places=2)
    many = [torch.arange(5.0)[None] + 10 * number for number in range(100)]
    without_a_frame = torch.zeros(1, 0)
    learning._fit_starts(prior, Sequences([without_a_frame, *many], [], []))
    assert torch.equal(prior.starts[:, 0] % 10, torch.zeros(64))
    assert len(prior.starts.unique()) == 64
    one = torch.arange(1000.0)[None]
    learning._fit_starts(prior, Sequences([one], [], []))
    assert torch.equal(prior.starts[:, 0], prior.start_ages)
    assert len(prior.starts.unique()) == 64


def test_sequences_have_the_labels_of_their_frames(folder: Path) -> None:
    run = load_run(folder)
    found = read_sequences(run, "train")
    assert len(found.latents) == len(run.split["train"])
    for latents, values, known in zip(*found, strict=True):
        assert latents.shape[1] == values.shape[1] == known.shape[1]
        assert known[0].any()
