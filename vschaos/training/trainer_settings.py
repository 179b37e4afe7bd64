"""Which of Lightning's settings a training takes, and why it takes no others."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import pytorch_lightning as lightning

OURS = {  # what a run is made of: no one else sets it
    "logger": "runs are logged to TensorBoard, in the run's logs/",
    "callbacks": "training.monitoring and training.early_stopping watch a training and end it",
    "plugins": "checkpoints are written by a plugin of its own",
    "default_root_dir": "rundir=... says where runs lie",
    "enable_checkpointing": "a run is its checkpoints; training.keep_every_epochs says which stay",
    "enable_progress_bar": "a training has a line of its own",
    "enable_model_summary": "+check=1 shows the model",
    "use_distributed_sampler": "batches have numbers, and each process knows its own",
    "log_every_n_steps": "losses are logged every 50 steps",
    "enable_autolog_hparams": "config.yaml holds all settings",
    "model_registry": "runs lie in rundir",
    "barebones": "a run without checkpoints and logs is none",
    "fast_dev_run": "for a try, take trainer.max_steps=1 or +check=1",
    "overfit_batches": "for a few sounds, take data.dataset.n_files=1",
    "limit_test_batches": "there is no test beside the held-out sounds",
    "limit_predict_batches": "vschaos generate reconstructs sounds",
    "sync_batchnorm": "no model has layers of that kind",
}
# of others spectra are not made, and a gradient that is scaled (16-mixed) is clipped amiss
PRECISIONS = ("32", "32-true", "bf16", "bf16-mixed")
STRATEGIES = ("auto", "ddp", "ddp_find_unused_parameters_true", "ddp_find_unused_parameters_false")
POSITIVE = ("max_epochs", "max_steps")  # or -1, without an end


def check_trainer(config: Mapping[str, Any]) -> None:
    """Looks at the settings of `trainer` before anything is made of them.

    Args:
        config: of the training.

    Raises:
        ValueError: one that would fail, be ignored, or leave a training without checkpoints.
    """
    settings: Mapping[str, Any] = config["trainer"]
    for name, reason in OURS.items():
        if name in settings:
            raise ValueError(f"trainer.{name} is not to be set: {reason}")
    _check_choice(settings, "precision", PRECISIONS)
    _check_choice(settings, "strategy", STRATEGIES)
    _check_lengths(settings)
    if config["training"].get("early_stopping") is not None:
        _check_ending(settings)


def names_of_trainer_settings() -> set[str]:
    """All that Lightning's Trainer takes."""
    return set(inspect.signature(lightning.Trainer).parameters)


def _check_choice(settings: Mapping[str, Any], name: str, choices: tuple[str, ...]) -> None:
    given = settings.get(name)
    if given is not None and str(given) not in choices:
        raise ValueError(f"trainer.{name} must be {' or '.join(choices)}, got {given}")


def _check_lengths(settings: Mapping[str, Any]) -> None:
    for name in POSITIVE:
        if settings.get(name) is not None and not _is_whole(settings[name], -1, but=0):
            raise ValueError(
                f"trainer.{name} must be at least 1, or -1 for no end, got {settings[name]}"
            )
    if settings.get("limit_train_batches") in (0, "0"):
        raise ValueError("trainer.limit_train_batches must be more than 0, got 0")
    if not _is_whole(settings.get("accumulate_grad_batches", 1), 1):
        raise ValueError(
            "trainer.accumulate_grad_batches must be a whole number from 1 on, got "
            f"{settings['accumulate_grad_batches']}"
        )


def _check_ending(settings: Mapping[str, Any]) -> None:
    """What ends by itself must look at held-out sounds, and may end."""
    if settings.get("limit_val_batches") in (0, "0"):
        raise ValueError(
            "trainer.limit_val_batches must be more than 0 with length=quick, got 0: it ends by "
            "what it finds on the held-out sounds"
        )
    for name in ("min_steps", "min_epochs"):
        if settings.get(name):
            raise ValueError(
                f"trainer.{name} must not be set with length=quick, got {settings[name]}: "
                "training.early_stopping.patience says how long it waits"
            )


def _is_whole(value: object, lowest: int, but: int | None = None) -> bool:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return is_number and value >= lowest and value != but  # type: ignore[operator]
