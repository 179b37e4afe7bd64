"""From a configuration to a run: the one place where the parts of a training are put together."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytorch_lightning as lightning
import torch
from lightning_fabric.utilities.exceptions import MisconfigurationException
from pytorch_lightning.callbacks import Callback, ModelCheckpoint
from pytorch_lightning.loggers import TensorBoardLogger
from torch import nn

from vschaos.data.datamodule import Frames, SoundData
from vschaos.data.split import Split, split_files
from vschaos.data.store import SoundStore, open_store
from vschaos.labels import Vocabulary
from vschaos.models.base import Model
from vschaos.report import leave_report
from vschaos.runs import (
    check_name,
    create_run_folder,
    describe_run,
    find_version,
    read_vocabularies,
)
from vschaos.targets import build
from vschaos.training.labelling import read_labels
from vschaos.training.learner import Learner
from vschaos.training.progress import ProgressLine

BATCHES_TO_FIT = 16  # as many as the model's statistics are taken from
MONITORED = "held_out/log_spectral_distance"
logger = logging.getLogger(__name__)


def train(config: dict[str, Any], go_on: Callable[[], bool] | None = None) -> Path | None:
    """Trains a model and leaves a run.

    Args:
        config: resolved, plain mappings and values; see `configs/base.yaml`.
        go_on: with `check: true`, asked after the overview if the training shall begin.

    Returns:
        The run's folder, or None if `go_on` said no.

    Raises:
        FileNotFoundError, ValueError: a dataset or a configuration that cannot be used.
    """
    _quiet_lightning()
    trainings = Path(config["rundir"]) / check_name(config["name"])
    folder = find_version(trainings) if config["resume"] else None
    last = folder / "checkpoints" / "last.ckpt" if folder else None
    if last and not last.is_file():
        raise FileNotFoundError(f"there is nothing to go on with in {folder}: no {last.name}")
    _try_trainer(config["trainer"])
    data, learner = assemble(config, read_vocabularies(folder) if folder else None)
    if config["check"]:
        logger.info(overview(learner.model, data))
        if go_on is None or not go_on():
            return None
    if folder is None:
        folder = create_run_folder(Path(config["rundir"]), config["name"])
        describe_run(folder, config, learner.model.vocabularies, data.split._asdict())
    logger.info("run: %s", folder)
    trainer = _make_trainer(folder, config)
    try:
        trainer.fit(learner, data, ckpt_path=last, weights_only=True)
    except SystemExit as stop:  # what Lightning makes of Ctrl-C
        _leave_report(folder, config, trainer)
        raise KeyboardInterrupt(_what_is_kept(folder, trainer.global_step)) from stop
    _leave_report(folder, config, trainer)
    return folder


def assemble(
    config: dict[str, Any], begun_with: Mapping[str, Vocabulary] | None = None
) -> tuple[SoundData, Learner]:
    """The sounds and the learner, whose model has seen the sounds' levels.

    `begun_with` are the labels of a training that is gone on with.

    Sizes that hang on the model (rate, length of excerpts) are passed on here and nowhere else.
    """
    lightning.seed_everything(config["seed"], verbose=False)
    labels = read_labels(config, begun_with)
    model: Model = build(config["model"], labels.vocabularies)
    store = _open_sounds(config, model)
    names = [file.name for file in store.files]
    split = split_files(names, config["data"]["dataset"]["held_out"], config["seed"])
    _announce(store, split)
    data = SoundData(
        store,
        split,
        labels.tracks(store),
        model.vocabularies,
        Frames(model.excerpt_length, model.excerpt_centres, model.centres),
        build(config["data"]["loading"]),
        config["seed"],
        build(config["data"]["gain"]),
        build(config["data"]["varispeed"]),
    )
    model.fit(torch.cat([data.excerpts[number].audio for number in range(BATCHES_TO_FIT)]))
    training = build(config["training"])
    return data, Learner(
        model,
        training["weights"],
        training["optimizer"],
        training["schedule"],
        config["seed"],
    )


def overview(model: Model, data: SoundData) -> str:
    """Layers, sizes and one batch, as a text."""
    rows = [
        f"  {name:<28} {type(module).__name__:<12} {_shapes(module)}"
        for name, module in model.named_modules()
        if any(True for _ in module.parameters(recurse=False))
    ]
    count = sum(parameter.numel() for parameter in model.parameters())
    batch = data.excerpts[0]
    audio = batch.audio
    levels = f"rms {audio.square().mean().sqrt():.3f}, peak {audio.abs().amax():.3f}"
    labels = [
        f"label: {task}, known of {100 * batch.labels.known[:, row].float().mean():.0f} % of it, "
        + (f"{len(entry.classes)} classes" if entry.is_class else f"{entry.low} to {entry.high}")
        for row, (task, entry) in enumerate(model.vocabularies.items())
    ]
    return "\n".join(
        [
            f"model: {type(model).__name__}, {count:,} parameters, {model.latent_dim} latents, "
            f"{model.sample_rate} Hz, hop {model.hop_length}",
            *rows,
            f"data: {len(data.excerpts.files)} files to learn from, {len(data.held_out)} looked at",
            f"batch: {list(audio.shape)} samples, {levels}",
            *labels,
        ]
    )


def _open_sounds(config: dict[str, Any], model: Model) -> SoundStore:
    dataset = config["data"]["dataset"]
    return open_store(
        Path(dataset["root"]).expanduser(),
        model.sample_rate,
        dataset["channel"],
        min_length=model.hop_length,
        n_files=dataset["n_files"],
        cache=Path(dataset["cache"]).expanduser() if dataset["cache"] else None,
    )


def _announce(store: SoundStore, split: Split) -> None:
    minutes = store.duration_seconds / 60
    logger.info(
        "sounds: %d files, %.1f minutes; %d to learn from, %d held out",
        len(store.files),
        minutes,
        len(split.train),
        len(split.held_out),
    )
    if not split.held_out:
        logger.warning(
            "no file is held out (data.dataset.held_out, and two files at least): "
            "distances are those of the sounds learnt from"
        )


def _make_trainer(folder: Path, config: dict[str, Any]) -> lightning.Trainer:
    keep_every = config["training"]["keep_every_epochs"]
    monitoring = build(config["training"].get("monitoring"))
    callbacks: list[Callback] = [
        ProgressLine(),
        *([monitoring] if monitoring else []),
        _checkpoint(folder, "last", save_top_k=1),
        _checkpoint(folder, "best", save_top_k=1, monitor=MONITORED),
        _checkpoint(folder, "epoch_{epoch}", save_top_k=-1, every_n_epochs=keep_every),
    ]
    return lightning.Trainer(
        default_root_dir=folder,
        logger=TensorBoardLogger(folder, name="", version="logs"),
        callbacks=callbacks,
        enable_progress_bar=False,
        enable_model_summary=False,
        # the learner says itself when it has something to log
        **{"log_every_n_steps": 1, **config["trainer"]},
    )


def _checkpoint(
    folder: Path,
    name: str,
    save_top_k: int,
    monitor: str | None = None,
    every_n_epochs: int = 1,
) -> ModelCheckpoint:
    return ModelCheckpoint(
        folder / "checkpoints",
        filename=name,
        monitor=monitor,
        save_top_k=save_top_k,
        every_n_epochs=every_n_epochs,
        save_on_train_epoch_end=True,  # after the validation, when the epoch is whole
        auto_insert_metric_name=False,
        enable_version_counter=False,
    )


def _try_trainer(settings: dict[str, Any]) -> None:
    """Lightning's own checks, before anything else is done."""
    try:
        lightning.Trainer(logger=False, enable_checkpointing=False, **settings)
    except (TypeError, ValueError, MisconfigurationException) as error:
        raise ValueError(f"trainer.* does not suit Lightning's Trainer: {error}") from error


def _leave_report(folder: Path, config: dict[str, Any], trainer: lightning.Trainer) -> None:
    if config.get("report", True) and trainer.is_global_zero:
        leave_report(folder)


def _what_is_kept(folder: Path, step: int) -> str:
    last = folder / "checkpoints" / "last.ckpt"
    if not last.is_file():
        return f"stopped at step {step}, before anything was kept in {folder}"
    kept = torch.load(last, map_location="cpu", weights_only=True)["global_step"]
    return f"stopped at step {step}; {last} holds step {kept}, resume=true goes on from there"


def _quiet_lightning() -> None:
    """Leaves its warnings, not its advertisements."""
    for name in ("pytorch_lightning", "lightning", "lightning.pytorch"):
        logging.getLogger(name).setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", message=".*does not have many workers.*")
    warnings.filterwarnings("ignore", message=".*GPU available but not used.*")
    warnings.filterwarnings("ignore", message=".*exists and is not empty.*")
    warnings.filterwarnings("ignore", message=".*LeafSpec.*")  # between Lightning and torch
    # the end of an epoch is gone through again as a training is gone on with
    warnings.filterwarnings("ignore", message=".*could not find the monitored key.*")


def _shapes(module: nn.Module) -> str:
    return "  ".join(
        f"{name} {list(parameter.shape)}"
        for name, parameter in module.named_parameters(recurse=False)
    )
