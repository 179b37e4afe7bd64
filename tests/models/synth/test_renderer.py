"""Rendered examples: drawn evenly within what is heard, and reproducible."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
import torch

from vschaos.models.synth import CHAINS
from vschaos.models.synth.parameters import PARAMETERS
from vschaos.models.synth.renderer import RANGES, SWITCHED, VoiceRenderer, audible_sounds

RATE, LENGTH = 44100, 4096


def test_what_is_tabled_is_a_parameter() -> None:
    names = {parameter.name for parameter in PARAMETERS}
    assert names >= {*RANGES, *SWITCHED}
    assert all(parameter.low == 0 or parameter.law == "cubic" for parameter in PARAMETERS
               if parameter.name in SWITCHED)  # fmt: skip


@pytest.mark.parametrize("chain", CHAINS)
def test_draws_fill_their_ranges(chain: str) -> None:
    renderer = VoiceRenderer(chain)
    drawn = renderer.draw(np.random.default_rng(0), 400)
    assert set(drawn) == {parameter.name for parameter in renderer.parameters}
    for parameter in renderer.parameters:
        values = drawn[parameter.name]
        low, high = RANGES.get(parameter.name, (parameter.low, parameter.high))
        # of bounds in float32
        slack = 1e-6 * (1 + max(abs(low), abs(high)))
        assert values.min() >= low - slack
        assert values.max() <= high + slack
        if low < high:
            positions = parameter.position_of(values.double())
            assert positions.max() - positions.min() > 0.4
        if parameter.name in SWITCHED:
            assert 0.35 < (values == 0).float().mean() < 0.65
    if chain != "fm":
        # evenly by octaves: half of the cutoffs are below the geometric mean
        assert 0.4 < (drawn["cutoff"] < (80 * 18000) ** 0.5).float().mean() < 0.6


def test_sounds_are_those_of_the_seed_and_audible() -> None:
    def first(seed: int) -> list[tuple[torch.Tensor, dict[str, float]]]:
        return list(islice(audible_sounds(VoiceRenderer("mono"), seed, RATE, LENGTH), 8))

    once, again, other = first(1), first(1), first(2)
    for (a, values), (b, same), (c, _) in zip(once, again, other, strict=True):
        assert torch.equal(a, b)
        assert values == same
        assert not torch.equal(a, c)
        assert a.square().mean().sqrt() > 1e-3


def test_a_sound_does_not_depend_on_its_batch_but_for_its_noise() -> None:
    renderer = VoiceRenderer("two_osc")
    drawn = renderer.draw(np.random.default_rng(0), 4)
    drawn["noise"] *= 0.0
    together = renderer.render(drawn, RATE, LENGTH)
    alone = renderer.render({name: values[2:3] for name, values in drawn.items()}, RATE, LENGTH)
    assert (together[2] - alone[0]).abs().max() < 1e-5


def test_gradients_reach_parameters_through_all_of_it() -> None:
    renderer = VoiceRenderer("modular")
    drawn = renderer.draw(np.random.default_rng(0), 2)
    for values in drawn.values():
        values.requires_grad_()
    renderer.render(drawn, RATE, LENGTH).square().sum().backward()
    for name in ("pitch", "velocity", "cutoff", "index", "attack", "shape_1", "lfo_rate"):
        gradient = drawn[name].grad
        assert gradient is not None
        assert torch.isfinite(gradient).all()
        assert gradient.any()
