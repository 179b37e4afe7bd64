"""Measures of latent spaces with known properties."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from vschaos.dsp import STFT
from vschaos.evaluation.excerpts import Excerpt
from vschaos.evaluation.latents import (
    Frames,
    decode_lines,
    dips_db,
    evaluate_latents,
    rank_correlation,
)
from vschaos.instrument.controls import Control
from vschaos.labels import Labels
from vschaos.models.capabilities import LatentStatistics, Representation, Spectral

BINS = 257


class Space(Spectral, LatentStatistics):
    """A latent space without the rest of a model: one latent, the frequency of a peak.

    Args:
        has_hole: it is silent between -1 and 1.
        repeats: the sounds repeat along the latent.
    """

    latent_dim = 1
    sample_rate, hop_length = 8000, 128

    def __init__(self, has_hole: bool = False, repeats: bool = False) -> None:
        super().__init__()
        self.has_hole, self.repeats = has_hole, repeats

    def representation(self) -> Representation:
        return Representation(STFT(512, 128))

    def encode(
        self, audio: Tensor, labels: Labels | None = None, temperature: float = 0.0
    ) -> Tensor:
        magnitudes = self.representation().transform(audio).abs()
        place = magnitudes.argmax(dim=1, keepdim=True) / 10.0
        return torch.remainder(place, 2.0) if self.repeats else place - 3.0

    def decode_magnitudes(self, latents: Tensor, labels: Labels | None = None) -> Tensor:
        bins = torch.arange(BINS)[None, :, None]
        peak = torch.exp(-(((bins - 10.0 * (latents + 3.0)) / 8.0) ** 2))
        return peak * (latents.abs() >= 1.0) if self.has_hole else peak

    def divergences(self, audio: Tensor, labels: Labels | None = None) -> Tensor:
        return torch.tensor([2.0])

    def frame_controls(self) -> list[Control]:
        return [Control("latent 1", -3.0, 3.0, "sigma")]


Space.__abstractmethods__ = frozenset()  # no test needs the others


def tones(*frequencies_hz: float) -> list[Excerpt]:
    """At 8 kHz, without labels."""
    seconds = torch.arange(2048) / 8000
    excerpts = []
    for hz in frequencies_hz:
        audio = torch.sin(2 * torch.pi * hz * seconds)[None]
        nothing = torch.zeros(1, 0, STFT(512, 128).num_frames(2048))
        excerpts.append(Excerpt(f"{hz}.wav", audio, Labels(nothing, nothing > 0)))
    return excerpts


def frame(place: float) -> Frames:
    nothing = torch.zeros(1, 0, 1)
    return Frames(torch.tensor([[place]]), torch.ones(BINS, 1), Labels(nothing, nothing > 0))


def test_the_depth_of_a_hole_is_measured() -> None:
    ends = [(frame(-2.0), frame(2.0)), (frame(1.5), frame(2.5))]
    whole = decode_lines(Space(), ends)
    assert dips_db(whole.levels_db).min() > -0.5
    holed = decode_lines(Space(has_hole=True), ends)
    dips = dips_db(holed.levels_db)
    assert dips[0] == pytest.approx(-80.0, abs=0.5)  # the floor
    assert dips[1] > -0.5  # the other line does not pass it


def test_a_space_with_a_hole_is_distinguished_from_a_whole_one() -> None:
    sounds = tones(*np.arange(300.0, 1800.0, 100.0))
    whole, holed = (evaluate_latents(Space(h), sounds)["lines"] for h in (False, True))
    assert whole["holes"] == 0.0
    assert holed["holes"] > 0.3
    assert holed["worst_dip_db"] < -60.0
    assert holed["steepest_step"] > 1.5 * whole["steepest_step"]


def test_distances_of_latents_and_sounds_correlate_in_an_unfolded_space() -> None:
    sounds = tones(*np.arange(500.0, 900.0, 8.0))
    whole, folded = (evaluate_latents(Space(repeats=r), sounds) for r in (False, True))
    orders = [measured["smoothness"]["rank_correlation"] for measured in (whole, folded)]
    assert orders[0] > orders[1] + 0.1
    assert whole["nats"] == [2.0]
    assert whole["active_dimensions"] == 1


def test_the_speed_along_a_line_depends_on_its_length() -> None:
    near = decode_lines(Space(), [(frame(1.0), frame(2.0))])
    far = decode_lines(Space(), [(frame(1.0), frame(5.0))])
    assert near.deviations[0] == pytest.approx(1.0)
    assert far.deviations[0] == pytest.approx(4.0)
    assert far.steps_db.sum() > near.steps_db.sum()


def test_rank_correlation_depends_on_ranks_alone() -> None:
    values = np.random.default_rng(0).standard_normal(50)
    assert rank_correlation(values, np.exp(values)) == 1.0
    assert rank_correlation(values, -(values**3)) == -1.0
    assert rank_correlation(values, np.ones(50)) is None


def test_one_sound_alone_and_silence_are_no_error() -> None:
    measured = evaluate_latents(Space(), tones(500.0))
    assert measured["lines"] is None
    (silent,) = tones(500.0)
    silent = silent._replace(audio=torch.zeros_like(silent.audio))
    assert evaluate_latents(Space(), [silent])["smoothness"] is None


class Careful(Space):
    """Moves latents out of its hole."""

    def near_sounds(self, latents: Tensor) -> Tensor:
        return torch.where(latents < 0.0, -1.5, 1.5)


Careful.__abstractmethods__ = frozenset()


def test_trajectories_through_a_hole_are_soft() -> None:
    found = {}
    for space in (Space(), Space(has_hole=True), Careful(has_hole=True)):
        levels = evaluate_latents(space, tones(300.0, 500.0, 700.0))["trajectories"]
        found[space] = levels["softest_db"]
    whole, through_the_hole, around_it = found.values()
    assert whole > -12.0
    assert through_the_hole == -80.0
    assert around_it > -12.0
