"""The effect of a conditioning label on latents and decoded spectra."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from vschaos.evaluation.excerpts import Excerpt
from vschaos.evaluation.spectra import decode_magnitudes
from vschaos.labels import Labels, sweep_values
from vschaos.models.base import Model
from vschaos.models.capabilities import Autoencoder

MAX_VALUES = 12  # of a label that are compared
FLOOR_DB = -40.0  # relative to the loudest bin; bins below it under all values do not count


class Effect(NamedTuple):
    """Variation across the values of a label, all else being equal.

    Attributes:
        level_db: standard deviation of the levels of the loud bins decoded from the same latents.
        deviations: standard deviation of the latents of the same sound.
    """

    level_db: float
    deviations: float


def values_of(model: Model, task: str) -> dict[str, float]:
    """At most `MAX_VALUES` of a label's values, by name, without classes absent from the training
    set."""
    vocabulary = model.vocabularies[task]
    swept = sweep_values(vocabulary)
    values = [(name, value) for name, value in swept.items() if name not in vocabulary.unseen_names]
    values = values or list(swept.items())
    count = min(len(values), MAX_VALUES)
    picked = torch.linspace(0, len(values) - 1, count).round().int().tolist()
    return dict(values[index] for index in picked)


def under_each(model: Model, labels: Labels, task: str, values: Sequence[float]) -> Labels:
    """Labels of one sound `[1, L, N]` with a task at each of K values, `[K, L, N]`."""
    row = list(model.vocabularies).index(task)
    repeated, known = (part.repeat(len(values), 1, 1) for part in labels)
    repeated[:, row] = torch.tensor(values).to(repeated)[:, None]
    known[:, row] = True
    return Labels(repeated, known)


def effect_of(model: Autoencoder, excerpts: Sequence[Excerpt], task: str) -> Effect:
    """The effect of a conditioning label, mean over sounds."""
    values = list(values_of(model, task).values())
    found = []
    for excerpt in excerpts:
        labels = under_each(model, excerpt.labels, task, values)
        moved = model.encode(excerpt.audio.repeat(len(values), 1), labels)
        latents = model.encode(excerpt.audio, excerpt.labels).repeat(len(values), 1, 1)
        level_db = _loud_bins_db(decode_magnitudes(model, latents, labels))
        found.append([_spread(level_db), _spread(moved)])
    return Effect(*torch.tensor(found).mean(dim=0).tolist())


def _loud_bins_db(magnitudes: Tensor) -> Tensor:
    """`[K, F, N]` -> levels in dB `[K, M]` of the bins and frames that are loud under any value."""
    level_db = 20 * torch.log10(magnitudes.clamp_min(1e-7))
    floor_db = float(level_db.amax()) + FLOOR_DB
    return level_db.clamp_min(floor_db)[:, level_db.amax(dim=0) >= floor_db]


def _spread(values: Tensor) -> float:
    """Root mean square of `[K, ...]` about their mean over K."""
    return float((values - values.mean(dim=0)).square().mean().sqrt())
