"""Recovery: returns to earlier weights with a lower rate when a training diverges."""

from __future__ import annotations

import copy
import logging
from typing import Any

from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback

from vschaos.training.learner import Learner
from vschaos.training.non_finite import NonFiniteGuard

MOST_TIMES = 2
RATE_SHARE = 0.25  # of the learning rate that is left each time
ADVICE = (
    "try a lower training.optimizer.lr, and look at the sounds: "
    "vschaos check lists those that are broken"
)
logger = logging.getLogger(__name__)


class Recovery(Callback):
    """Keeps the weights of the last sound epoch, as its checkpoint does, and returns to them with a
    lower rate when steps fail.

    The step count continues: the batches differ, and the training keeps its length.
    """

    def __init__(self) -> None:
        self._step = 0
        self._kept: dict[str, Any] = {}

    def on_train_start(self, trainer: Trainer, learner: LightningModule) -> None:
        self._keep(trainer, learner)

    def on_train_batch_end(self, trainer: Trainer, learner: LightningModule, *_: object) -> None:
        guard = _guard(learner)
        step, failure = trainer.global_step - 1, guard.failure
        if failure is None:
            return
        if guard.went_back >= MOST_TIMES:
            raise FloatingPointError(
                f"step {step}: {failure}, though the training went back {MOST_TIMES} times and "
                f"lowered its rate: {ADVICE}"
            )
        self._go_back(trainer, learner)
        guard.go_back()
        logger.warning(
            "step %d: %s; back to the weights of step %d, with %g of the learning rate",
            step,
            failure,
            self._step,
            RATE_SHARE,
        )

    def on_train_epoch_end(self, trainer: Trainer, learner: LightningModule) -> None:
        if _guard(learner).is_sound:
            self._keep(trainer, learner)

    def on_train_end(self, trainer: Trainer, learner: LightningModule) -> None:
        guard = _guard(learner)
        if guard.left_out:
            logger.warning(
                "%d of %d steps were left out: %s; %s",
                guard.left_out,
                trainer.global_step,
                guard.fault,
                ADVICE,
            )
        if not guard.is_sound:
            logger.warning(
                "the end was not saved: %s, for the last %d steps; the last checkpoint is that of "
                "step %d; %s",
                guard.fault,
                guard.far_in_a_row,
                self._step,
                ADVICE,
            )

    def _keep(self, trainer: Trainer, learner: LightningModule) -> None:
        self._step = trainer.global_step
        self._kept = copy.deepcopy(
            {"model": learner.state_dict(), "optimizer": trainer.optimizers[0].state_dict()}
        )

    def _go_back(self, trainer: Trainer, learner: LightningModule) -> None:
        optimizer = trainer.optimizers[0]
        rates = [group["lr"] for group in optimizer.param_groups]
        learner.load_state_dict(self._kept["model"])
        optimizer.load_state_dict(copy.deepcopy(self._kept["optimizer"]))
        schedule: Any = trainer.lr_scheduler_configs[0].scheduler
        schedule.base_lrs = [rate * RATE_SHARE for rate in schedule.base_lrs]
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * RATE_SHARE


def _guard(learner: LightningModule) -> NonFiniteGuard:
    assert isinstance(learner, Learner)
    return learner.non_finite_guard
