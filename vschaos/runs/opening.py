"""Opens a run: finds its folder, builds its model, loads its weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vschaos.labels import Vocabulary
from vschaos.models.base import Model
from vschaos.runs.prior import read_prior
from vschaos.runs.reading import find_version, read_config, read_split, read_vocabularies
from vschaos.runs.run import Run
from vschaos.targets import build, find_target

AVERAGED = "averaged.module."  # prefix of the averaged weights (EMA) in a checkpoint


def load_run(
    path: str | Path,
    version: int | None = None,
    checkpoint: str = "last",
    has_prior: bool = True,
) -> Run:
    """Opens a run and loads its weights.

    Args:
        path: the folder of a training, of one of its versions, or a checkpoint.
        version: N of `version_N`; the newest that has a checkpoint by default.
        checkpoint: a name in `checkpoints/`, with or without `.ckpt`.
        has_prior: whether its prior is opened too, if there is one.

    Raises:
        FileNotFoundError: no such run, version or checkpoint.
        ValueError: it is no run of this format, or its weights do not fit its configuration.
    """
    folder, file = _locate(Path(path), version, checkpoint)
    config = read_config(folder)
    vocabularies = read_vocabularies(folder)
    model = _build_model(folder, config["model"], vocabularies)
    _load_weights(model, file)
    return Run(
        folder=folder,
        checkpoint=file,
        config=config,
        vocabularies=vocabularies,
        split=read_split(folder),
        model=model.eval().requires_grad_(False),
        prior=read_prior(file, model) if has_prior else None,
    )


def _locate(path: Path, version: int | None, checkpoint: str) -> tuple[Path, Path]:
    if path.suffix == ".ckpt":
        if not path.is_file():
            raise FileNotFoundError(f"there is no checkpoint {path}")
        return find_version(path), path
    if not path.is_dir():
        raise FileNotFoundError(f"there is no training in {path}: no such folder")
    folder = find_version(path, version)
    name = Path(checkpoint).name.removesuffix(".ckpt")
    file = folder / "checkpoints" / f"{name}.ckpt"
    if not file.is_file():
        there = sorted(found.stem for found in (folder / "checkpoints").glob("*.ckpt"))
        raise FileNotFoundError(
            f"there is no checkpoint {name!r} in {folder}; there is {', '.join(there) or 'none'}"
        )
    return folder, file


def _build_model(folder: Path, config: Any, vocabularies: Mapping[str, Vocabulary]) -> Model:
    target = config.get("_target_") if isinstance(config, Mapping) else None
    is_partial = target is not None and config.get("_partial_", False)
    if target is None or is_partial or not issubclass(find_target(target), Model):
        raise ValueError(f"{folder / 'config.yaml'}: model._target_ does not name a model")
    try:
        model: Model = build(config, vocabularies)
    except KeyError as error:
        raise ValueError(f"{folder / 'vocabularies.json'} lacks the label {error}") from error
    except RecursionError as error:
        raise ValueError(f"{folder / 'config.yaml'}: model is nested without end") from error
    return model


def _load_weights(model: Model, file: Path) -> None:
    try:
        checkpoint = torch.load(file, map_location="cpu", weights_only=True)
        weights = _model_weights(checkpoint["state_dict"])
    except Exception as error:  # torch raises whatever a damaged or hostile file makes it raise
        # torch's own message advises to trust the file
        raise ValueError(
            f"{file} is damaged, or no checkpoint of weights alone ({type(error).__name__})"
        ) from error
    try:
        model.load_state_dict(weights, strict=True)
    except RuntimeError as error:
        raise ValueError(f"the weights in {file} do not fit the run's config: {error}") from error


def _model_weights(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The averaged weights of a checkpoint that has them, else the weights."""
    prefix = AVERAGED if any(key.startswith(AVERAGED) for key in state) else "model."
    return {
        key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)
    }
