"""Labels are inlets and their predictions outlets, live as offline, whatever is sent."""

from __future__ import annotations

import itertools
import math
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.batches import unlabelled
from tests.tolerances import INAUDIBLE
from vschaos.dsp import STFT, LogMagnitude
from vschaos.export import Host, script_stream
from vschaos.export.script import export
from vschaos.instrument.label_inlets import label_control
from vschaos.labels import Vocabulary
from vschaos.layers import Perceptron
from vschaos.models.spectral_vae import GaussianLatent, SpectralVAE
from vschaos.runs import Run

RATE, HOP, LATENTS = 16000, 128, 3
HEAD = {"args": {"nlayers": 1, "hidden_dims": 8}}
VOCABULARIES = {
    "octave": Vocabulary(tuple("012345")),
    "loudness": Vocabulary(low=-40.0, high=0.0, mean=-20.0, deviation=8.0),
    "pitch": Vocabulary(tuple(f"note {number}" for number in range(12))),
    "tempo": Vocabulary(low=60.0, high=180.0, mean=100.0, deviation=30.0),
}
CONDITIONING = {
    "pitch": {"target": ["decoder"], "embedding": "OneHot"},
    "loudness": {"target": ["encoder", "decoder"], "embedding": "none"},
    "octave": {"target": ["encoder"], "embedding": "Embedding"},
}
TOLD = ("pitch", "loudness", "octave")
UNKNOWN = {"pitch": -1.0, "loudness": -90.0, "octave": -1.0}


def made(conditioning: dict[str, Any], prediction: dict[str, Any]) -> Run:
    torch.manual_seed(0)
    model = SpectralVAE(
        VOCABULARIES,
        sample_rate=RATE,
        transform=STFT(4 * HOP, HOP),
        log_magnitude=partial(LogMagnitude, floor_db=-80.0),
        encoder=partial(Perceptron, hidden_dims=[16]),
        decoder=partial(Perceptron, hidden_dims=[16]),
        latent=GaussianLatent(dim=LATENTS),
        conditioning=conditioning,
        prediction=prediction,
        adversary_dims=[8],
    )
    model.fit(unlabelled(0.02 * torch.randn(8, 4096)))
    with torch.no_grad():  # as they are drawn, heads hear next to the same in everything
        for parameter in model.labelling.predictors.parameters():
            parameter.mul_(4.0)
    model.eval().requires_grad_(False)
    return Run(Path(), Path(), {"name": "labels"}, model.vocabularies, {}, model)


@pytest.fixture(scope="module")
def run() -> Run:
    return made(CONDITIONING, {"tempo": HEAD, "pitch": HEAD})


@pytest.fixture(scope="module")
def scripted(run: Run) -> torch.jit.ScriptModule:
    return script_stream(run.model.stream().eval(), RATE)


def play(
    scripted: torch.jit.ScriptModule, method: str, inlets: np.ndarray, buffer_size: int = 0
) -> np.ndarray:
    """From a fresh start, by a host; `[inlets, T]` -> `[outlets, T]`."""
    host = Host(scripted, method, buffer_size)
    host.model.engine.stream.reset()
    outlets = host.process(inlets)
    assert not host.failures
    return outlets


def sound(num_hops: int) -> np.ndarray:
    """Tones that change, so that a head predicts more than one class."""
    random = np.random.default_rng(0)
    hz = np.repeat(random.choice([200.0, 450.0, 900.0, 2100.0], num_hops // 4 + 1), 4 * HOP)
    level = np.repeat(random.choice([0.01, 0.1, 0.6], num_hops // 6 + 1), 6 * HOP)
    length = num_hops * HOP
    turns = np.cumsum(hz[:length]) / RATE
    noise = 1e-3 * random.standard_normal(length)
    return (level[:length] * np.sin(2 * np.pi * turns) + noise).astype(np.float32)


def stated(num_hops: int) -> dict[str, np.ndarray]:
    """Labels hop by hop, NaN where unknown."""
    random = np.random.default_rng(1)
    values = {
        "pitch": random.integers(12, size=num_hops).astype(np.float32),
        "loudness": random.uniform(-40.0, 0.0, num_hops).astype(np.float32),
        "octave": random.integers(6, size=num_hops).astype(np.float32),
    }
    for row in values.values():
        row[random.random(num_hops) < 0.3] = np.nan
    return values


def inlets(audio: np.ndarray, labels: dict[str, np.ndarray], tasks: tuple[str, ...]) -> np.ndarray:
    """As a patch sends them: a number below all for what is unknown; the last of a hop counts."""
    rows = [audio]
    for task in tasks:
        row = np.repeat(np.nan_to_num(labels[task], nan=UNKNOWN[task]), HOP)
        row[: len(row)][np.arange(len(row)) % HOP < HOP // 2] = 3.0
        rows.append(row)
    return np.stack(rows)


def test_inlets_and_outlets_are_named_in_the_order_of_the_settings(
    scripted: torch.jit.ScriptModule,
) -> None:
    latents = [f"latent {number}" for number in (1, 2, 3)]
    expected = {
        "encode": (["audio", "loudness", "octave"], [*latents, "tempo", "pitch"]),
        "decode": ([*latents, "pitch", "loudness"], ["audio"]),
        "forward": (["audio", "pitch", "loudness", "octave"], ["audio", "tempo", "pitch"]),
    }
    assert scripted.get_methods() == list(expected)
    for method, labels in expected.items():
        host = Host(scripted, method)
        assert host.labels() == labels
        assert (host.inlets, host.outlets) == tuple(map(len, labels))
    assert scripted.encode_params.tolist() == [3, 1, 5, HOP]
    assert scripted.decode_params.tolist() == [5, HOP, 1, 1]
    assert scripted.forward_params.tolist() == [4, 1, 3, 1]


@pytest.mark.slow
def test_every_export_of_a_run_has_the_same_order(run: Run, tmp_path: Path) -> None:
    one, other = (export(run, tmp_path / folder) for folder in ("one", "other"))
    for method in ("encode", "decode", "forward"):
        first, second = Host(one, method), Host(other, method)
        assert first.labels() == second.labels()
        assert first.methods == second.methods
        assert first.attributes == second.attributes
        for name in [*first.methods, *first.attributes]:
            params = f"{name}_params"
            assert torch.equal(getattr(first.model, params), getattr(second.model, params))
        kept = [getattr(host.model.engine, f"{method}_limits") for host in (first, second)]
        for bounds in ("lowest_input", "highest_input", "missing_input", "lowest_output"):
            assert torch.equal(getattr(kept[0], bounds), getattr(kept[1], bounds))


def test_forward_predicts_labels_hop_by_hop_as_offline(
    run: Run, scripted: torch.jit.ScriptModule
) -> None:
    num_hops = 60
    audio, labels = sound(num_hops), stated(num_hops)
    live = play(scripted, "forward", inlets(audio, labels, TOLD))
    num_frames = len(run.model.centres(len(audio)))
    longer = {
        task: np.pad(row, (0, num_frames - num_hops), constant_values=np.nan)
        for task, row in labels.items()
    }
    offline = run.reconstruct(audio, longer, inversion="keep_input")
    delay = 3 * HOP
    np.testing.assert_allclose(live[0, delay:], offline[:-delay], atol=INAUDIBLE)
    silent = run.reconstruct(audio, None, inversion="keep_input")
    assert np.abs(silent - offline).max() > 1e-3


def test_a_prediction_goes_out_at_once_and_is_held_for_a_hop(
    run: Run, scripted: torch.jit.ScriptModule
) -> None:
    num_hops = 60
    audio, labels = sound(num_hops), stated(num_hops)
    predicted = run.predict(audio)
    assert list(predicted) == ["tempo", "pitch"]
    assert len(np.unique(predicted["pitch"])) > 1
    assert np.isin(predicted["pitch"], np.arange(12)).all()
    assert ((predicted["tempo"] >= 60) & (predicted["tempo"] <= 180)).all()
    forward = play(scripted, "forward", inlets(audio, labels, TOLD))[1:]
    encode = play(scripted, "encode", inlets(audio, labels, ("loudness", "octave")))[LATENTS:]
    for outlets in (forward, encode):
        for outlet, task in zip(outlets, predicted, strict=True):
            held = np.repeat(predicted[task][:num_hops], HOP)
            near = np.abs(outlet - held) <= (0.05 if task == "tempo" else 0)
            assert near.mean() >= 0.9  # a class as likely as another depends on the last digit


def test_encode_and_decode_are_conditioned_on_their_own_labels_as_offline(
    run: Run, scripted: torch.jit.ScriptModule
) -> None:
    num_hops = 40
    audio, labels = sound(num_hops), stated(num_hops)
    num_frames = len(run.model.centres(len(audio)))
    longer = {
        task: np.pad(row, (0, num_frames - num_hops), constant_values=np.nan)
        for task, row in labels.items()
    }
    live = play(scripted, "encode", inlets(audio, labels, ("loudness", "octave")))[:LATENTS, ::HOP]
    np.testing.assert_allclose(live, run.encode(audio, longer)[:, :num_hops], atol=INAUDIBLE)
    latents = np.repeat(run.encode(audio, longer)[:, :num_hops], HOP, axis=1)
    controls = np.concatenate([latents, inlets(audio, labels, ("pitch", "loudness"))[1:]])
    decoded = play(scripted, "decode", controls)
    with torch.inference_mode():
        given = run.labels(num_hops, labels)
        expected = run.model.decode_magnitudes(torch.from_numpy(latents[:, ::HOP])[None], given)
        spectrum = STFT(4 * HOP, HOP).analyse(torch.from_numpy(decoded)).abs()
    # the phases are found anew, so that levels alone are compared: frame by frame, within 3 dB
    levels_db = [20 * torch.log10(part.square().sum(dim=1).sqrt()) for part in (spectrum, expected)]
    difference = (levels_db[0][0, 4:] - levels_db[1][0, 4:-3]).abs()
    assert difference.median() < 3.0


@pytest.mark.parametrize("method", ["encode", "decode", "forward"])
def test_blocks_are_not_audible(scripted: torch.jit.ScriptModule, method: str) -> None:
    audio, labels = sound(64), stated(64)
    tasks = {"encode": TOLD[1:], "decode": TOLD[:2], "forward": TOLD}[method]
    rows = inlets(audio, labels, tasks)
    if method == "decode":
        latents = np.random.default_rng(2).standard_normal((LATENTS, 64)).astype(np.float32)
        rows = np.concatenate([np.repeat(latents, HOP, axis=1), rows[1:]])
    at_once = play(scripted, method, rows, 64 * HOP)
    for buffer_size in (0, 256, 2048):
        in_blocks = play(scripted, method, rows, buffer_size)
        # a tempo of 180 has fewer digits behind the point than a sound
        np.testing.assert_allclose(in_blocks, at_once, atol=INAUDIBLE, rtol=1e-5)


@pytest.mark.parametrize(
    ("task", "sent", "meant"),
    [
        ("pitch", 11.0, 11.0),  # nothing of a label is held within the range of sound
        ("pitch", 2.4, 2.0),
        ("pitch", 2.6, 3.0),
        ("pitch", 12.0, 11.0),
        ("pitch", 1e9, 11.0),
        ("pitch", 0.0, 0.0),
        ("pitch", -0.0, 0.0),
        ("pitch", -3.0, None),
        ("pitch", -1e-3, None),
        ("pitch", -1e9, None),
        ("pitch", math.nan, None),
        ("pitch", -math.inf, None),
        ("loudness", -12.5, -12.5),
        ("loudness", 50.0, 0.0),
        ("loudness", -60.0, -40.0),
        ("loudness", -81.0, None),
        ("loudness", -1e9, None),
        ("loudness", math.nan, None),
        ("octave", 5.4, 5.0),
        ("octave", 1e30, 5.0),
    ],
)
def test_whatever_is_sent_is_the_nearest_label_or_unknown(
    run: Run, scripted: torch.jit.ScriptModule, task: str, sent: float, meant: float | None
) -> None:
    audio = sound(16)
    labels = {name: np.full(16, UNKNOWN[name], np.float32) for name in TOLD}
    labels[task][:] = np.float32(sent)
    rows = np.stack([audio, *(np.repeat(labels[name], HOP) for name in TOLD)])
    live = play(scripted, "forward", rows)[0]
    said = {} if meant is None else {task: meant}
    offline = run.reconstruct(audio, said, inversion="keep_input")
    np.testing.assert_allclose(live[3 * HOP :], offline[: -3 * HOP], atol=INAUDIBLE)
    if meant is not None:
        unknown = run.reconstruct(audio, None, inversion="keep_input")
        assert np.abs(unknown - offline).max() > 1e-4


@pytest.mark.parametrize("poison", [math.nan, math.inf, -math.inf, 1e38, -1e38, 1e-42])
def test_poison_on_all_inlets_neither_throws_nor_stays(
    scripted: torch.jit.ScriptModule, poison: float
) -> None:
    for method, buffer_size in itertools.product(("encode", "decode", "forward"), (0, 1024)):
        host = Host(scripted, method, buffer_size)
        for value in (poison, 0.1):
            block = torch.full((2, host.inlets, 2048), value)
            output = host.perform(block)
            assert torch.isfinite(output).all()
        assert not host.failures


@pytest.mark.parametrize(
    ("vocabulary", "low", "high", "unknown_below"),
    [
        (Vocabulary(("a",)), 0.0, 0.0, 0.0),
        (Vocabulary(tuple("abc")), 0.0, 2.0, 0.0),
        (Vocabulary(low=0.0, high=1.0), 0.0, 1.0, 0.0),
        (Vocabulary(low=60.0, high=180.0), 60.0, 180.0, 0.0),
        (Vocabulary(low=-40.0, high=0.0), -40.0, 0.0, -80.0),
        (Vocabulary(low=-1.0, high=1.0), -1.0, 1.0, -3.0),
    ],
)
def test_what_lies_below_a_label_says_that_it_is_unknown(
    vocabulary: Vocabulary, low: float, high: float, unknown_below: float
) -> None:
    control = label_control("it", vocabulary)
    assert control[:3] == ("it", low, high)
    assert control.classes == vocabulary.classes
    assert control.unknown_below == unknown_below


def test_a_model_that_only_predicts_has_outlets_alone() -> None:
    run = made({}, {"pitch": HEAD})
    scripted = script_stream(run.model.stream().eval(), RATE)
    assert Host(scripted, "forward").labels() == (["audio"], ["audio", "pitch"])
    assert Host(scripted, "decode").inlets == LATENTS
    audio = sound(20)
    predicted = play(scripted, "forward", audio[None])[1, ::HOP]
    # a class that is as likely as another one depends on the last digit
    assert np.mean(predicted == run.predict(audio)["pitch"][:20]) >= 0.9
