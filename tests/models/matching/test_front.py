"""What a network sees does not depend on the level, and along the note not on the pitch."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from vschaos.models.matching.front import LOWEST_SEMITONE, PER_SEMITONE, Front

RATE, LENGTH = 44100, 22050


@pytest.fixture(scope="module")
def front() -> Front:
    return Front(RATE, LENGTH)


def saw(note: float) -> Tensor:
    """Partials up to 8 kHz, `[1, T]`."""
    hertz = 440.0 * 2 ** ((note - 69.0) / 12.0)
    seconds = torch.arange(LENGTH, dtype=torch.float64) / RATE
    partials = torch.arange(1, int(8000 / hertz) + 1)[:, None]
    return (torch.sin(2 * torch.pi * hertz * partials * seconds) / partials).sum(0)[None].float()


def place(semitones: float) -> int:
    """The band along the note in which an interval lies."""
    return int((semitones - LOWEST_SEMITONE) * PER_SEMITONE)


def test_the_level_is_not_seen(front: Front) -> None:
    note = torch.tensor([57.0])
    for soft, loud in zip(front(1e-3 * saw(57), note), front(saw(57), note), strict=True):
        # steps of float32 at the level of the softer one, 80 dB on a scale of 1
        torch.testing.assert_close(soft, loud, rtol=0.0, atol=1e-3)


@pytest.mark.parametrize("note", [45.0, 57.3, 64.5])
def test_harmonics_lie_at_the_same_places_for_all_notes(front: Front, note: float) -> None:
    spectra = front(saw(note), torch.tensor([note]))[1][0, -1]
    for number, semitones in ((1, 0.0), (2, 12.0), (3, 19.02), (4, 24.0)):
        near = spectra[place(semitones) - 1 : place(semitones) + 2]
        assert float(near.max()) == pytest.approx(1.0 - 20 * math.log10(number) / 80, abs=0.03)
    between = spectra[place(6.0)]
    assert between < float(spectra[place(0.0) - 1 : place(0.0) + 2].max()) - 0.3  # 24 dB


def test_an_attack_is_seen_in_its_steps(front: Front) -> None:
    late = torch.zeros(1, LENGTH)
    late[:, 1000:] = saw(69)[:, 1000:]
    onset = front(late, torch.tensor([69.0]))[2][0, 0]
    assert float(onset[:15].max()) == pytest.approx(0.0, abs=1e-6)
    assert float(onset[16:].min()) > 0.6


@pytest.mark.parametrize("length", [0, 1, 700, 100_000])
def test_any_length_and_nonsense_give_finite_views(front: Front, length: int) -> None:
    audio = torch.full([2, length], torch.nan)
    audio[1] = 1e30
    for view in front(audio, torch.tensor([0.0, 127.0])):
        assert torch.isfinite(view).all()
        assert float(view.min()) >= 0.0
        assert float(view.max()) <= 1.0


def test_shapes_do_not_depend_on_the_sound(front: Front) -> None:
    levels, spectra, onset = front(torch.zeros(3, 10), torch.full([3], 60.0))
    assert levels.shape == (3, front.num_bands, front.num_frames)
    assert spectra.shape == (3, front.num_spectra, front.num_intervals)
    assert onset.shape == (3, 1, 32)


def test_sound_of_another_rate_has_its_notes_where_they_are() -> None:
    """The same samples at twice the rate are an octave up."""
    front = Front(RATE, LENGTH)
    front.take_rate(2 * RATE)
    spectra = front(saw(57), torch.tensor([69.0]))[1][0, -1]
    near = spectra[place(0.0) - 1 : place(0.0) + 2]
    assert float(near.max()) == pytest.approx(1.0, abs=0.03)
