"""Excerpts for monitoring have all parts of a batch, cut to the same time."""

from __future__ import annotations

import pytest
import torch

from tests.families.toy import Toy
from vschaos.batch import Batch
from vschaos.data.excerpts import WholeSounds
from vschaos.labels import Labels
from vschaos.training.monitoring.material import Material

RATE, HOP = 8000, 256
LENGTH = 2 * RATE


class Rising(WholeSounds):
    """One sound, loud from 1 to 1.5 s, whose features are the seconds of their frames."""

    def __init__(self) -> None:
        self.files = []

    @property
    def names(self) -> tuple[str, ...]:  # type: ignore[override]
        return ("rising.wav",)

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> Batch:
        audio = torch.full((1, LENGTH), 0.1)
        audio[:, RATE : RATE + RATE // 2] = 0.5
        frames = {"pitch": HOP, "loudness": HOP, "slow": 2 * HOP}
        features = {
            name: (torch.arange(-(-LENGTH // step)) * step / RATE)[None, None]
            for name, step in frames.items()
        }
        nothing = torch.zeros(1, 0, -(-LENGTH // HOP))
        return Batch(audio, Labels(nothing, nothing > 0), features, {"tuning": torch.ones(1)})


def test_features_and_targets_follow_the_loudest_part() -> None:
    model = Toy({}, RATE, HOP)
    material = Material(Rising(), model, 3, 0.5, torch.device("cpu"))
    (excerpt,) = material.excerpts
    assert (excerpt.audio > 0.4).float().mean() > 0.9
    assert excerpt.audio.shape == (1, RATE // 2)
    assert excerpt.labels.values.shape[2] == len(model.centres(RATE // 2))
    for name, step in (("pitch", HOP), ("slow", 2 * HOP)):
        seconds = excerpt.features[name][0, 0]
        assert seconds[0] == pytest.approx(1.0, abs=1.5 * step / RATE)
        assert len(seconds) == -(-(RATE // 2) // step)
    assert excerpt.targets["tuning"].item() == 1.0
    unrendered = excerpt.batch._replace(targets={})  # its loss takes the pitch from the features
    assert model.losses(unrendered)["sound"].isfinite()
