"""The features that a run was trained with, of any sound."""

from __future__ import annotations

import torch
from torch import Tensor

from vschaos.audio.files import Waveform
from vschaos.data.features.feature import compute
from vschaos.runs import Run
from vschaos.targets import build


def features_of(run: Run, audio: Waveform, name: str) -> dict[str, Tensor]:
    """Sound `[T]` -> `[1, C, M]` by name.

    Raises:
        FeatureError: one fails; `name` is that of the sound in its message.
    """
    features = {}
    for key, entry in (run.config["data"].get("features") or {}).items():
        make = build({**entry, "_partial_": True})
        given = {"sample_rate": run.sample_rate, "hop_length": run.model.hop_length}
        values = compute(make(**(given | make.keywords)), audio, name)
        features[key] = torch.from_numpy(values)[None]
    return features
