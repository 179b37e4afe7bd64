"""The validation sounds of a run that was trained on rendered examples, in place of files: they
have targets, which files alone do not tell."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from vschaos.batch import Batch
from vschaos.generation.material import Clip, Material
from vschaos.models.capabilities import Matching
from vschaos.runs import Run
from vschaos.targets import build

logger = logging.getLogger(__name__)


def is_rendered(run: Run) -> bool:
    """Whether a run was trained on examples with targets, or without a dataset of files."""
    return "dataset" not in run.config["data"] or isinstance(run.model, Matching)


def open_material(run: Run, prefers_files: bool = False) -> Material:
    """The files of a run, or its rendered validation sounds."""
    return RenderedMaterial(run) if is_rendered(run) else Material(run, prefers_files)


class RenderedMaterial(Material):
    """The validation sounds of a run, rendered or read again; none where the dataset is gone.

    Attributes:
        batches: of one sound each, by name.
    """

    def __init__(self, run: Run) -> None:
        section = run.config["data"]
        if "renderer" in section:  # what joined it has no targets
            section = {**section, "dataset": None}
        data = build(section, run.config["seed"])
        self.batches: dict[str, Batch] = {}
        try:
            data.open(run.model, run.split)
            sounds = data.validation
            self.batches = {name: sounds[index] for index, name in enumerate(sounds.names)}
        except FileNotFoundError as error:
            logger.warning("no sound of the training is there: %s", error)
        self.run, self.root, self.store, self.tasks, self.origin = run, Path(), None, {}, "rendered"
        self.seconds = {
            name: batch.audio.shape[1] / run.sample_rate for name, batch in self.batches.items()
        }

    def names(self, side: str) -> list[str]:
        return list(self.batches) if side == "held_out" else []

    def seconds_of(self, name: str, side: str) -> float:
        return self.seconds[name]

    def clip(self, name: str, seconds: float, side: str, place: float = 0.5) -> Clip:
        audio = self.batches[name].audio[0].numpy()
        length = min(round(seconds * self.run.sample_rate), len(audio))
        start = int(place * (len(audio) - length))
        return Clip(name, start, audio[start : start + length])

    def labels(self, clip: Clip) -> dict[str, np.ndarray]:
        return {}
