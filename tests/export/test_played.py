"""A player's settings do what they say, without clicks, whatever the blocks."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.tolerances import INAUDIBLE
from vschaos.export import Host

HOP, DELAY = 512, 1536


def forward(scripted: torch.jit.ScriptModule, sound: Tensor, sizes: list[int]) -> Tensor:
    """Calls of these sizes in hops, again and again."""
    outputs, start = [], 0
    for hops in itertools.cycle(sizes):
        if start >= sound.shape[2]:
            return torch.cat(outputs, dim=2)
        outputs.append(scripted.forward(sound[:, :, start : start + hops * HOP]))
        start += hops * HOP
    raise AssertionError


@pytest.fixture
def host(scripted: torch.jit.ScriptModule) -> Host:
    return Host(scripted, "forward")


def level_db(sound: Tensor) -> float:
    return 10 * float(torch.log10(sound.square().mean() + 1e-20))


def test_gain_is_in_decibels_and_glides(host: Host, music: Tensor) -> None:
    sound = music[:, :, : 80 * HOP]
    plain = forward(host.model, sound, [4])[0, 0]
    host.model.engine.stream.reset()
    first = forward(host.model, sound[:, :, : 40 * HOP], [4])[0, 0]
    host.set("gain", "-20")
    second = forward(host.model, sound[:, :, 40 * HOP :], [4])[0, 0]
    torch.testing.assert_close(first, plain[: 40 * HOP])
    ratio = (second / plain[40 * HOP :])[plain[40 * HOP :].abs() > 1e-3]
    assert ratio[0] > 0.7  # it begins where it was
    assert ratio[-1] == pytest.approx(0.1, abs=1e-3)
    assert ratio.diff().max() < 1e-3  # it never goes back
    host.set("gain", -100)
    forward(host.model, sound, [4])
    assert forward(host.model, sound, [4]).abs().max() == 0


def test_a_dry_mix_is_the_input_in_time_with_the_model(host: Host, music: Tensor) -> None:
    host.set("mix", 0.0)
    host.model.engine.stream.reset()
    output = forward(host.model, music, [3, 1, 8])
    torch.testing.assert_close(output[:, :, DELAY:], music[:, :, :-DELAY])
    assert output[:, :, :DELAY].abs().max() == 0


def test_settings_turned_in_the_middle_do_not_hang_on_blocks(host: Host, music: Tensor) -> None:
    outputs = []
    for sizes in ([1], [4], [16]):
        host.model.engine.stream.reset()
        for name, value in {"gain": 0.0, "mix": 1.0, "smoothing": 0.0, "freeze": 0}.items():
            host.set(name, value)
        host.model.engine.stream.reset()
        parts = [forward(host.model, music[:, :, : 64 * HOP], sizes)]
        for name, value in {"gain": 6.0, "mix": 0.4, "smoothing": 80.0, "freeze": 0}.items():
            host.set(name, value)
        parts.append(forward(host.model, music[:, :, 64 * HOP : 128 * HOP], sizes))
        host.set("freeze", 1)
        parts.append(forward(host.model, music[:, :, 128 * HOP : 192 * HOP], sizes))
        outputs.append(torch.cat(parts, dim=2))
    for output in outputs[1:]:
        assert (output - outputs[0]).abs().max() < INAUDIBLE


def test_frozen_latents_stay_and_go_on(scripted: torch.jit.ScriptModule, music: Tensor) -> None:
    host = Host(scripted, "encode")
    before = scripted.encode(music[:, :, : 20 * HOP])
    host.set("freeze", 1)
    held = scripted.encode(music[:, :, 20 * HOP : 40 * HOP])
    assert torch.equal(held, before[:, :, -1:].expand_as(held))
    host.set("freeze", 0)
    after = scripted.encode(music[:, :, 40 * HOP : 60 * HOP])
    host.model.engine.stream.reset()
    whole = scripted.encode(music[:, :, : 60 * HOP])
    torch.testing.assert_close(after, whole[:, :, 40:], atol=1e-4, rtol=1e-4)


def test_smoothed_latents_follow_in_the_time_given(
    scripted: torch.jit.ScriptModule, music: Tensor
) -> None:
    host = Host(scripted, "encode")
    plain = scripted.encode(music)
    host.set("smoothing", 100.0)
    host.model.engine.stream.reset()
    smooth = scripted.encode(music)
    assert smooth.diff(dim=2).abs().mean() < 0.5 * plain.diff(dim=2).abs().mean()
    torch.testing.assert_close(smooth[:, :, 0], plain[:, :, 0])
    assert host.get("smoothing") == [100.0]


def test_jitter_is_as_wide_as_asked(scripted: torch.jit.ScriptModule, music: Tensor) -> None:
    host = Host(scripted, "encode")
    plain = scripted.encode(music)
    host.model.engine.stream.reset()
    host.set("jitter", 0.5)
    shaken = scripted.encode(music) - plain
    assert shaken.std() == pytest.approx(0.5, rel=0.1)


@pytest.mark.parametrize("view", ["pca", "ica", "spherical"])
def test_a_view_is_undone_by_itself(
    scripted: torch.jit.ScriptModule, music: Tensor, view: str
) -> None:
    host = Host(scripted, "encode")
    latents = scripted.encode(music[:, :, : 32 * HOP])
    plain = scripted.decode(latents)
    host.set("dimred", view)
    host.model.engine.stream.reset()
    seen = scripted.encode(music[:, :, : 32 * HOP])
    assert seen.shape == latents.shape
    output = scripted.decode(seen)
    # rounding, which a scan does not forget: levels, not samples
    assert level_db(output) == pytest.approx(level_db(plain), abs=0.5)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("gain", ["-101", "25", "nan"]),
        ("mix", ["-0.1", "1.1", "nan"]),
        ("freeze", ["2", "-1"]),
        ("smoothing", ["-1", "1e9", "nan"]),
        ("jitter", ["-1", "11", "nan"]),
        ("dimred", ["tsne", ""]),
        ("temperature", ["-1", "nan"]),
        ("inversion_mode", ["magic"]),
    ],
)
def test_unknown_values_are_refused_and_change_nothing(
    host: Host, name: str, values: list[str]
) -> None:
    before = host.get(name)
    for value in values:
        with pytest.raises(ValueError, match="does not take"):
            host.set(name, value)
        assert host.get(name) == before


def test_settings_near_their_ends_keep_the_sound_within_bounds(host: Host) -> None:
    for name, value in {"gain": 24.0, "mix": 0.5, "smoothing": 50.0}.items():
        host.set(name, value)
    noise = np.random.default_rng(0).normal(0, 3, (1, 64 * HOP))
    output = host.process(noise.astype(np.float32))
    assert np.isfinite(output).all()
    assert np.abs(output).max() <= 4.0
    assert not host.failures
