"""The learner: trains any model by its weighted losses."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytorch_lightning as lightning
import torch
from pytorch_lightning.utilities.types import (
    LRSchedulerConfigType,
    OptimizerLRSchedulerConfig,
)
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler
from torch.optim.swa_utils import AveragedModel

from vschaos.batch import Batch
from vschaos.data.datamodule import batch_number
from vschaos.models.base import Model
from vschaos.models.capabilities import LatentStatistics
from vschaos.training.ema import WeightAveraging
from vschaos.training.non_finite import NonFiniteGuard

LOG_EVERY_STEPS = 50
VALIDATION = "val/"
SEEDS_APART = 1 << 32  # more than a training has batches
logger = logging.getLogger(__name__)


class LossWeight:
    """The weight of a loss, with a linear warmup from 0.

    Args:
        weight: after the warmup.
        warmup_steps: 0 for none.
    """

    def __init__(self, weight: float, warmup_steps: int = 0) -> None:
        self.weight = weight
        self.warmup_steps = warmup_steps

    def at(self, step: int) -> float:
        return self.weight * min(1.0, (step + 1) / max(self.warmup_steps, 1))


class Learner(lightning.LightningModule):
    """Trains a model of any family.

    Logs each loss unweighted under its own name (`train/kl`), the weighted sum as `train/total`,
    weights with a warmup as `weight/kl`, and the metrics of validation sounds as `val/...`.

    A step whose loss or gradient is not finite is skipped: weights, statistics and optimiser stay
    as they were; `non_finite_guard` counts them.

    Args:
        model: of any family.
        weights: by these names; losses without one weigh 1.
        optimizer: takes the parameters.
        schedule: takes the optimiser, and gives its learning rate step by step.
        seed: of the random numbers of each batch, the same in a resumed training.
        ema: of the weights, or none; it is evaluated, and saved beside them.
    """

    def __init__(
        self,
        model: Model,
        weights: Mapping[str, LossWeight],
        optimizer: Callable[[Iterable[torch.nn.Parameter]], Optimizer],
        schedule: Callable[[Optimizer], LRScheduler],
        seed: int,
        ema: WeightAveraging | None = None,
    ) -> None:
        super().__init__()
        self.model = model
        self.averaged: AveragedModel | None = None
        if ema is not None and ema.decay > 0.0:
            self.averaged = ema.averaged(model)
        self.weights = weights
        self.make_optimizer = optimizer
        self.make_schedule = schedule
        self.seed = seed
        self.non_finite_guard = NonFiniteGuard()
        self._statistics: list[Tensor] = []
        self._statistics_before: list[Tensor] = []
        self._losses: dict[str, Tensor] = {}
        self._total = torch.zeros(())

    @property
    def evaluated(self) -> Model:
        """The model to evaluate and play: the EMA if there is one."""
        if self.averaged is None:
            return self.model
        assert isinstance(self.averaged.module, Model)
        return self.averaged.module

    def optimizer_step(self, *arguments: Any, **settings: Any) -> None:
        super().optimizer_step(*arguments, **settings)
        if self.averaged is not None:
            self.averaged.update_parameters(self.model)

    def on_train_start(self) -> None:
        kept = self.model.state_dict(keep_vars=True).values()
        self._statistics = [value for value in kept if not isinstance(value, torch.nn.Parameter)]
        self._statistics_before = [value.clone() for value in self._statistics]

    def training_step(self, batch: Batch, batch_index: int) -> Tensor:
        torch.manual_seed(self.seed * SEEDS_APART + batch_number(self.trainer, batch_index))
        if batch_index % self.trainer.accumulate_grad_batches == 0:
            _copy(self._statistics, self._statistics_before)
        total, losses = self.weighted(batch)
        self._total = total.detach()
        self._losses = {name: loss.detach() for name, loss in losses.items()}
        if self.global_step % LOG_EVERY_STEPS == 0:
            self.log("train/total", total.detach(), prog_bar=True, logger=False)
            self._write({**losses, "total": total})
        return total

    def weighted(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The weighted sum of the losses, and each of them.

        Raises:
            ValueError: a weight names no loss of the model.
        """
        losses = self.model.losses(batch)
        if not self.weights.keys() <= losses.keys():
            raise ValueError(
                f"training.weights must name losses of the model, {sorted(losses)}; "
                f"got {sorted(self.weights)}"
            )
        total = torch.zeros((), device=batch.audio.device)
        for name, loss in losses.items():
            total = total + self._weight(name) * loss
        return total, losses

    def configure_gradient_clipping(
        self,
        optimizer: Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Clips the gradient, or clears it where it is not finite, which skips the step."""
        norm = self._clip(optimizer, gradient_clip_val, gradient_clip_algorithm)
        total = self._of_all(self._total)  # so all processes judge alike, and go back together
        loss, norm_now = torch.stack([total, norm]).tolist()  # at once: a GPU is waited for
        if not self.non_finite_guard.passes(self.global_step, loss, norm_now, self._losses):
            optimizer.zero_grad()
            _copy(self._statistics_before, self._statistics)

    def _of_all(self, value: Tensor) -> Tensor:
        """The mean over the processes that train together."""
        if self.trainer.world_size == 1:
            return value
        mean = self.trainer.strategy.reduce(value.clone(), reduce_op="mean")
        assert isinstance(mean, Tensor)
        return mean

    def _clip(self, optimizer: Optimizer, value: float | None, algorithm: str | None) -> Tensor:
        """The norm of the gradient before it is clipped."""
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        if value and algorithm != "value":
            return torch.nn.utils.clip_grad_norm_(parameters, value)
        norm = torch.nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None])
        if value:  # Lightning's own refuses fused optimisers, whose gradients it may have scaled
            torch.nn.utils.clip_grad_value_(parameters, value)
        return norm

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        # the checkpoint holds the model's own tensors: ordered, any of them can be played
        for model in (self.model, self.evaluated):
            if isinstance(model, LatentStatistics):
                model.order_latents()
        if isinstance(self.evaluated, LatentStatistics):
            checkpoint["importance"] = self.evaluated.importance()
        checkpoint["faults"] = self.non_finite_guard.state_dict()
        checkpoint["threads"] = torch.get_num_threads()
        checkpoint["tracked_metrics"] = [m._asdict() for m in self.model.tracked_metrics]
        checkpoint["metrics"] = {  # of these weights, for lists of runs
            name.removeprefix(VALIDATION): float(value)
            for name, value in self.trainer.callback_metrics.items()
            if name.startswith(VALIDATION)
        }

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.non_finite_guard = NonFiniteGuard(**checkpoint.get("faults", {}))
        threads = torch.get_num_threads()
        before = checkpoint.get("threads", threads)
        if before != threads and self.trainer.strategy.root_device.type == "cpu":
            logger.warning(
                "%d threads now, %s before: the training resumes, but to the bit only with "
                "OMP_NUM_THREADS=%s",
                threads,
                before,
                before,
            )

    def _write(self, losses: Mapping[str, Tensor]) -> None:
        """To the logs, directly: Lightning would write the same numbers again at each step."""
        numbers = {
            f"train/{name}": float(self._of_all(loss.detach())) for name, loss in losses.items()
        }
        for name, weight in self.weights.items():
            if weight.warmup_steps:
                numbers[f"weight/{name}"] = weight.at(self.global_step)
        if self.non_finite_guard.left_out:
            numbers["train/steps_left_out"] = self.non_finite_guard.left_out
        if self.logger is not None:
            self.logger.log_metrics(numbers, self.global_step)

    def validation_step(self, batch: Batch, batch_index: int) -> None:
        metrics = self.evaluated.metrics(batch)
        self.log_dict(
            {f"{VALIDATION}{name}": value for name, value in metrics.items()},
            on_epoch=True,
            sync_dist=True,
            batch_size=1,
        )

    def _weight(self, name: str) -> float:
        return self.weights[name].at(self.global_step) if name in self.weights else 1.0

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        optimizer = self.make_optimizer(self.model.parameters())
        schedule = LRSchedulerConfigType(scheduler=self.make_schedule(optimizer), interval="step")
        return OptimizerLRSchedulerConfig(optimizer=optimizer, lr_scheduler=schedule)


def _copy(values: list[Tensor], places: list[Tensor]) -> None:
    if values:
        torch._foreach_copy_(places, values)


class WarmupCosine(LambdaLR):
    """A linear warmup of the learning rate, then a cosine decay. A resumed one ends as the present
    settings say.

    Args:
        optimizer: whose rates are the highest ones.
        warmup_steps: steps of growth.
        total_steps: steps until `final_share` is reached; -1 stays at the highest.
        final_share: of the highest rate, 0 to 1.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        warmup_steps: int,
        total_steps: int,
        final_share: float = 0.0,
    ) -> None:
        def share(step: int) -> float:
            if step <= warmup_steps or total_steps <= warmup_steps:
                return min(1.0, (step + 1) / max(warmup_steps, 1))
            done = min((step - warmup_steps) / (total_steps - warmup_steps), 1.0)
            return final_share + (1.0 - final_share) * (0.5 + 0.5 * math.cos(math.pi * done))

        super().__init__(optimizer, share)
