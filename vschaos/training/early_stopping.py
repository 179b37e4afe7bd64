"""Early stopping, and the warmup-stable-decay schedule that it ends with."""

from __future__ import annotations

import itertools
import logging
import math
from collections.abc import Mapping
from statistics import fmean, median
from typing import Any

from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback, Timer
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from vschaos.training.learner import LOG_EVERY_STEPS, VALIDATION, Learner

NAME_OF_SCHEDULE = "vschaos.training.early_stopping.WarmupStableDecay"
MEDIAN_STEP = 0.954  # median absolute difference of two normal values of unit deviation
logger = logging.getLogger(__name__)


class WarmupStableDecay(LRScheduler):
    """Warmup-stable-decay: a linear warmup, a constant rate, and a decay to 0 in the last steps.

    If the end is unknown, `begin_to_end` starts the decay, by the square root of the steps
    (Haegele et al. 2024): fast at first, with a long slow end.

    Args:
        optimizer: with the highest rates.
        warmup_steps: of the linear warmup.
        total_steps: at most; -1 if unknown.
        down_share: share of all steps in the decay, 0 to 1.

    Attributes:
        down_from, ends_at: steps; infinite until they are known.
    """

    def __init__(
        self, optimizer: Optimizer, warmup_steps: int, total_steps: int, down_share: float = 0.2
    ) -> None:
        if not 0.0 < down_share < 1.0:
            raise ValueError(
                f"training.schedule.down_share must lie between 0 and 1, got {down_share}"
            )
        self.warmup_steps = warmup_steps
        self.down_share = down_share
        self.is_early = False
        self.ends_at = float(total_steps) if total_steps > 0 else math.inf
        self.down_from = self.ends_at * (1.0 - down_share)
        super().__init__(optimizer)

    def begin_to_end(self) -> None:
        """Starts the decay, unless it has begun."""
        if not self.is_falling:
            self.is_early = True
            self.down_from = float(self.last_epoch)  # torch calls its steps epochs
            self.ends_at = math.ceil(self.down_from / (1.0 - self.down_share))

    @property
    def is_falling(self) -> bool:
        return self.last_epoch >= self.down_from

    def get_lr(self) -> list[float | Tensor]:
        step = self.last_epoch
        share = min(1.0, (step + 1) / max(self.warmup_steps, 1))
        if self.is_falling:
            gone = (step - self.down_from) / max(self.ends_at - self.down_from, 1e-9)
            share *= 1.0 - math.sqrt(min(1.0, gone))
        return [rate * share for rate in self.base_lrs]

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Resumes; an end that comes from the settings is that of the present ones."""
        of_the_settings = () if state_dict.get("is_early") else ("ends_at", "down_from")
        super().load_state_dict({k: v for k, v in state_dict.items() if k not in of_the_settings})


class EarlyStopping(Callback):
    """Ends a training when its first tracked metric improves no more, or its time is nearly up.

    The rate then decays (`WarmupStableDecay`), and the training ends with it: the decay brings most
    of its gain at any step. With `trainer.max_time` the decay takes the last share of that time.

    The gain is the difference of two means, of the last validations and of as many before them. Few
    held-out sounds make it uncertain; how much, tell the differences from one validation to the
    next. As long as the least gain lies within that uncertainty, the training goes on.

    Args:
        patience: validations (one each epoch) of each mean.
        min_gain: by which the metric must improve from one mean to the other, in its unit.
    """

    def __init__(self, patience: int = 3, min_gain: float = 0.1) -> None:
        if patience < 1 or min_gain < 0.0:
            raise ValueError(
                "training.early_stopping.patience must be at least 1 and min_gain at least 0, "
                f"got {patience} and {min_gain}"
            )
        self.patience = patience
        self.min_gain = min_gain
        self.values: list[float] = []
        self.has_doubted = False

    def state_dict(self) -> dict[str, Any]:
        return {"values": self.values}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.values = state_dict["values"]

    def on_train_start(self, trainer: Trainer, learner: LightningModule) -> None:
        self._stop_at_the_end(trainer)  # a resumed one may be there

    def on_train_batch_end(self, trainer: Trainer, learner: LightningModule, *_: object) -> None:
        schedule = _own(trainer)
        if trainer.global_step % LOG_EVERY_STEPS == 0 and not schedule.is_falling:
            is_time = _share_of_time(trainer) >= 1.0 - schedule.down_share
            # all processes end at the same step
            if trainer.strategy.reduce_boolean_decision(is_time, all=False):
                self._begin_to_end(trainer, "the time is nearly up")
        self._stop_at_the_end(trainer)

    def on_validation_end(self, trainer: Trainer, learner: LightningModule) -> None:
        # not at the end of each epoch, which may be without a validation
        assert isinstance(learner, Learner)
        metric = learner.model.tracked_metrics[0]
        value = trainer.callback_metrics.get(f"{VALIDATION}{metric.key}")
        is_over = not trainer.lr_scheduler_configs or _own(trainer).is_falling
        if trainer.sanity_checking or is_over or value is None:
            return
        self.values.append(float(value) if metric.lower_is_better else -float(value))
        unit = f"{' ' if metric.unit else ''}{metric.unit}"
        if self.has_levelled_off:
            gain = f"{self.min_gain:g}{unit}"
            reason = f"{metric.label} improved by less than {gain} in {self.patience} validations"
            self._begin_to_end(trainer, reason)
        elif self.gain < self.min_gain and not self.has_doubted:
            self.has_doubted = True
            logger.info(
                "step %d: %s no longer improves clearly, but its means are uncertain by %.2g%s: "
                "with so few held-out sounds the training goes on",
                trainer.global_step,
                metric.label,
                self.uncertainty,
                unit,
            )

    @property
    def gain(self) -> float:
        """How far the mean of the last validations is below that of as many before; infinite as
        long as there are too few."""
        before, lately = self._lately[: self.patience], self._lately[self.patience :]
        return fmean(before) - fmean(lately) if len(lately) == self.patience else math.inf

    @property
    def uncertainty(self) -> float:
        """Standard deviation of `gain`, were all differences chance."""
        steps = [abs(after - before) for before, after in itertools.pairwise(self._lately)]
        return median(steps) / MEDIAN_STEP * math.sqrt(2.0 / self.patience)

    @property
    def has_levelled_off(self) -> bool:
        return self.gain < math.inf and self.gain + self.uncertainty < self.min_gain

    @property
    def _lately(self) -> list[float]:
        return self.values[-2 * self.patience :]

    def _begin_to_end(self, trainer: Trainer, reason: str) -> None:
        schedule = _own(trainer)
        schedule.begin_to_end()
        logger.info(
            "step %d: %s; the training ends at step %d",
            trainer.global_step,
            reason,
            schedule.ends_at,
        )

    def _stop_at_the_end(self, trainer: Trainer) -> None:
        if trainer.global_step >= _own(trainer).ends_at:
            trainer.should_stop = True


def check_ending(training: Mapping[str, Any]) -> None:
    """Checks that early stopping has the schedule that it needs.

    Raises:
        ValueError: another schedule.
    """
    schedule = training["schedule"].get("_target_")
    if training.get("early_stopping") is not None and schedule != NAME_OF_SCHEDULE:
        raise ValueError(
            "training.early_stopping decays the rate itself: training.schedule._target_ must be "
            f"{NAME_OF_SCHEDULE}, got {schedule}; length=quick sets both"
        )


def schedule_of(trainer: Trainer) -> WarmupStableDecay | None:
    """The schedule of a training with early stopping, or none."""
    for config in trainer.lr_scheduler_configs:
        if isinstance(config.scheduler, WarmupStableDecay):
            return config.scheduler
    return None


def _own(trainer: Trainer) -> WarmupStableDecay:
    schedule = schedule_of(trainer)
    assert schedule is not None  # see check_ending
    return schedule


def timer_of(trainer: Trainer) -> Timer | None:
    """Lightning's timer of a training with `trainer.max_time`."""
    callbacks: list[Callback] = trainer.callbacks  # type: ignore[attr-defined]
    return next((callback for callback in callbacks if isinstance(callback, Timer)), None)


def _share_of_time(trainer: Trainer) -> float:
    """Elapsed share of `trainer.max_time`; 0 without a limit."""
    timer = timer_of(trainer)
    left = timer.time_remaining() if timer else None
    if timer is None or left is None:
        return 0.0
    gone = timer.time_elapsed()
    return gone / max(gone + left, 1e-9)
