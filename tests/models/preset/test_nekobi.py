"""A second plug-in goes the whole road by one option: rendered, learnt, matched, its own preset."""

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.plugin.plugins import require_plugin
from vschaos import load_run
from vschaos.cli.main import main
from vschaos.models.preset import Preset
from vschaos.plugin.levels import loudness_db

pytestmark = pytest.mark.slow  # renders, trains and hosts


def type_in(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    monkeypatch.setattr("sys.argv", ["vschaos", *words])
    assert main(list(words)) == 0


def test_nekobi_goes_the_whole_road(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_plugin("nekobi")
    monkeypatch.chdir(tmp_path)
    type_in(monkeypatch, "plugin", "render", "nekobi", "renders", "-n", "120", "--processes", "1")
    type_in(
        monkeypatch,
        *("train", "--config-name", "preset_amsynth", "name=acid", "rundir=runs"),
        *("model.plugin=nekobi", "data.dataset.root=renders", "trainer.accelerator=cpu"),
        *("model.channels=8", "model.hidden_dim=32", "trainer.max_steps=60", "report=false"),
        *("data.loading.batches_per_epoch=60", "training.monitoring=null"),
        *("training.optimizer.lr=0.005", "training.schedule.warmup_steps=5"),
    )
    run = load_run(tmp_path / "runs" / "acid")
    model = run.model
    assert isinstance(model, Preset)
    assert [knob.name for knob in model.knobs] == [
        *("waveform", "cutoff", "resonance", "envelope_amount", "decay", "accent"),
    ]
    synthesiser = model.synthesiser()
    try:
        true = np.array([[1.0, 0.7, 0.2, 0.1, 0.5, 0.3], [0.0, 0.7, 0.2, 0.1, 0.5, 0.3]])
        note = np.array([48.0, 48.0]), np.ones(2)
        sounds = torch.from_numpy(synthesiser.render(true, *note, 1.0, 0.7))
        found = model.propose(sounds, torch.from_numpy(note[0]).float())[:, 0].double().numpy()
        # a square and a triangle of one setting are told from 120 sounds
        assert found[:, 0].tolist() == [1.0, 0.0]
        path = tmp_path / f"found{synthesiser.suffix}"
        synthesiser.write(found[0], path, "found")
        np.testing.assert_allclose(synthesiser.read(path), found[0], atol=1e-6)  # of float32
        played = synthesiser.play_file(path, 48.0, 1.0, 1.0, 0.7)
        assert loudness_db(played[None], synthesiser.sample_rate) > -60
    finally:
        synthesiser.close()
