"""A voice finds its settings: it learns what it hears, and says nothing of the rest."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from vschaos.batch import Batch
from vschaos.data.rendered import Drawing
from vschaos.models.capabilities import Matching
from vschaos.models.synth import Synth, Voice, VoiceRenderer
from vschaos.models.synth.signals import module_signals

SECONDS = 0.1
STEPS = 60


def batch_of(chain: str = "mono", count: int = 8, number: int = 0) -> Batch:
    drawing = Drawing(VoiceRenderer(chain), 44100, 0.1)
    targets = drawing.draw([0, number], count, is_held_out=False)
    with torch.inference_mode():
        rendered = drawing.render(targets, round(SECONDS * 44100), 1)
    return rendered._replace(audio=rendered.audio.clone())


@pytest.fixture(scope="module")
def batch() -> Batch:
    return batch_of()


@pytest.fixture(scope="module")
def untrained() -> Synth:
    torch.manual_seed(0)
    return Synth({}, "mono", seconds=SECONDS, channels=8, hidden_dim=32, dropout=0.0).eval()


@pytest.fixture(scope="module")
def trained(batch: Batch) -> Synth:
    torch.manual_seed(0)
    model = Synth({}, "mono", seconds=SECONDS, channels=16, hidden_dim=64, dropout=0.0)
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    for _ in range(STEPS):
        optimizer.zero_grad()
        torch.stack([*model.losses(batch).values()]).sum().backward()
        optimizer.step()
    return model.eval()


def test_it_learns_a_batch_by_heart(trained: Synth, untrained: Synth, batch: Batch) -> None:
    before, after = untrained.metrics(batch), trained.metrics(batch)
    assert before["knob_error"] > 0.15
    assert after["knob_error"] < 0.5 * before["knob_error"]
    assert after["steps_right"] > 90.0


def test_the_level_of_a_sound_makes_no_difference(trained: Synth, batch: Batch) -> None:
    heard = trained.heard(batch)
    louder = trained.propose(30.0 * batch.audio, heard.pitch)
    # float32: levels of 0..1 may be rounded otherwise
    torch.testing.assert_close(
        louder, trained.propose(batch.audio, heard.pitch), atol=1e-3, rtol=0.0
    )


def test_hypotheses_are_seeded_and_begin_with_the_likeliest(trained: Synth, batch: Batch) -> None:
    pitch = batch.targets["pitch"]
    first = trained.propose(batch.audio, pitch, 5, seed=1)
    assert first.shape == (8, 5, len(trained.knobs))
    assert ((first >= 0.0) & (first <= 1.0)).all()
    torch.testing.assert_close(first[:, :1], trained.propose(batch.audio, pitch))
    torch.testing.assert_close(first, trained.propose(batch.audio, pitch, 5, seed=1))
    assert not torch.equal(first[:, 1:], trained.propose(batch.audio, pitch, 5, seed=2)[:, 1:])
    spread = first.std(1).mean()
    assert spread > 0.0


@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.zeros(1, 4410),
        lambda: torch.zeros(1, 1),
        lambda: torch.full([1, 4410], torch.nan),
        lambda: torch.full([1, 4410], torch.inf),
        lambda: 1e30 * torch.randn(1, 9000),
        lambda: 1e-30 * torch.randn(1, 9000),
    ],
)
def test_anything_has_an_answer(trained: Synth, make: Callable[[], torch.Tensor]) -> None:
    for note in (0.0, 60.0, 127.0):
        found = trained.propose(make(), torch.tensor([note]), 3)
        assert torch.isfinite(found).all()
        assert ((found >= 0.0) & (found <= 1.0)).all()


def test_gradients_reach_every_weight_and_nothing_is_learnt_of_what_is_not_heard(
    untrained: Synth, batch: Batch
) -> None:
    model = Synth({}, "mono", seconds=SECONDS, channels=8, hidden_dim=32)
    torch.stack([*model.losses(batch).values()]).sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0.0 for p in model.parameters())
    heard = untrained.heard(batch)
    nothing = heard._replace(audible=torch.zeros_like(heard.audible))
    outputs = untrained.outputs(batch.audio, heard.pitch)
    for loss in untrained.heads.losses(outputs, nothing.positions, nothing.audible):
        assert float(loss.detach()) == pytest.approx(0.0)


@pytest.mark.parametrize("chain", ["two_osc", "fm", "modular"])
def test_every_chain_has_its_knobs(chain: str) -> None:
    model = Synth({}, chain, seconds=SECONDS, channels=8, hidden_dim=16).eval()
    assert isinstance(model, Matching)
    batch = batch_of(chain, 2)
    synthesiser = model.synthesiser()
    assert [k.name for k in model.knobs] == [k.name for k in synthesiser.parameters]
    heard = model.heard(batch)
    assert set(model.metrics(batch)) == {"knob_error", "steps_right"}
    assert model.errors(heard.positions, heard)["knob_error"] < 1e-6
    assert model.errors(heard.positions, heard)["steps_right"] == 100.0
    found = model.propose(batch.audio, heard.pitch)[:, 0].numpy()
    note = np.array([60.0, 61.0]), np.array([0.8, 0.8])
    assert np.isfinite(synthesiser.render(found, *note, SECONDS, 0.07)).all()


def test_sounds_of_another_chain_are_refused(batch: Batch) -> None:
    model = Synth({}, "fm", seconds=SECONDS, channels=8, hidden_dim=16)
    with pytest.raises(ValueError, match=r"chain of the model, fm; got none of .*index"):
        model.losses(batch)
    with pytest.raises(ValueError, match=r"model.seconds must be from 0.1 to 10, got 0.01"):
        Synth({}, "fm", seconds=0.01)


def test_losses_of_the_sound_come_after_those_of_the_parameters(batch: Batch) -> None:
    torch.manual_seed(0)
    model = Synth({}, "mono", seconds=SECONDS, channels=8, hidden_dim=16, sound_after=2)
    for step in range(3):
        losses = model.losses(batch)
        assert {*losses} == {"parameters", "switches", "spectrum", "chain", "own_spectrum"}
        is_due = step == 2
        assert (losses["spectrum"] > 0.0) == (losses["chain"] > 0.0) == is_due
    (losses["spectrum"] + losses["chain"]).backward()
    weights = model.network.members[0].last.weight.grad
    assert torch.isfinite(weights).all()
    assert weights.abs().sum() > 0.0
    assert int(model.step) == 3
    model.eval()
    assert model.losses(batch)["chain"] == 0.0
    assert int(model.step) == 3


def test_the_right_settings_have_no_distance_in_any_module(batch: Batch) -> None:
    """And each module is heard in its own signal alone, or in those after it."""
    model = Synth({}, "mono", seconds=SECONDS, channels=8, hidden_dim=16)
    heard = model.heard(batch)
    values = {**model._values(heard.positions[:2]), **model._others(batch)}
    length = batch.audio.shape[1]
    voice, gate = Voice(model.chain), torch.ones(2, length)
    pitch = heard.pitch[:2, None].expand(-1, length)
    given = pitch, gate, length // 2
    meant = module_signals(voice, values, *given)
    assert {*meant} == {
        *("lfo", "oscillators", "filter", "drive", "amplitude", "envelope", "sound")
    }
    assert model.chain_loss(meant, meant) == pytest.approx(0.0)
    moved = module_signals(voice, {**values, "cutoff": 0.5 * values["cutoff"]}, *given)
    for name in ("lfo", "oscillators", "amplitude", "envelope"):
        torch.testing.assert_close(moved[name], meant[name])
    assert model.chain_loss(moved, meant) > 0.01
