"""The measures of cycles: what obeys is told from what does not, errors are those of spectra."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from vschaos.evaluation import cycles
from vschaos.instrument.controls import Control


class Singer:
    """Hears what it plays: frames pass as they are, but for what a test makes of them."""

    descriptors = ("brightness", "richness")
    sample_rate, hop_length, num_partials = 1000, 10, 4

    def frame_controls(self) -> list[Control]:
        pitch, confidence = Control("pitch", 50.0, 70.0, "MIDI note"), Control("c", 0, 1, "")
        loudness = Control("loudness", -40.0, -10.0, "dB(A)")
        sigmas = [Control(name, -3.0, 3.0, "sigma") for name in self.descriptors]
        return [pitch, confidence, loudness, *sigmas]

    def decode(self, frames: Tensor) -> Tensor:
        return frames

    def encode(self, played: Tensor) -> Tensor:
        heard = played.clone()
        heard[:, 3] *= 0.8  # four fifths of the range
        heard[:, 4] = 0.1 * (played[:, 4] > 0)  # hardly
        heard[:, 0] += 0.01 * (played[:, 3] > 1.5)  # a cent
        heard[:, 2] -= 0.05 * (played[:, 0] - 60.0)  # softer the higher
        return heard


def test_what_obeys_is_told_from_what_does_not() -> None:
    singer: Any = Singer()
    bright = cycles._obedience(singer, "brightness")
    assert bright["rank"] == pytest.approx(1.0)
    assert bright["range"] == pytest.approx(0.8)
    assert bright["cents"] == pytest.approx(1.0, abs=0.01)
    rich = cycles._obedience(singer, "richness")
    assert rich["range"] == pytest.approx(0.025)
    assert cycles._level(singer) == pytest.approx(0.05 * 24)


@pytest.mark.parametrize(
    ("values", "correlation"),
    [([1.0, 2.0, 3.0], 1.0), ([3.0, 2.0, 1.0], -1.0), ([5.0, 5.0, 5.0], 0.0)],
)
def test_a_knob_without_effect_has_no_rank_correlation(
    values: list[float], correlation: float
) -> None:
    assert cycles._rank_correlation(torch.tensor(values)) == pytest.approx(correlation, abs=1e-6)


def test_errors_leave_out_the_level_and_the_weak_partials() -> None:
    meant = torch.tensor([[0.0, -10.0, -20.0, -75.0]])
    assert float(cycles._errors(meant - 7.0, meant)) == pytest.approx(0.0, abs=1e-6)
    weak = meant + torch.tensor([[0.0, 0.0, 0.0, 30.0]])
    assert float(cycles._errors(weak, meant)) == pytest.approx(0.0, abs=1e-6)
    off = meant + torch.tensor([[3.0, -3.0, 0.0, 0.0]])
    assert float(cycles._errors(off, meant)) == pytest.approx(6.0)  # squares of 3, 3, 0


def test_the_neighbour_has_the_descriptors_and_the_pitch() -> None:
    singer: Any = Singer()

    def frames(*rows: list[float]) -> cycles.Frames:
        return cycles.Frames(torch.tensor(rows), torch.zeros(len(rows), 4))

    known = frames([60, 1, -20, 0.0, 0], [60, 1, -20, 2.0, 0], [72, 1, -20, 2.0, 0])
    new = frames([60.2, 1, -50, 1.8, 0.1], [71.5, 0.6, 0, 1.5, 0])
    assert cycles._nearest(singer, known, new).tolist() == [1, 2]


def test_untrained_weights_are_new_and_the_model_keeps_its_own() -> None:
    network: Any = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.SiLU())
    before = network[0].weight.detach().clone()
    other: Any = cycles._untrained(network)
    again: Any = cycles._untrained(network)
    assert torch.equal(network[0].weight, before)
    assert (other[0].weight - before).abs().max() > 0.01
    assert torch.equal(other[0].weight, again[0].weight)


def test_frames_without_a_tone_do_not_count() -> None:
    played = torch.tensor([[[60.0] * 4, [1.0, 0.2, 1.0, 1.0], [-20.0, -20.0, -20.0, -70.0]]])
    spectra = torch.full([1, 6, 4], -100.0)
    spectra[0, :4, 0] = torch.tensor([-3.0, -13.0, -43.0, -100.0])
    model: Any = SimpleNamespace(
        num_partials=4,
        analyse=lambda batch: SimpleNamespace(played=played, spectra=spectra),
        hear=lambda batch: torch.arange(20.0).reshape(1, 5, 4),
    )
    found, chosen = cycles._frames(model, SimpleNamespace(batch=None))  # type: ignore[arg-type]
    assert chosen.tolist() == [True, False, False, False]  # unsure; without partials; too soft
    assert found.spectra.tolist() == [[0.0, -10.0, -40.0, -80.0]]
    assert found.controls.tolist() == [[0.0, 4.0, 8.0, 12.0, 16.0]]
