"""Checkpoints, written whole or not at all."""

from __future__ import annotations

import io
import logging
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from lightning_fabric.plugins import TorchCheckpointIO
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback, ModelCheckpoint

from vschaos.files import written_whole
from vschaos.models.base import Metric
from vschaos.training.learner import VALIDATION, Learner

LAST, BEST = "last.ckpt", "best.ckpt"
MUCH = 1.15  # times the best error: less is chance
logger = logging.getLogger(__name__)


class DamagedCheckpointError(ValueError):
    """A checkpoint that cannot be read."""


class WholeCheckpoints(TorchCheckpointIO):
    """Writes a checkpoint beside the one it replaces, and swaps them once it is on the disk.

    Lightning's own goes by way of the system's temporary folder, often another disk, from which a
    file is not moved at once.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: object = None
    ) -> None:
        # torch's writer, at a full disk, does not say that it is full: Python's does
        content = io.BytesIO()
        torch.save(checkpoint, content)
        with written_whole(Path(path), is_durable=True) as partial:
            partial.write_bytes(content.getbuffer())

    def load_checkpoint(
        self,
        path: str | Path,
        map_location: Callable[..., Any] | None = None,
        weights_only: bool | None = True,
    ) -> dict[str, Any]:
        return _load(Path(path))


class EpochCheckpoint(ModelCheckpoint):
    """Saves a checkpoint after each epoch of a sound training."""

    @property
    def state_key(self) -> str:
        """By name: Lightning's key is the same for two that differ in nothing else."""
        return f"checkpoint {self.filename}"

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Resumes with the best so far, also if the folder of the run was moved.

        Of the paths that a checkpoint holds only the files' names are taken: Lightning deletes what
        they name.
        """
        folder = Path(str(self.dirpath))

        def here(path: object) -> str:
            return str(folder / Path(str(path)).name) if path else ""

        moved = {**state_dict, "dirpath": self.dirpath}
        for name in ("best_model_path", "kth_best_model_path", "last_model_path"):
            moved[name] = here(moved.get(name))
        best = moved.get("best_k_models") or {}
        moved["best_k_models"] = {here(path): score for path, score in best.items()}
        super().load_state_dict(moved)

    def on_train_epoch_end(self, trainer: Trainer, learner: LightningModule) -> None:
        if not isinstance(learner, Learner) or learner.non_finite_guard.is_sound:
            super().on_train_epoch_end(trainer, learner)


def checkpoint_callbacks(folder: Path, keep_every_epochs: int, metric: Metric) -> list[Callback]:
    """Those of a run: the best by a metric, some that stay, and the last."""
    # in this order: what the last holds of the best is what was the best then
    return [
        _checkpoint(folder, BEST.removesuffix(".ckpt"), save_top_k=1, metric=metric),
        _checkpoint(folder, "epoch_{epoch}", save_top_k=-1, every_n_epochs=keep_every_epochs),
        _checkpoint(folder, "last", save_top_k=1),
    ]


def _checkpoint(
    folder: Path,
    name: str,
    save_top_k: int,
    metric: Metric | None = None,
    every_n_epochs: int = 1,
) -> ModelCheckpoint:
    return EpochCheckpoint(
        folder / "checkpoints",
        filename=name,
        monitor=None if metric is None else f"{VALIDATION}{metric.key}",
        mode="min" if metric is None or metric.lower_is_better else "max",
        save_top_k=save_top_k,
        every_n_epochs=every_n_epochs,
        save_on_train_epoch_end=True,  # after the validation, when the epoch is whole
        auto_insert_metric_name=False,
        enable_version_counter=False,
    )


def last_checkpoint(folder: Path) -> Path:
    return folder / "checkpoints" / LAST


def remark_on_best(trainer: Trainer, folder: Path, metric: Metric) -> None:
    """Says so if the held-out sounds were much nearer before the end of a training."""
    key = f"{VALIDATION}{metric.key}"
    saved = [
        one.best_model_score
        for one in trainer.checkpoint_callbacks
        if isinstance(one, ModelCheckpoint) and one.monitor == key
    ]
    best, last = (float(x or 0.0) for x in (*saved, trainer.callback_metrics.get(key)))
    if min(best, last) <= 0.0:  # not measured
        return
    worse = last / best if metric.lower_is_better else best / last
    if not worse >= MUCH:  # nor NaN
        return
    file = folder / "checkpoints" / BEST
    logger.warning(
        "held-out sounds were nearer after %d steps (%s) than at the end (%s): what was learnt "
        "since does not hold for them. To take the weights of then, name %s in place of the run",
        _load(file)["global_step"],
        metric.text(best),
        metric.text(last),
        file,
    )


def checkpoint_to_resume(folder: Path) -> Path | None:
    """The last one; the furthest of the others if the training was killed before the last was first
    written; None if nothing is saved yet, and the run begins again.

    Raises:
        DamagedCheckpointError: one of these others cannot be read.
    """
    last = last_checkpoint(folder)
    if last.is_file():
        return last
    others = last.parent.glob("*.ckpt")
    return max(others, key=lambda file: int(_load(file)["global_step"]), default=None)


def put_in_place_of_last(folder: Path, file: Path) -> None:
    """Copies the checkpoint of a resumed training to the last one: at its end none is written."""
    with written_whole(last_checkpoint(folder), is_durable=True) as partial:
        shutil.copyfile(file, partial)


def saved_step(folder: Path) -> str:
    """Half a sentence on the checkpoint that a training can resume from."""
    last = last_checkpoint(folder)
    if not last.is_file():
        return f"nothing is saved yet in {folder}, resume=true begins it again"
    try:
        return f"{last} holds step {_load(last)['global_step']}, resume=true continues from there"
    except DamagedCheckpointError as error:
        return str(error)


def _load(file: Path) -> dict[str, Any]:
    try:
        return torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises whatever a damaged file makes it raise
        raise DamagedCheckpointError(
            f"{file} is damaged ({type(error).__name__}): to resume from another checkpoint, copy "
            "it over this one"
        ) from error


def error_of_disk(error: BaseException) -> OSError | None:
    """The failure of a write that caused an error, if one did: Lightning's logger reports it as a
    value that cannot be drawn."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__cause__
    return cause


@contextmanager
def writers_raise_here() -> Iterator[None]:
    """Silences failed writes in the threads of TensorBoard: the next call that writes raises
    them."""
    before = threading.excepthook

    def raised_elsewhere(failure: threading.ExceptHookArgs) -> None:
        if not isinstance(failure.exc_value, OSError):
            before(failure)

    threading.excepthook = raised_elsewhere
    try:
        yield
    finally:
        threading.excepthook = before
