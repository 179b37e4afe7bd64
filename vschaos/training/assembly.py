"""From a configuration to objects: examples, model and learner, put together in one place."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pytorch_lightning as lightning

from vschaos.batch import joined
from vschaos.data.datamodule import DataModule, build_data
from vschaos.labels import Vocabulary
from vschaos.models.base import Model
from vschaos.targets import build
from vschaos.training.learner import Learner
from vschaos.training.sanity import try_out

BATCHES_TO_FIT = 16  # for the model's statistics
logger = logging.getLogger(__name__)


class ResumedFrom(NamedTuple):
    """The labels and the split that a resumed training began with."""

    vocabularies: dict[str, Vocabulary]
    split: dict[str, Any]


def assemble(
    config: dict[str, Any],
    resumed_from: ResumedFrom | None = None,
    try_export: Callable[[Model], object] | None = None,
) -> tuple[DataModule, Learner]:
    """The examples, and the learner, whose model has taken its statistics from them.

    With `try_export` the training is tried before sounds are imported, which takes long.

    Sizes that depend on the model (rate, length of excerpts) are passed on here and nowhere else.
    """
    lightning.seed_everything(config["seed"], verbose=False)
    data = build_data(config["data"], config["seed"])
    vocabularies = data.read_vocabularies(
        num_classes(config["model"]), resumed_from.vocabularies if resumed_from else None
    )
    model: Model = build(config["model"], vocabularies)
    devices = config["trainer"].get("devices", 1)
    data.check_memory(model, devices if isinstance(devices, int) and devices > 0 else 1)
    learner = _learner(config, model)
    if try_export is not None:
        try_out(learner, data, config, try_export)
    data.open(model, resumed_from.split if resumed_from else None)
    batch = joined(data.training.together(range(BATCHES_TO_FIT)))
    model.fit(batch, data.are_usual(batch.audio))
    if batch.unlabelled is not None:
        _warn_of_joining(model, config["trainer"].get("max_steps") or -1)
    return data, learner


def num_classes(model: Mapping[str, Any]) -> dict[str, int | None]:
    """The labels that a model's settings name, and how many classes they ask for, if they do.

    Raises:
        ValueError: conditioning and prediction ask for different numbers.
    """
    sections = [model.get("conditioning") or {}, model.get("prediction") or {}]
    found: dict[str, int | None] = {}
    for name in {**sections[0], **sections[1]}:
        entries = [section.get(name) or {} for section in sections]
        dims = {entry["dim"] for entry in entries if entry.get("dim") is not None}
        if len(dims) > 1:
            raise ValueError(
                f"model.conditioning.{name}.dim and model.prediction.{name}.dim must be the same, "
                f"got {' and '.join(map(str, sorted(dims)))}"
            )
        found[name] = dims.pop() if dims else None
    return found


def _warn_of_joining(model: Model, max_steps: int) -> None:
    """Sounds beside the examples may come too late to be learnt from."""
    after = model.sounds_after
    if after is None or 0 <= max_steps <= after:
        logger.warning(
            "the sounds in data.dataset.root join after %s, and the training ends after %s: "
            "nothing is learnt from them; sounds_after says when, trainer.max_steps how long",
            "no step" if after is None else f"{after} steps",
            "its time" if max_steps < 0 else f"{max_steps} steps",
        )


def _learner(config: dict[str, Any], model: Model) -> Learner:
    training = build(config["training"])
    return Learner(
        model,
        training["weights"],
        training["optimizer"],
        training["schedule"],
        config["seed"],
        training.get("ema"),
    )
