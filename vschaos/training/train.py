"""Train a model and leave a run."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytorch_lightning as lightning
from lightning_fabric.utilities.exceptions import MisconfigurationException
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.loggers import TensorBoardLogger

from vschaos.data.datamodule import DataModule
from vschaos.data.loading import is_full, what_is_full
from vschaos.models.base import Model
from vschaos.report import write_report_safely
from vschaos.runs import (
    check_name,
    check_own_folders,
    clear_partial,
    create_run,
    newest_version,
    note_sounds,
    note_state,
    read_split,
    read_vocabularies,
)
from vschaos.targets import build
from vschaos.training.alone import Alone
from vschaos.training.assembly import ResumedFrom, assemble
from vschaos.training.checkpoints import (
    DamagedCheckpointError,
    WholeCheckpoints,
    checkpoint_callbacks,
    checkpoint_to_resume,
    error_of_disk,
    last_checkpoint,
    put_in_place_of_last,
    remark_on_best,
    saved_step,
    writers_raise_here,
)
from vschaos.training.early_stopping import check_ending
from vschaos.training.learner import Learner
from vschaos.training.matmul_precision import multiplying
from vschaos.training.overview import overview
from vschaos.training.progress import ProgressLine
from vschaos.training.recovery import Recovery
from vschaos.training.sanity import try_batch
from vschaos.training.signals import SignalHandling
from vschaos.training.trainer_settings import check_trainer

# what Lightning raises at values that it does not expect
NOT_TAKEN = (TypeError, ValueError, AttributeError, ImportError, MisconfigurationException)
logger = logging.getLogger(__name__)


def train(
    config: dict[str, Any],
    go_on: Callable[[], bool] | None = None,
    try_export: Callable[[Model], object] | None = None,
) -> Path | None:
    """Trains a model and leaves a run.

    Args:
        config: resolved, plain mappings and values; see `vschaos/configs/base.yaml`.
        go_on: with `check: true`, called after the overview; whether the training begins.
        try_export: called with a copy of the untrained model, which it fails to export or not; the
            training is tried out before it begins then.

    Returns:
        The run's folder; None if `go_on` said no, and in all but the first of several processes.

    Raises:
        FileNotFoundError, ValueError: a dataset or a configuration that cannot be used, or a run
            that another process trains.
        FloatingPointError: a loss that stays non-finite, or rises, after all recoveries.
        OSError: the run cannot be written any more; says what is saved.
        KeyboardInterrupt: Ctrl-C or SIGTERM; says what is saved, and gives the exit code.
    """
    _quiet_lightning()
    config = _with_absolute_paths(config)
    trainings = Path(config["rundir"]) / check_name(config["name"])
    begun = newest_version(trainings) if config["resume"] else None
    if begun is not None:
        check_own_folders(begun)
    last = checkpoint_to_resume(begun) if begun else None
    check_trainer(config)
    is_first = _try_trainer(config["trainer"])
    asked_for = _asked_for(config["training"])
    if not is_first:
        logging.getLogger().setLevel(logging.ERROR)  # one process says it for all
    stopping = SignalHandling()
    # runs from before it was a setting resume as they began
    precision = config["training"].get("matmul_precision", "highest")
    with stopping.listening(), multiplying(precision), Alone(is_first) as alone:
        if begun is not None:
            alone.hold(begun)
        data, learner = assemble(config, _begun(begun), try_export if is_first else None)
        try_batch(learner, data.training[0])
        if config["check"] and is_first:
            logger.info(overview(learner.model, data))
            if go_on is None or not go_on():
                return None
        # others than the first write nothing, and need no folder of their own
        folder = begun or trainings
        if is_first:
            folder = _folder(config, learner.model, data, begun, last)
            alone.hold(folder)
        logger.info("run: %s", folder)
        trainer = _make_trainer(folder, config, learner.model, asked_for, stopping)
        try:
            _fit_to_the_end(learner, data, trainer, folder, last)
        except KeyboardInterrupt:
            _leave_report(folder, config, trainer)
            raise
        _leave_report(folder, config, trainer)
    return folder if is_first else None


def _folder(
    config: dict[str, Any], model: Model, data: DataModule, begun: Path | None, last: Path | None
) -> Path:
    """The folder of the run that is resumed, or of a new one."""
    split = data.split_to_json()
    if begun is None:
        return create_run(Path(config["rundir"]), config, data.vocabularies, split)
    clear_partial(begun)
    if split["train"] and not read_split(begun)["train"]:  # sounds join what needed none
        note_sounds(begun, config, split)
    if last is not None and last != last_checkpoint(begun):
        put_in_place_of_last(begun, last)
    return begun


def _with_absolute_paths(config: dict[str, Any]) -> dict[str, Any]:
    """The configuration as it is read from another folder."""
    plugin = config["model"].get("plugin")
    if isinstance(plugin, str) and plugin.endswith((".yaml", ".yml")):  # a description of it
        file = str(Path(plugin).expanduser().absolute())
        config = {**config, "model": {**config["model"], "plugin": file}}
    if "dataset" not in config["data"]:  # nothing is read
        return config
    dataset = dict(config["data"]["dataset"])
    for name in ("root", "cache"):
        if dataset.get(name):
            dataset[name] = str(Path(dataset[name]).expanduser().absolute())
    return {**config, "data": {**config["data"], "dataset": dataset}}


def _begun(folder: Path | None) -> ResumedFrom | None:
    if folder is None:
        return None
    return ResumedFrom(read_vocabularies(folder), read_split(folder))


def _asked_for(training: dict[str, Any]) -> list[Callback]:
    """Monitoring and early stopping, if the settings name them."""
    check_ending(training)
    built = [build(training.get(name)) for name in ("monitoring", "early_stopping")]
    return [callback for callback in built if callback is not None]


def _make_trainer(
    folder: Path,
    config: dict[str, Any],
    model: Model,
    asked_for: list[Callback],
    stopping: SignalHandling,
) -> lightning.Trainer:
    callbacks: list[Callback] = [
        ProgressLine(),
        *asked_for,
        Recovery(),
        *checkpoint_callbacks(
            folder, config["training"]["keep_every_epochs"], model.tracked_metrics[0]
        ),
        stopping,
    ]
    return lightning.Trainer(
        default_root_dir=folder,
        logger=TensorBoardLogger(folder, name="", version="logs"),
        callbacks=callbacks,
        plugins=[WholeCheckpoints()],
        enable_progress_bar=False,
        enable_model_summary=False,
        log_every_n_steps=1,  # the learner says itself when it has something to log
        **config["trainer"],
        use_distributed_sampler=False,  # ours knows by itself which batches are whose
    )


def _fit_to_the_end(
    learner: Learner, data: DataModule, trainer: lightning.Trainer, folder: Path, last: Path | None
) -> None:
    """Trains, and the first process notes how it ended."""
    state = "failed"
    try:
        if trainer.is_global_zero:
            (folder / "state.json").unlink(missing_ok=True)
        _fit(learner, data, trainer, folder, last)
        _check_kept(trainer, folder)
        state = "finished"
        if trainer.is_global_zero:
            remark_on_best(trainer, folder, learner.model.tracked_metrics[0])
    except KeyboardInterrupt:
        state = "stopped"
        raise
    finally:
        if trainer.is_global_zero:
            with suppress(OSError):  # of a full disk, which is reported already
                note_state(folder, state)


def _fit(
    learner: Learner, data: DataModule, trainer: lightning.Trainer, folder: Path, last: Path | None
) -> None:
    """Trains, from `last` on if there is one; errors say what is saved."""
    try:
        with writers_raise_here():
            trainer.fit(learner, data, ckpt_path=last, weights_only=True)
    except SystemExit as stop:  # what Lightning makes of Ctrl-C
        said = f"stopped at step {trainer.global_step}; {saved_step(folder)}"
        raise KeyboardInterrupt(said) from stop
    except DamagedCheckpointError:
        raise
    except (OSError, ValueError) as error:
        full = error_of_disk(error)
        if full is None:
            raise
        place = f": {full.filename}" if full.filename else ""
        raise OSError(
            f"the training ended at step {trainer.global_step}, {full.strerror or full}{place}; "
            f"{saved_step(folder)}"
        ) from error
    except FloatingPointError as error:
        raise FloatingPointError(f"{error}; {saved_step(folder)}") from error
    except RuntimeError as error:
        if not is_full(error):
            raise
        raise OSError(
            f"the training ended at step {trainer.global_step}, shared memory is full: "
            f"{what_is_full()}; {saved_step(folder)}"
        ) from error


def _check_kept(trainer: lightning.Trainer, folder: Path) -> None:
    """Refuses a training that saved nothing."""
    if trainer.is_global_zero and not last_checkpoint(folder).is_file():
        raise ValueError(
            f"the training ended at step {trainer.global_step} and saved nothing in {folder}: give "
            "it more steps or more time (trainer.max_steps, trainer.max_time), or see above why "
            "its weights were not worth keeping"
        )


def _try_trainer(settings: dict[str, Any]) -> bool:
    """Lightning's own checks, before anything else is done; whether this is the first process."""
    try:
        trainer = lightning.Trainer(logger=False, enable_checkpointing=False, **settings)
        return trainer.is_global_zero
    except NOT_TAKEN as error:
        raise ValueError(f"trainer.* does not suit Lightning's Trainer: {error}") from error


def _leave_report(folder: Path, config: dict[str, Any], trainer: lightning.Trainer) -> None:
    if config.get("report", True) and trainer.is_global_zero:
        write_report_safely(folder)


def _quiet_lightning() -> None:
    """Leaves its warnings, not its advertisements."""
    for name in ("pytorch_lightning", "lightning_fabric", "lightning"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("pytorch_lightning.profilers").setLevel(logging.INFO)  # if one is asked for
    warnings.filterwarnings("ignore", message=".*does not have many workers.*")
    warnings.filterwarnings("ignore", message=".*GPU available but not used.*")
    warnings.filterwarnings("ignore", message=".*exists and is not empty.*")
    warnings.filterwarnings("ignore", message=".*LeafSpec.*")  # between Lightning and torch
    # batches have numbers: ours resume in the middle of an epoch
    warnings.filterwarnings("ignore", message=".*dataloader is not resumable.*")
    # the end of an epoch is repeated as a training resumes
    warnings.filterwarnings("ignore", message=".*could not find the monitored key.*")
