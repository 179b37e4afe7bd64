"""Notes whose settings nobody knows are learnt from by ear, and never by their pitch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.models.synth.test_model import SECONDS, batch_of
from vschaos.batch import Batch
from vschaos.labels import Labels
from vschaos.models.synth import Synth
from vschaos.models.synth.notes import TUNING, NotePlayer
from vschaos.models.synth.synthesiser import VoiceSynthesiser

HELD = 0.06
KNOBS = {"shape_1": 0.5, "cutoff": 0.5, "attack": 0.1, "sustain": 0.8}


def of_notes(audio: torch.Tensor, pitch: torch.Tensor, seconds: float = SECONDS) -> Batch:
    values = torch.zeros(len(audio), 0, 1)
    targets = {"pitch": pitch, "held_seconds": torch.full_like(pitch, HELD)}
    targets["seconds"] = torch.full_like(pitch, seconds)
    return Batch(audio, Labels(values, values > 0), targets=targets)


@pytest.fixture(scope="module")
def positions() -> np.ndarray:
    """Of two notes, alike but for the cutoff."""
    voice = VoiceSynthesiser("mono")
    rows = np.repeat(voice.base()[None], 2, 0)
    for name, position in KNOBS.items():
        rows[:, voice.names.index(name)] = position
    rows[1, voice.names.index("cutoff")] = 0.9
    return rows


@pytest.fixture(scope="module")
def notes(positions: np.ndarray) -> Batch:
    """Of the voice itself, as if nobody knew."""
    pitch = np.array([45.3, 64.0])
    sounds = VoiceSynthesiser("mono").render(positions, pitch, np.full(2, 0.8), SECONDS, HELD)
    return of_notes(torch.from_numpy(sounds), torch.from_numpy(pitch).float())


def small(sounds_after: int | None = None) -> Synth:
    torch.manual_seed(0)
    settings = {"seconds": SECONDS, "channels": 8, "hidden_dim": 32, "dropout": 0.0}
    return Synth({}, "mono", **settings, sounds_after=sounds_after)  # type: ignore[arg-type]


def test_the_right_settings_play_the_note_as_it_is(notes: Batch, positions: np.ndarray) -> None:
    model = small()
    values = model._values(torch.from_numpy(positions).float())
    player = NotePlayer(model.chain, model.sample_rate)
    made = player(values, notes)
    # two renderers of one voice in float32
    torch.testing.assert_close(made, notes.audio, atol=1e-4, rtol=0.0)
    assert player.log_spectral_distances(made, notes).max() < 0.1  # dB
    other = player({**values, "cutoff": 0.25 * values["cutoff"]}, notes)
    assert player.log_spectral_distances(other, notes).min() > 1.0


def test_what_is_after_a_note_is_not_compared(notes: Batch, positions: np.ndarray) -> None:
    model = small()
    player = NotePlayer(model.chain, model.sample_rate)
    short = of_notes(notes.audio.clone(), notes.targets["pitch"], 0.5 * SECONDS)
    end = round(0.5 * SECONDS * model.sample_rate)
    short.audio[:, end:] = torch.randn_like(short.audio[:, end:])  # the next note
    made = player(model._values(torch.from_numpy(positions).float()), short)
    assert not made[:, end:].any()
    assert not player.sounding(short)[:, end:].any()
    assert player.log_spectral_distances(made, short).max() < 0.1  # dB


def test_notes_join_when_their_time_has_come_and_are_learnt_by_ear(notes: Batch) -> None:
    model = small(sounds_after=1)
    batch = batch_of("mono", 4)._replace(unlabelled=notes)
    optimizer = torch.optim.Adam(model.parameters(), 6e-3)
    assert model.losses(batch)["own_spectrum"] == 0.0
    assert model.losses(batch._replace(unlabelled=None))["own_spectrum"] == 0.0
    before = model.eval().metrics(notes)
    assert {*before} == {"own_lsd"}
    assert model.losses(batch)["own_spectrum"] == 0.0  # of a validation
    model.train()
    found = []
    for _ in range(6):
        loss = model.losses(batch)["own_spectrum"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        found.append(float(loss.detach()))
    assert found[-1] < 0.95 * found[0]
    assert int(model.step) == 8
    assert model.eval().metrics(notes)["own_lsd"] < before["own_lsd"]


def test_no_pitch_is_learnt_by_a_spectrum(notes: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    model = small(sounds_after=0)
    outputs = model.outputs(notes.audio, notes.targets["pitch"]).detach().requires_grad_()
    # an amount that is off has no gradient anyway: all are on
    with torch.no_grad():
        outputs[:, model.heads.num_binned :] = 5.0
    monkeypatch.setattr(model, "outputs", lambda audio, pitch: outputs)
    model._own_spectrum(notes).backward()
    assert outputs.grad is not None
    bins = outputs.grad[:, : model.heads.num_binned].unflatten(1, (-1, model.heads.num_bins))
    learnt = {
        model.knobs[number].name: bool(bins[:, place].any())
        for place, number in enumerate(model.heads.continuous)
    }
    assert "lfo_pitch" in learnt
    assert not any(learnt[name] for name in TUNING if name in learnt)
    assert learnt["cutoff"]
    assert learnt["shape_1"]
    assert torch.isfinite(outputs.grad).all()


def test_silence_and_the_softest_sounds_have_finite_losses() -> None:
    model = small(sounds_after=0)
    length = round(SECONDS * model.sample_rate)
    for audio in (torch.zeros(2, length), 1e-6 * torch.randn(2, length)):
        loss = model._own_spectrum(of_notes(audio, torch.tensor([0.0, 127.0])))
        loss.backward()
        assert torch.isfinite(loss.detach())
    grads = [weight.grad for weight in model.parameters() if weight.grad is not None]
    assert all(torch.isfinite(grad).all() for grad in grads)
