"""A prior that has learnt plays for ten minutes, whatever a host and a player do meanwhile."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.clicks import clicking_hops
from tests.export.playing import RATE, SOUNDS, fresh, sound
from vschaos.export import script_stream
from vschaos.labels import Labels
from vschaos.models.spectral_vae import SpectralVAE
from vschaos.prior import Lesson, learning
from vschaos.prior.sequences import Sequences
from vschaos.runs import make_prior

pytestmark = pytest.mark.slow  # minutes of sound; test_generating.py plays some seconds

HOP = 512
NOTE_HOPS = 40
WINDOW = 8 * HOP
# phases that fit together better than those that were learnt, and overlapping windows
ROOM = 1.06
SETTINGS: dict[str, list[object]] = {
    "inversion_mode": ["keep_input", "rtisi", "scan", "random"],
    "gain": [-100.0, -20.0, 0.0],
    "freeze": [0, 1],
    "smoothing": [0.0, 50.0, 2000.0],
    "seed": [0, 7, 1_000_000],
}
ODD = [float("nan"), float("inf"), -3.0, 1e30]


@pytest.fixture(scope="module")
def notes(trained: SpectralVAE, nothing_known: Callable[..., Labels]) -> Sequences:
    """Each sound at two levels, with an end: latents of notes."""
    found = Sequences([], [], [])
    for name in SOUNDS:
        for level in (1.0, 0.3):
            note = level * sound(name, NOTE_HOPS)[0]
            note[:, -8 * HOP :] *= torch.linspace(1.0, 0.0, 8 * HOP)
            found.latents.append(trained.encode(note)[0])
            empty = nothing_known(1, found.latents[-1].shape[1])
            found.values.append(empty.values[0])
            found.known.append(empty.known[0])
    return found


@pytest.fixture(scope="module")
def compiled_with_prior(trained: SpectralVAE, notes: Sequences) -> torch.jit.ScriptModule:
    torch.manual_seed(0)
    prior = make_prior(trained, width=32, num_ways=4, num_places=32)
    learning._fit_bounds(prior, trained, notes)
    course = learning._Course(prior, notes, notes, Lesson(steps=250, streams=8, frames=32))
    course.go()
    best = course.best_prior.requires_grad_(False)
    return script_stream(trained.stream(prior=best).eval(), RATE)


@pytest.fixture
def playing(compiled_with_prior: torch.jit.ScriptModule) -> torch.jit.ScriptModule:
    fresh(compiled_with_prior)
    compiled_with_prior.set_seed(0)
    return compiled_with_prior


@pytest.fixture(scope="module")
def loudest(trained: SpectralVAE, notes: Sequences) -> float:
    """Level of the loudest window of what the model makes of the notes."""
    sounds = [trained.decode(latents[None])[0] for latents in notes.latents]
    return max(float(levels(one).max()) for one in sounds)


def levels(one: Tensor) -> Tensor:
    return one.unfold(0, WINDOW, WINDOW // 2).square().mean(dim=1).sqrt()


def turn(model: torch.jit.ScriptModule, random_: random.Random) -> None:
    name = random_.choice([*SETTINGS, "reset"])
    value = True if name == "reset" else random_.choice(SETTINGS[name])
    assert getattr(model, f"set_{name}")(value) == 0


def played_while_turning(
    model: torch.jit.ScriptModule, num_hops: int, random_: random.Random
) -> tuple[Tensor, set[int]]:
    """Random blocks, batches, temperatures and settings -> `[T]`, and the hops of turns."""
    outputs, turned, hop = [], set(), 0
    while hop < num_hops:
        if random_.random() < 0.1:
            turn(model, random_)
            turned.add(hop)
        hops, rows = random_.choice([1, 1, 2, 4, 8, 16]), random_.choice([1, 1, 1, 2, 3])
        temperatures = torch.full([rows, 1, hops], random_.uniform(0.0, 2.0))
        if random_.random() < 0.05:
            temperatures[:, :, -1] = random_.choice(ODD)
        with torch.inference_mode():
            output = model.generate(temperatures)
        assert output.shape == (rows, 1, hops * HOP)
        outputs.append(output[0, 0])
        hop += hops
    return torch.cat(outputs), turned


@pytest.mark.parametrize("seconds", [9.0, pytest.param(150.0, marks=pytest.mark.slow)])
def test_whatever_is_turned_it_never_grows_loud_and_never_clicks(
    playing: torch.jit.ScriptModule, loudest: float, seconds: float
) -> None:
    torch.manual_seed(0)
    random_ = random.Random(0)
    left, piece = seconds * RATE / HOP, 800
    while left > 0:
        output, turned = played_while_turning(playing, piece, random_)
        assert torch.isfinite(output).all()
        assert float(levels(output).max()) < ROOM * loudest
        assert not turned.intersection(clicking_hops(output.numpy(), HOP))
        left -= piece


@pytest.mark.parametrize("seconds", [40.0, pytest.param(150.0, marks=pytest.mark.slow)])
@pytest.mark.parametrize("temperature", [pytest.param(0.0, marks=pytest.mark.slow), 1.0])
def test_it_goes_from_note_to_note_to_the_end(
    playing: torch.jit.ScriptModule, temperature: float, seconds: float
) -> None:
    """It neither stands still nor leaves its notes out: in the last third as in the first one."""
    hops = int(seconds * RATE / HOP)
    parts = []
    with torch.inference_mode():
        for first in range(0, hops, 64):
            count = min(64, hops - first)
            parts.append(playing.generate(torch.full([1, 1, count], temperature)))
    level_db = 20 * np.log10(np.maximum(levels(torch.cat(parts, dim=2)[0, 0]).numpy(), 1e-5))
    third = len(level_db) // 3
    for part in (level_db[:third], level_db[-third:]):
        changes = np.flatnonzero(np.abs(np.diff(part)) > 6.0)
        pauses = np.diff(np.concatenate([[0], changes, [len(part)]])) * WINDOW / 2 / RATE
        assert pauses.max() < 20 * NOTE_HOPS * HOP / RATE
        assert len(changes) > third * WINDOW / 2 / (10 * NOTE_HOPS * HOP)
    assert abs(np.median(level_db[:third]) - np.median(level_db[-third:])) < 12.0
