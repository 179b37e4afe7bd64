"""One batch of training examples, its parts by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from vschaos.labels import Labels


class Batch(NamedTuple):
    """Sounds, and all that is known of them.

    Attributes:
        audio: `[B, T]`.
        labels: of the N frames of each sound, `[B, L, N]`.
        features: by name, `[B, C, M]`: M frames of C values each (`vschaos.data.features`).
        targets: by name, `[B]`: the parameters that a sound was rendered with.
        unlabelled: other sounds, of which nobody knows these parameters, to learn from beside them.
        band: share of the frequencies that the files of these sounds can hold, by their rates.
    """

    audio: Tensor
    labels: Labels
    features: dict[str, Tensor] = {}  # noqa: RUF012  never changed in place
    targets: dict[str, Tensor] = {}  # noqa: RUF012
    unlabelled: Batch | None = None
    band: float = 1.0


def joined(batches: Sequence[Batch]) -> Batch:
    """Batches whose examples are alike, as one."""
    first = batches[0]
    beside = [batch.unlabelled for batch in batches if batch.unlabelled is not None]
    return Batch(
        torch.cat([batch.audio for batch in batches]),
        Labels(*(torch.cat(parts) for parts in zip(*(b.labels for b in batches), strict=True))),
        {name: torch.cat([batch.features[name] for batch in batches]) for name in first.features},
        {name: torch.cat([batch.targets[name] for batch in batches]) for name in first.targets},
        joined(beside) if beside else None,
        max(batch.band for batch in batches),
    )
