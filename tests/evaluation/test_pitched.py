"""Pitch and loudness of what a pitched model plays, and what its synthesiser could do."""

from typing import Any

import pytest
import torch
from torch import Tensor

from vschaos.evaluation import pitched, resynthesis
from vschaos.evaluation.excerpts import Excerpt
from vschaos.evaluation.pitched import evaluate_pitched
from vschaos.labels import Labels
from vschaos.models.capabilities import Analysis

NOTHING = Labels(torch.zeros(1, 0, 40), torch.zeros(1, 0, 40) > 0)


class Singer:
    """Frames as they are given; what it plays is off by some cents and dB, and more so for a
    transposed sound. A "sound" of three dimensions is its frames."""

    sample_rate, hop_length = 8000, 200

    def __init__(self, cents: float, decibels: float) -> None:
        self.cents, self.decibels = cents, decibels

    def encode(self, audio: Tensor, labels: Labels | None = None) -> Tensor:
        if audio.dim() == 3:
            return audio
        pitch = torch.full([40], 60.0)
        loudness = torch.cat([torch.full([20], -20.0), torch.full([20], -70.0)])
        return torch.stack([pitch, torch.ones(40), loudness])[None]

    def decode(self, frames: Tensor, labels: Labels | None = None) -> Tensor:
        moved = frames.clone()
        is_loud = frames[:, 2] > -60.0  # what does not count is far off
        moved[:, 0] += torch.where(is_loud, self.cents / 100, torch.tensor(30.0))
        moved[:, 0] += torch.where(frames[:, 0] > 70.0, 1.0, 0.0)
        moved[:, 2] += torch.where(is_loud, self.decibels, torch.tensor(30.0))
        return moved


def _evaluated(singer: Any, sounds: dict[str, Any]) -> dict[str, Any]:
    excerpt = Excerpt("a.wav", 0.1 * torch.randn(1, 8000), NOTHING)
    return evaluate_pitched(singer, [excerpt], sounds)


def test_errors_are_those_of_loud_frames_by_interval() -> None:
    found = _evaluated(Singer(20.0, -1.5), {"model": {"multi_resolution": 1.0}})
    row = found["obedience"]["as it is"]
    assert row["cents"] == pytest.approx(20.0, abs=0.1)
    assert row["in_tune"] == 100.0
    assert (row["loudness_error"], row["loudness_bias"]) == pytest.approx((1.5, -1.5), abs=1e-4)
    assert found["obedience"]["+12"]["cents"] == pytest.approx(120.0, abs=0.1)
    assert found["obedience"]["+12"]["in_tune"] == 0.0
    assert list(found["obedience"]) == ["as it is", "-12", "-7", "-1", "+1", "+7", "+12"]


def test_notes_that_no_tracker_hears_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pitched, "CONFIRMED", (31.0, 70.0))
    found = _evaluated(Singer(0.0, 0.0), {"model": {"multi_resolution": 1.0}})
    assert found["obedience"]["+12"]["cents"] is None
    assert found["obedience"]["+12"]["loudness_error"] == 0.0


def test_distances_are_put_between_the_mean_spectrum_and_the_oracle() -> None:
    sounds = {"model": 0.6, "oracle": 0.4, "mean spectrum": 0.9}
    rows = {name: {"multi_resolution": value} for name, value in sounds.items()}
    found = _evaluated(Singer(0.0, 0.0), rows)
    assert found["of_way"] == pytest.approx(0.6)
    assert found["distances"]["silence"] > 1.0
    rows["mean spectrum"]["multi_resolution"] = 0.3  # better than the oracle: there is no way
    assert _evaluated(Singer(0.0, 0.0), rows)["of_way"] is None


KNOWN = Analysis(
    torch.tensor([[[60.0, 64.0, 64.0, 10.0], [1.0, 1.0, 1.0, 0.0], [-20.0, -20.0, -40.0, -20.0]]]),
    torch.tensor([[[0.0, -6.0, -100.0, 40.0]]]),
)


def test_the_mean_spectrum_is_that_of_frames_with_a_pitch() -> None:
    assert float(resynthesis._mean_spectrum(KNOWN)) == pytest.approx((0 - 6 - 60) / 3)
    silent = KNOWN._replace(played=KNOWN.played - torch.tensor([0.0, 1.0, 0.0])[:, None])
    assert float(resynthesis._mean_spectrum(silent)) == pytest.approx((0 - 6 - 60 + 40) / 4)


def test_the_nearest_frame_is_near_in_pitch_confidence_and_loudness() -> None:
    asked = torch.tensor([[[60.4, 63.0, 63.0, 60.0], [1.0, 1.0, 1.0, 0.1], [-20.0, -22, -38, -20]]])
    found = resynthesis._nearest_spectra(KNOWN, Analysis(asked, torch.zeros(1, 1, 4)))
    assert found[0, 0].tolist()[:3] == [0.0, -6.0, -100.0]
