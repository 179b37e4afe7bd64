"""Monitors a training in TensorBoard, and reports findings at its end."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

import pytorch_lightning as lightning
import torch
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.loggers import TensorBoardLogger
from torch import nn
from torch.optim import Optimizer

from vschaos.data.datamodule import DataModule
from vschaos.models.base import Model
from vschaos.training.learner import LOG_EVERY_STEPS, Learner
from vschaos.training.monitoring import shows
from vschaos.training.monitoring.budget import Budget
from vschaos.training.monitoring.findings import find
from vschaos.training.monitoring.material import Material
from vschaos.training.monitoring.shows import Snapshot

SHOWS: Mapping[str, Callable[[Snapshot], None]] = {
    "activity": shows.show_activity,
    "reconstructions": shows.show_reconstructions,
    "latents": shows.show_latents,
    "sweeps": shows.show_sweeps,
    "trajectories": shows.show_trajectories,
    "prior": shows.show_prior,
}
EACH_EPOCH = ("activity",)  # next to nothing beside the validation itself
# by priority: later ones are left out first
AT_TIMES = ("reconstructions", "latents", "sweeps", "trajectories", "prior")
logger = logging.getLogger(__name__)


class Monitoring(Callback):
    """Logs numbers, pictures and sounds of a training.

    Pictures and sounds follow 1, 2, 4, 8, ... epochs and the end: their number grows with the
    logarithm of the training's length only. Those that exceed the share of time are left out,
    except at the end. Monitoring does not change the training: the state of the random generators
    is restored.

    Args:
        share: greatest share of the training's time to spend, 0 to 1.
        num_sounds: validation sounds to reconstruct.
        seconds: of each of them, and of generated ones.
    """

    def __init__(self, share: float = 0.04, num_sounds: int = 3, seconds: float = 1.5) -> None:
        if num_sounds < 1 or seconds <= 0.0:
            raise ValueError(
                "training.monitoring.num_sounds must be at least 1 and seconds more than 0, got "
                f"{num_sounds} and {seconds}"
            )
        self.num_sounds = num_sounds
        self.seconds = seconds
        self.budget = Budget(share)
        self._material: Material | None = None
        self._shown: dict[str, int] = {}  # step of the last time, by name
        self._failed = False

    def on_train_start(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        self.budget.begin()

    def on_before_optimizer_step(
        self,
        trainer: lightning.Trainer,
        module: lightning.LightningModule,
        optimizer: Optimizer,
    ) -> None:
        """Before gradients are clipped."""
        if trainer.global_step % LOG_EVERY_STEPS or not isinstance(
            trainer.logger, TensorBoardLogger
        ):
            return
        gradients = [p.grad for p in module.parameters() if p.grad is not None]
        numbers = {
            "training/gradient_norm": float(nn.utils.get_total_norm(gradients)),
            "training/learning_rate": float(optimizer.param_groups[0]["lr"]),
        }
        trainer.logger.log_metrics(numbers, trainer.global_step)

    def on_train_epoch_end(
        self, trainer: lightning.Trainer, module: lightning.LightningModule
    ) -> None:
        epochs = trainer.current_epoch + 1
        is_time = epochs & (epochs - 1) == 0  # 1, 2, 4, 8, ...
        with self._snapshot(trainer, module) as snapshot:
            if snapshot is None:
                return
            self._show(snapshot, EACH_EPOCH)
            for name in AT_TIMES if is_time else ():
                if self.budget.allows(name):
                    self._show(snapshot, [name])

    def on_train_end(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        with self._snapshot(trainer, module) as snapshot:
            if snapshot is None:
                return
            self._show(snapshot, [*EACH_EPOCH, *AT_TIMES])
            with self.budget.spending():
                self._report(snapshot)
            snapshot.writer.add_scalar(
                "training/monitoring_share", self.budget.share, snapshot.step
            )

    def _show(self, snapshot: Snapshot, names: Iterable[str]) -> None:
        """Shows those that were not shown at this step yet."""
        for name in names:
            if self._shown.get(name) != snapshot.step:
                with self.budget.spending(name):
                    SHOWS[name](snapshot)
                self._shown[name] = snapshot.step

    def _report(self, snapshot: Snapshot) -> None:
        findings = find(snapshot.model, snapshot.material)
        for finding in findings:
            logger.log(finding.level, "%s", finding.text)
        if findings:
            text = "\n\n".join(finding.text for finding in findings)
            snapshot.writer.add_text("findings", text, snapshot.step)

    @contextmanager
    def _snapshot(
        self, trainer: lightning.Trainer, module: lightning.LightningModule
    ) -> Iterator[Snapshot | None]:
        """The model as it is now; none in processes of a training other than the first."""
        is_first = trainer.is_global_zero
        if self._failed or not is_first or not isinstance(trainer.logger, TensorBoardLogger):
            yield None
            return
        assert isinstance(module, Learner)
        try:
            with evaluating(module.evaluated, module.device):
                material = self._find_material(trainer, module)
                writer = trainer.logger.experiment
                yield Snapshot(
                    writer, trainer.global_step, module.evaluated, material, self.seconds
                )
        except Exception as error:  # of any kind: a training is worth more than its pictures
            self._failed = True
            logger.warning("monitoring failed and is off from now on: %r", error)
            logger.debug("traceback:", exc_info=True)

    def _find_material(self, trainer: lightning.Trainer, module: Learner) -> Material:
        if self._material is None:
            data = trainer.datamodule  # type: ignore[attr-defined]
            assert isinstance(data, DataModule)
            with self.budget.spending():
                import vschaos.pictures  # noqa: F401  slow to load; counted apart from any picture

                self._material = Material(
                    data.validation, module.evaluated, self.num_sounds, self.seconds, module.device
                )
        return self._material


@contextmanager
def evaluating(model: Model, device: torch.device) -> Iterator[None]:
    """Evaluation mode without gradients; afterwards the model's mode and the state of the random
    generators are restored."""
    was_training = model.training
    model.eval()
    devices = [device] if device.type == "cuda" else []
    try:
        with torch.no_grad(), torch.random.fork_rng(devices):
            torch.manual_seed(0)
            yield
    finally:
        model.train(was_training)
