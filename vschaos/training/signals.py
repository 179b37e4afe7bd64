"""Signal handling: Ctrl-C ends a training after the present step, which is saved."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Checkpoint

from vschaos.training.checkpoints import last_checkpoint

# Ctrl-C; what clusters and shutdowns send; what a terminal sends that is closed
SIGNALS = [
    signal.Signals[name] for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


class SignalHandling(Checkpoint):
    """Saves the step at a signal as the last checkpoint, then ends the training as Ctrl-C does.

    Before the first step, and at a second signal, it raises `KeyboardInterrupt` at once.
    """

    def __init__(self) -> None:
        self.is_training = False
        self.asked: int | None = None  # number of the signal
        self._handled: list[signal.Signals] = []

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Answers signals within it, and gives a `KeyboardInterrupt` the exit code for the signal
        as its second argument."""
        if threading.current_thread() is threading.main_thread():  # where signals come
            before = {number: signal.getsignal(number) for number in SIGNALS}
            # a command in the background, or behind nohup, ignores some
            self._handled = [n for n in SIGNALS if before[n] is not signal.SIG_IGN]
        for number in self._handled:
            signal.signal(number, self._answer)
        try:
            yield
        except KeyboardInterrupt as stop:
            asked = self.asked or signal.SIGINT
            raise KeyboardInterrupt(*stop.args[:1], 128 + asked) from stop
        finally:
            for number in self._handled:
                signal.signal(number, before[number])

    def _answer(self, number: int, frame: FrameType | None) -> None:
        if not self.is_training or self.asked is not None:
            self.asked = number
            raise KeyboardInterrupt("stopped before the training began")
        self.asked = number
        with suppress(OSError, AttributeError):  # of a terminal that is closed, or none at all
            # a logger may be in the middle of a line: it cannot be called again within it
            os.write(sys.stderr.fileno(), b"\nstopping after this step; once more ends at once\n")

    def on_train_start(self, trainer: Trainer, learner: LightningModule) -> None:
        for number in self._handled:  # in place of Lightning's, which would not keep the step
            signal.signal(number, self._answer)

    def on_train_batch_start(self, trainer: Trainer, learner: LightningModule, *_: object) -> None:
        self.is_training = True

    def on_train_batch_end(self, trainer: Trainer, learner: LightningModule, *_: object) -> None:
        loop = trainer.fit_loop.epoch_loop
        # an epoch's last batch is followed by a validation, which saves itself;
        # one in the middle of it would be left out at a resume; gathered gradients would be lost
        is_between_steps = not loop._should_accumulate() and not loop._num_ready_batches_reached()
        fetcher = trainer.fit_loop._data_fetcher
        is_looked_at = fetcher is not None and loop._should_check_val_fx(fetcher)
        if is_between_steps and not is_looked_at and self._is_asked(trainer):
            trainer.save_checkpoint(last_checkpoint(Path(trainer.default_root_dir)))
            raise KeyboardInterrupt

    def on_train_epoch_start(self, trainer: Trainer, learner: LightningModule) -> None:
        if self._is_asked(trainer):
            raise KeyboardInterrupt

    def on_train_end(self, trainer: Trainer, learner: LightningModule) -> None:
        self.is_training = False

    def _is_asked(self, trainer: Trainer) -> bool:
        asked = self.asked is not None
        if trainer.world_size > 1:  # all processes stop at the same step, or none
            return trainer.strategy.reduce_boolean_decision(asked, all=False)
        return asked
