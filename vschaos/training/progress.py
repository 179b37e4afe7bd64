"""One line on the terminal while a training runs."""

from __future__ import annotations

import time

from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback

from vschaos.progress import Progress
from vschaos.training.early_stopping import schedule_of, timer_of
from vschaos.training.learner import LOG_EVERY_STEPS, VALIDATION, Learner

LINE = (
    "training {percentage:3.0f} %|{bar:16}| {n_fmt}/{total_fmt} steps, {rate_noinv_fmt}, "
    "{remaining} left{postfix}"
)
OPEN_LINE = LINE.replace("left", "left at most")
ENDLESS_LINE = "training, {n_fmt} steps, {rate_noinv_fmt}, {elapsed} so far{postfix}"


class ProgressLine(Callback):
    """Steps, speed, time left, the loss, and the metrics of validation sounds.

    Where a time limit ends the training before its steps do, the steps to come are those that the
    time left has room for; where it may end by itself, they are the most that there can be.
    """

    def __init__(self) -> None:
        self._bar: Progress | None = None
        self._started = 0.0
        self._first_step = 0

    def on_train_start(self, trainer: Trainer, learner: LightningModule) -> None:
        if not trainer.is_global_zero:
            return
        self._started = time.monotonic()
        self._first_step = trainer.global_step
        self._bar = Progress(
            unit=" steps",
            bar_format=LINE if trainer.max_steps > 0 else ENDLESS_LINE,
            smoothing=0.1,
            total=trainer.max_steps if trainer.max_steps > 0 else None,
            initial=trainer.global_step,
            leave=True,
        )

    def on_train_batch_end(self, trainer: Trainer, learner: LightningModule, *_: object) -> None:
        if self._bar is None or trainer.global_step % LOG_EVERY_STEPS:
            return
        self._bar.total = self._expected_steps(trainer)
        self._bar.bar_format = _form(trainer, self._bar.total)
        self._bar.set_postfix_str(_numbers(trainer, learner), refresh=False)
        self._bar.update(trainer.global_step - self._bar.n)

    def teardown(self, trainer: Trainer, learner: LightningModule, stage: str) -> None:
        """Ends the line: the steps taken are all."""
        is_endless = self._bar is None or not self._bar.total
        self._close(trainer, learner, None if is_endless else trainer.global_step)

    def on_exception(
        self, trainer: Trainer, learner: LightningModule, exception: BaseException
    ) -> None:
        self._close(trainer, learner, self._expected_steps(trainer))

    def _close(self, trainer: Trainer, learner: LightningModule, total: int | None) -> None:
        if self._bar is None:
            return
        self._bar.total = total
        self._bar.bar_format = LINE if total else ENDLESS_LINE
        self._bar.set_postfix_str(_numbers(trainer, learner), refresh=False)
        self._bar.n = trainer.global_step
        self._bar.close()
        self._bar = None

    def _expected_steps(self, trainer: Trainer) -> int | None:
        schedule = schedule_of(trainer)
        steps = trainer.max_steps if trainer.max_steps > 0 else None
        if schedule is not None and schedule.is_falling:
            steps = int(schedule.ends_at)
        timer = timer_of(trainer)
        left = timer.time_remaining() if timer else None
        if left is not None:
            speed = (trainer.global_step - self._first_step) / (time.monotonic() - self._started)
            by_time = trainer.global_step + int(left * speed)
            steps = by_time if steps is None else min(steps, by_time)
        return steps


def _form(trainer: Trainer, total: float | None) -> str:
    if not total:
        return ENDLESS_LINE
    schedule = schedule_of(trainer)
    return OPEN_LINE if schedule is not None and not schedule.is_falling else LINE


def _numbers(trainer: Trainer, learner: LightningModule) -> str:
    values = trainer.callback_metrics
    shown = [f"loss {float(values['train/total']):.2f}"] if "train/total" in values else []
    assert isinstance(learner, Learner)
    validation = [
        metric.text(float(values[f"{VALIDATION}{metric.key}"]))
        for metric in learner.model.tracked_metrics
        if f"{VALIDATION}{metric.key}" in values
    ]
    if validation:
        shown.append(f"validation: {', '.join(validation)}")
    return ", ".join(shown)
