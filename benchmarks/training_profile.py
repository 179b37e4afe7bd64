"""Where the time of a training goes: CPU seconds of what it does, each by itself."""

from __future__ import annotations

import functools
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytorch_lightning as lightning
from pytorch_lightning.callbacks import Callback

from vschaos.data.datamodule import SoundData
from vschaos.training.learner import Learner


class Manifest:
    """CPU seconds by name: what is done within something else is not counted there too."""

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
        """The most first."""
        total = sum(self.seconds.values())
        ordered = sorted(self.seconds.items(), key=lambda entry: -entry[1])
        return {name: seconds / total for name, seconds in ordered}

    def watch(self, owner: Any, method: str, name: str) -> None:
        """Counts the calls of a method of an object from now on."""
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


class Bookkeeping(Callback):
    """Opens a ledger on a training from the end of step `warm_up` on."""

    def __init__(self, manifest: Manifest, warm_up: int) -> None:
        self.manifest = manifest
        self.warm_up = warm_up

    def on_train_start(
        self, trainer: lightning.Trainer, learner: lightning.LightningModule
    ) -> None:
        assert isinstance(learner, Learner)
        watch_training(self.manifest, trainer, learner)

    def on_train_end(self, trainer: lightning.Trainer, learner: lightning.LightningModule) -> None:
        self.manifest.close()

    def on_train_batch_end(
        self, trainer: lightning.Trainer, learner: lightning.LightningModule, *rest: object
    ) -> None:
        if trainer.global_step == self.warm_up:
            self.manifest.clear()


def watch_training(manifest: Manifest, trainer: lightning.Trainer, learner: Learner) -> None:
    data, optimizer = trainer.datamodule, trainer.optimizers[0]  # type: ignore[attr-defined]
    assert isinstance(data, SoundData)
    # an operator is looked for in the class, not in the object
    kind = type(data.excerpts)
    data.excerpts.__class__ = type(kind.__name__, (kind,), {"__getitem__": kind.__getitem__})
    manifest.watch(type(data.excerpts), "__getitem__", "loader")
    manifest.watch(trainer.strategy, "backward", "backward")
    manifest.watch(learner, "training_step", "learner")
    manifest.watch(learner, "_clip", "clipping")
    manifest.watch(learner.faults, "passes", "checks")
    manifest.watch(optimizer, "zero_grad", "optimiser")
    manifest.watch(optimizer, "step", "optimiser")
    watch_model(manifest, learner.model)


def watch_model(manifest: Manifest, model: Any) -> None:
    """Of a spectral VAE."""
    manifest.watch(model, "losses", "other losses, sampling")
    manifest.watch(model.transform, "magnitudes", "transform")
    manifest.watch(model.log_magnitude, "forward", "contrast and inverse")
    manifest.watch(model.log_magnitude, "inverse", "contrast and inverse")
    manifest.watch(model.encoder, "forward", "encoder")
    manifest.watch(model.decoder, "forward", "decoder")
    manifest.watch(model.latent, "watch", "statistics of latents")
    manifest.watch(model.frame_convergence, "forward", "convergence")
    manifest.watch(model.labelling, "believed", "labels")
    manifest.watch(model, "_label_losses", "labels")
