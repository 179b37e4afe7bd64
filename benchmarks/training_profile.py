"""A profile of a training: CPU seconds by part."""

from __future__ import annotations

import functools
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytorch_lightning as lightning
from pytorch_lightning.callbacks import Callback

from vschaos.data.sounds import Sounds
from vschaos.training.learner import Learner


class Profile:
    """Exclusive CPU seconds by name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._open = ["Lightning"]
        self._since = time.process_time()
        self._is_closed = False

    def enter(self, name: str) -> None:
        self._settle()
        self._open.append(name)

    def leave(self) -> None:
        self._settle()
        self._open.pop()

    def clear(self) -> None:
        self._settle()
        self.seconds.clear()

    def close(self) -> None:
        self._settle()
        self._is_closed = True

    def shares(self) -> dict[str, float]:
        """Shares, the largest first."""
        total = sum(self.seconds.values())
        ordered = sorted(self.seconds.items(), key=lambda entry: -entry[1])
        return {name: seconds / total for name, seconds in ordered}

    def watch(self, owner: Any, method: str, name: str) -> None:
        """Measures the calls of a method of an object from now on."""
        setattr(owner, method, self._counted(getattr(owner, method), name))

    def _counted(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        @functools.wraps(function)
        def counted(*args: Any, **named: Any) -> Any:
            self.enter(name)
            try:
                return function(*args, **named)
            finally:
                self.leave()

        return counted

    def _settle(self) -> None:
        now = time.process_time()
        if not self._is_closed:
            self.seconds[self._open[-1]] += now - self._since
        self._since = now


class ProfileCallback(Callback):
    """Profiles a training from the end of step `warm_up` on."""

    def __init__(self, profile: Profile, warm_up: int) -> None:
        self.profile = profile
        self.warm_up = warm_up

    def on_train_start(
        self, trainer: lightning.Trainer, learner: lightning.LightningModule
    ) -> None:
        assert isinstance(learner, Learner)
        watch_training(self.profile, trainer, learner)

    def on_train_end(self, trainer: lightning.Trainer, learner: lightning.LightningModule) -> None:
        self.profile.close()

    def on_train_batch_end(
        self, trainer: lightning.Trainer, learner: lightning.LightningModule, *rest: object
    ) -> None:
        if trainer.global_step == self.warm_up:
            self.profile.clear()


def watch_training(profile: Profile, trainer: lightning.Trainer, learner: Learner) -> None:
    data, optimizer = trainer.datamodule, trainer.optimizers[0]  # type: ignore[attr-defined]
    assert isinstance(data, Sounds)
    # Python finds operators in the class, not in the object
    kind = type(data.training)
    data.training.__class__ = type(kind.__name__, (kind,), {"__getitem__": kind.__getitem__})
    profile.watch(type(data.training), "__getitem__", "loader")
    profile.watch(trainer.strategy, "backward", "backward")
    profile.watch(learner, "training_step", "learner")
    profile.watch(learner, "_clip", "clipping")
    profile.watch(learner.non_finite_guard, "passes", "checks")
    profile.watch(optimizer, "zero_grad", "optimiser")
    profile.watch(optimizer, "step", "optimiser")
    watch_model(profile, learner.model)


def watch_model(profile: Profile, model: Any) -> None:
    """Profiles the parts of a spectral VAE."""
    profile.watch(model, "losses", "other losses, sampling")
    profile.watch(model.transform, "magnitudes", "transform")
    profile.watch(model.log_magnitude, "forward", "log-magnitude and inverse")
    profile.watch(model.log_magnitude, "inverse", "log-magnitude and inverse")
    profile.watch(model.encoder, "forward", "encoder")
    profile.watch(model.decoder, "forward", "decoder")
    profile.watch(model.latent, "update_statistics", "statistics of latents")
    profile.watch(model.reconstruction["convergence"], "forward", "convergence")
    profile.watch(model.labelling, "infer_labels", "labels")
    profile.watch(model, "_label_losses", "labels")
