"""Try a training before it begins: what would fail in an hour fails in seconds."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from vschaos.batch import Batch
from vschaos.data.datamodule import DataModule
from vschaos.files import check_room
from vschaos.models.base import Model
from vschaos.training.learner import Learner

STATES_PER_WEIGHT = 3  # the weight, and the two means of its gradient that Adam has
AT_A_TIME = 3  # last, best, and one that is being written


def try_out(
    learner: Learner,
    data: DataModule,
    config: dict[str, Any],
    export: Callable[[Model], object],
) -> None:
    """Trains a copy of the learner for a step, on noise, exports it, and checks the room for its
    checkpoints. Neither the learner nor the state of any generator is changed.

    Args:
        learner: before it has seen any sound.
        config: of the training.
        export: fails if the model cannot be exported.

    Raises:
        ValueError: something does not work.
    """
    room = room_for_checkpoints(learner.model, config)
    check_room(Path(config["rundir"]).expanduser(), room, "the checkpoints", "rundir")
    with torch.random.fork_rng(devices=[]):
        tried = copy.deepcopy(learner)
        batch = data.trial_batch(tried.model)
        tried.model.fit(batch)
        _step(tried, batch)
        try:
            # as a run has it: TorchScript would compile gradients into code that all models of a
            # process share, which then fails in inference mode
            export(tried.model.eval().requires_grad_(False))
        except (RuntimeError, ValueError) as error:  # as TorchScript's compiler calls what it finds
            raise ValueError(f"the model could not be exported once trained: {error}") from error


def try_batch(learner: Learner, batch: Batch) -> None:
    """Takes a step with a copy of the learner.

    Raises:
        FloatingPointError: the loss or its gradient is not finite.
    """
    with torch.random.fork_rng(devices=[]):
        _step(copy.deepcopy(learner), batch)


def room_for_checkpoints(model: Model, config: dict[str, Any]) -> int:
    """Bytes of the checkpoints of a training, at most; at the least if it has no last step."""
    weights = sum(weight.nbytes for weight in model.parameters())
    ema = config["training"].get("ema")
    averaged = weights if ema and ema["decay"] else 0
    statistics = sum(value.nbytes for value in model.state_dict().values()) - weights
    checkpoint = STATES_PER_WEIGHT * weights + averaged + statistics
    steps = config["trainer"].get("max_steps") or 0
    epochs = max(steps, 0) // config["data"]["loading"]["batches_per_epoch"]
    return (AT_A_TIME + epochs // config["training"]["keep_every_epochs"]) * checkpoint


def _step(learner: Learner, batch: Batch) -> None:
    try:
        optimizer = learner.make_optimizer(learner.model.parameters())
        schedule = learner.make_schedule(optimizer)
    except TypeError as error:
        raise ValueError(f"training.optimizer or training.schedule: {error}") from error
    torch.manual_seed(learner.seed)
    total, losses = learner.weighted(batch)
    total.backward()
    gradients = [p.grad for p in learner.model.parameters() if p.grad is not None]
    norm = torch.nn.utils.get_total_norm(gradients)
    if not torch.isfinite(total + norm):
        parts = ", ".join(f"{name} {loss.item():.3g}" for name, loss in losses.items())
        raise FloatingPointError(
            f"before the first step the loss is {total.item():.3g}, its gradient {norm.item():.3g} "
            f"({parts}): check training.weights, training.optimizer.lr, which may be lower, "
            "and at the sounds (vschaos check)"
        )
    optimizer.step()
    schedule.step()
