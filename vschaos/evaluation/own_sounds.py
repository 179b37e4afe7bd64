"""How well settings are found in sounds of which nobody knows them: those that joined a training of
rendered ones."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from vschaos.evaluation.matching import (
    MEAN,
    MODEL,
    NEIGHBOUR,
    Matched,
    mean_settings,
    nearest_sounds,
    played,
)
from vschaos.models.capabilities import Heard, Matching
from vschaos.models.matching.distances import log_spectral_distances
from vschaos.runs import Run
from vschaos.targets import build

if TYPE_CHECKING:
    # which brings Lightning, slow to load
    from vschaos.data.datamodule import DataModule

logger = logging.getLogger(__name__)


class OwnSounds(NamedTuple):
    """Held-out notes, and what was found in them.

    Attributes:
        names: of the notes.
        notes: as far as each lasts, `[T]`.
        sounds: by what was compared, the notes by the settings that were found, of the same
            lengths, and as loud.
    """

    names: list[str]
    notes: list[Tensor]
    sounds: dict[str, list[Tensor]]

    def distances(self, name: str) -> Tensor:
        """Log-spectral distances of what was compared, dB `[B]`."""
        pairs = zip(self.sounds[name], self.notes, strict=True)
        return torch.cat([log_spectral_distances(made[None], note) for made, note in pairs])


@torch.inference_mode()
def match_own(run: Run, matched: Matched) -> OwnSounds | None:
    """Finds the settings of the notes that joined a training and were held out; None where none
    joined, or they are gone.

    Beside them are the nearest training sound and the mean settings, played at the same notes.

    Args:
        matched: rendered sounds of the same run, with those that it was trained on.
    """
    model, section = run.model, run.config["data"]
    if not isinstance(model, Matching) or "renderer" not in section:
        return None
    if not (section.get("dataset") or {}).get("root"):
        return None
    data: DataModule = build({**section, "validation_sounds": 1}, run.config["seed"])
    try:
        data.open(run.model, run.split)
    except (OSError, ValueError) as error:
        logger.warning("the sounds that joined the training are not compared: %s", error)
        return None
    held_out = data.unlabelled
    if held_out is None or not len(held_out):
        logger.warning("no note of the sounds that joined the training is held out")
        return None
    batch = held_out.some(0, len(held_out))
    audio, pitch = batch.audio, batch.targets["pitch"]
    pool, learnt = matched.learnt
    found = {
        MODEL: model.propose(audio, pitch)[:, 0],
        NEIGHBOUR: learnt.positions[nearest_sounds(audio, pool)],
        MEAN: mean_settings(model, learnt).expand(len(audio), -1),
    }
    synthesiser = model.synthesiser()
    heard = Heard(
        found[MODEL],
        torch.ones_like(found[MODEL], dtype=torch.bool),
        pitch,
        torch.full_like(pitch, synthesiser.velocity),
        batch.targets["held_seconds"],
    )
    lengths = (batch.targets["seconds"] * run.sample_rate).round().long().tolist()
    try:
        sounds = {name: played(synthesiser, rows, audio, heard) for name, rows in found.items()}
    finally:
        synthesiser.close()
    return OwnSounds(
        held_out.names,
        _cut(audio, lengths),
        {name: _cut(rows, lengths) for name, rows in sounds.items()},
    )


def own_facts(own: OwnSounds) -> dict[str, Any]:
    """`count` of the notes, and `rows` of distances by what was compared."""
    rows = {}
    for name in own.sounds:
        away = own.distances(name)
        rows[name] = {"lsd": float(away.mean()), "median_lsd": float(away.median())}
    return {"count": len(own.notes), "rows": rows}


def _cut(sounds: Tensor, lengths: list[int]) -> list[Tensor]:
    return [sound[:length] for sound, length in zip(sounds, lengths, strict=True)]
