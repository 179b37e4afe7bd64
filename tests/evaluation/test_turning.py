"""A knob is told by a note if turning it is heard."""

from __future__ import annotations

import pytest
import torch

from vschaos.evaluation.turning import told_by_turning
from vschaos.models.capabilities import Heard
from vschaos.models.synth import Synth
from vschaos.models.synth.parameters import BY_NAME

LENGTH = 6000


@pytest.fixture(scope="module")
def model() -> Synth:
    torch.manual_seed(0)
    return Synth({}, "mono", seconds=0.1, channels=8, hidden_dim=16).eval()


def told(model: Synth, **settings: float) -> dict[str, bool]:
    """What a saw through an open low pass tells of its knobs, with other settings."""
    values = {knob.name: float(BY_NAME[knob.name].default) for knob in model.knobs} | settings
    positions = [BY_NAME[name].position_of(torch.tensor(value)) for name, value in values.items()]
    heard = Heard(
        torch.stack(positions)[None],
        torch.ones(1, len(positions), dtype=torch.bool),
        torch.tensor([48.0]),
        torch.tensor([1.0]),
        torch.tensor([0.7 * LENGTH / 44100]),
    )
    synthesiser = model.synthesiser()
    row = told_by_turning(model, synthesiser, heard, LENGTH)[0].tolist()
    return dict(zip(values, row, strict=True))


def test_the_resonance_is_told_where_there_is_sound(model: Synth) -> None:
    assert told(model, cutoff=800.0, resonance=8.0)["resonance"]
    # two octaves above a sine there is nothing that could resonate
    assert not told(model, cutoff=18000.0, shape_1=0.0)["resonance"]


def test_an_amount_is_turned_off_or_up(model: Synth) -> None:
    loud, faint, none = (told(model, noise=amount)["noise"] for amount in (0.5, 1e-4, 0.0))
    assert loud
    assert not faint  # -80 dB
    assert none  # that there is no noise


def test_what_nobody_hears_is_told_by_no_turn(model: Synth) -> None:
    positions = torch.full([1, len(model.knobs)], 0.5)
    nothing = torch.zeros(1, len(model.knobs), dtype=torch.bool)
    note = (torch.tensor([60.0]), torch.tensor([1.0]), torch.tensor([0.05]))
    heard = Heard(positions, nothing, *note)
    assert not told_by_turning(model, model.synthesiser(), heard, LENGTH).any()
