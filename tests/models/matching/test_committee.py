"""A committee says the mean of its members' chances, and each of them learns by itself."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from vschaos.data.rendered import Drawing
from vschaos.instrument.synthesiser import CONTINUOUS, STEPPED, Knob
from vschaos.models.matching.committee import Committee
from vschaos.models.matching.front import Front
from vschaos.models.matching.heads import Heads
from vschaos.models.matching.network import MatchingNetwork
from vschaos.models.synth import Synth
from vschaos.models.synth.renderer import VoiceRenderer


def knob(name: str, *classes: str) -> Knob:
    kind = STEPPED if classes else CONTINUOUS
    return Knob(name, "", kind, classes, lambda position: position, lambda value: value)


@pytest.fixture(scope="module")
def heads() -> Heads:
    return Heads(
        [knob("cutoff"), knob("drive"), knob("wave", "sine", "saw", "pulse")], {"drive": 0}
    )


def committee(heads: Heads, count: int) -> Committee:
    torch.manual_seed(0)
    front = Front(44100, 4410)
    members = [MatchingNetwork(front, heads.num_outputs, 8, 16) for _ in range(count)]
    return Committee(heads, members).eval()


def views(rows: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    torch.manual_seed(1)
    pitch = 60.0 + torch.arange(rows)
    return *Front(44100, 4410)(torch.randn(rows, 4410), pitch), pitch


def test_chances_are_the_means_of_those_of_the_members(heads: Heads) -> None:
    """Of 20 bins for each turned knob, of an amount that is on, and of three steps."""
    torch.manual_seed(0)
    outputs = [torch.randn(4, heads.num_outputs) for _ in range(3)]
    together = heads.mean(outputs)

    def chances(output: Tensor) -> Tensor:
        cutoff, drive = output[:, :20].softmax(1), output[:, 20:40].softmax(1)
        return torch.cat([cutoff, drive, output[:, 40:41].sigmoid(), output[:, 41:].softmax(1)], 1)

    expected = torch.stack([chances(output) for output in outputs]).mean(0)
    # a logarithm and an exponential lie between: some units of float32's last place
    torch.testing.assert_close(chances(together), expected, rtol=1e-5, atol=1e-7)


def test_one_member_is_heard_as_it_speaks(heads: Heads) -> None:
    alone = committee(heads, 1)
    seen = views(2)
    torch.testing.assert_close(alone(*seen), alone.members[0](*seen), rtol=0.0, atol=0.0)


def test_members_differ_and_none_hears_of_the_others(heads: Heads) -> None:
    three = committee(heads, 3)
    seen = views(2)
    first, second, third = three.each(*seen)
    assert (first - second).abs().max() > 0.01
    assert (second - third).abs().max() > 0.01
    first.sum().backward()
    assert three.members[0].last.weight.grad is not None
    assert three.members[1].last.weight.grad is None


def test_a_script_says_the_same(heads: Heads) -> None:
    three = committee(heads, 3)
    seen = views(2)
    scripted = torch.jit.script(three)
    torch.testing.assert_close(scripted(*seen), three(*seen))


def test_a_chance_of_nothing_stays_finite(heads: Heads) -> None:
    sure = torch.full([1, heads.num_outputs], -200.0)
    sure[:, [3, 25, 40, 42]] = 200.0
    together = heads.mean([sure, sure])
    assert torch.isfinite(together).all()
    assert heads.likeliest(together)[0].tolist() == pytest.approx([3.5 / 20, 5.5 / 20, 0.5])


@pytest.mark.parametrize("members", [0, 1.5, "two"])
def test_somebody_must_learn(members: object) -> None:
    with pytest.raises(ValueError, match=r"model\.members must be a whole number from 1 on"):
        Synth({}, "mono", members=members)  # type: ignore[arg-type]


def test_all_members_learn_from_a_batch() -> None:
    torch.manual_seed(0)
    model = Synth({}, "mono", seconds=0.1, channels=8, hidden_dim=16, members=2).train()
    drawing = Drawing(VoiceRenderer("mono"), 44100, 0.1)
    batch = drawing.render(drawing.draw([0], 4, is_held_out=False), 4410, 18)
    losses = model.losses(batch)
    (losses["parameters"] + losses["switches"]).backward()
    for member in model.network.members:
        assert float(member.last.weight.grad.abs().sum()) > 0.0
    assert torch.isfinite(losses["parameters"])
