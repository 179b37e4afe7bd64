"""A run offers what its model can do, and refuses the rest in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.training.monitoring.puppet import HOP, RATE, Player, Puppet, Sine
from vschaos import evaluation
from vschaos.export import script
from vschaos.generation import decode_segments, encode_segments, reconstruct_segments
from vschaos.runs import Run
from vschaos.trajectories import KINDS

SOUND = np.sin(0.2 * np.arange(40 * HOP)).astype(np.float32)
FRAMES = np.zeros((2, 40), np.float32)


def _run(model: Player) -> Run:
    split: dict[str, Any] = {"train": [], "held_out": []}
    return Run(Path("run"), Path("run/last.ckpt"), {"name": "a"}, {}, split, model)


@pytest.mark.parametrize(
    ("model", "call", "message"),
    [
        (Player(), lambda run: run.encode(SOUND), "does not encode or decode sound"),
        (Player(), lambda run: run.decode(FRAMES), "does not encode or decode sound"),
        (Player(), lambda run: run.reconstruct(SOUND), "does not encode or decode sound"),
        (Player(), lambda run: run.trajectories("sin"), "does not encode or decode sound"),
        (Player(), lambda run: run.predict(SOUND), "does not predict labels"),
        (Player(), lambda run: run.sample_prior(5), "no latents that a prior could model"),
        (Sine(), lambda run: run.predict(SOUND), "does not predict labels"),
        (Sine(), lambda run: run.sample_prior(5), "no latents that a prior could model"),
        (Sine(), lambda run: run.decode(FRAMES, inversion="scan"), "takes no inversion"),
        (Sine(), lambda run: run.reconstruct(SOUND, inversion="scan"), "takes no inversion"),
    ],
)
def test_what_a_model_cannot_do_is_refused_with_what_it_plays(
    model: Player, call: Callable[[Run], object], message: str
) -> None:
    with pytest.raises(ValueError, match=rf"^this run's model .*{message}.*; it plays: play$"):
        call(_run(model))


@pytest.mark.parametrize(
    ("model", "call", "message"),
    [
        (Sine(), lambda run: run.decode(FRAMES[:1]), "expected frames of 2 numbers, got 1"),
        (Sine(), lambda run: run.encode(SOUND, {"pitch": 1}), "on no label, got 'pitch'"),
        (Sine(), lambda run: run.trajectories("spiral"), "expected a trajectory .*'spiral'"),
        (Puppet(), lambda run: run.decode(FRAMES, inversion="b"), "among none, got 'b'"),
        (Puppet(), lambda run: run.sample_prior(5), "no temporal prior: .* trains it"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(
    model: Player, call: Callable[[Run], object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        call(_run(model))


def test_an_autoencoder_of_pitch_and_level_is_used_as_any_other() -> None:
    run = _run(Sine())
    assert run.encode(SOUND).shape == (2, 40)
    assert run.reconstruct(SOUND).shape == run.decode(run.encode(SOUND)).shape == (40 * HOP,)
    frames = encode_segments(run, [SOUND])
    decoded = np.concatenate(list(decode_segments(run, frames)))
    np.testing.assert_allclose(decoded, run.decode(frames), atol=1e-6)
    assert sum(map(len, reconstruct_segments(run, [SOUND]))) == len(SOUND)


@pytest.mark.parametrize("kind", KINDS)
def test_trajectories_stay_in_the_range_of_each_control(kind: str) -> None:
    run = _run(Sine())
    first, second = run.trajectories(kind, 5 * RATE // HOP, count=2, seed=4)
    assert 50.0 <= first[0].min() < first[0].max() <= 80.0
    assert set(first[1]) <= {0.0, 1.0}
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(run.trajectories(kind, 5 * RATE // HOP, seed=4), [first])
    assert run.trajectories(kind, 20, num_latents=1)[0].shape == (1, 20)


def test_evaluation_and_export_are_methods_of_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []
    monkeypatch.setattr(evaluation, "evaluate", lambda *given: calls.append(given))
    monkeypatch.setattr(script, "export", lambda *given: calls.append(given))
    run = _run(Sine())
    run.evaluate("sounds", count=3)
    run.export("out", num_latents=2)
    assert calls == [
        (run, Path("sounds"), None, "default", 3),
        (run, Path("out"), None, None, True, 2),
    ]
