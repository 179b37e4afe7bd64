"""Trains the temporal prior on the latents of whole sounds."""

from __future__ import annotations

import copy
import itertools
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vschaos.labels import Labels
from vschaos.latents import LatentPrior, Stretch
from vschaos.models.base import Model
from vschaos.models.capabilities import Autoencoder, LatentStatistics, Pitched, Spectral
from vschaos.prior.sequences import Sequences, Streams, read_sequences
from vschaos.progress import Progress
from vschaos.runs import Run, make_prior, write_prior

VALIDATION_STREAMS, VALIDATION_STRETCHES = 8, 16
VALIDATE_EVERY = 100  # steps
LABEL_DROPOUT = 0.15  # share of the stretches without labels
DECODED_AT_ONCE = 2048  # frames
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Lesson:
    """Settings of the training of a prior.

    Attributes:
        steps: of the optimiser.
        streams: in a batch.
        frames: of each in a step; the recurrent state is carried from step to step.
        rate: highest learning rate.
        seed: of all random numbers.
    """

    steps: int = 2000
    streams: int = 24
    frames: int = 64
    rate: float = 2e-3
    seed: int = 0


def learn_prior(run: Run, lesson: Lesson | None = None) -> float:
    """Trains the prior of a run on its training files; saves the best on its validation files.

    Returns:
        its negative log-likelihood of the validation files, nats a frame.

    Raises:
        FileNotFoundError: the sounds are missing.
        ValueError: they are too short, or the model has no latents that a prior could model.
        KeyboardInterrupt: Ctrl-C; names the saved file.
    """
    lesson, model = lesson or Lesson(), check_latents(run.model)
    learnt = read_sequences(run, "train")
    held_out = read_sequences(run, "held_out") if run.split["held_out"] else learnt
    if learnt.num_frames < 2 * lesson.frames:
        raise ValueError(
            f"a prior needs at least {2 * lesson.frames} frames of sound, got {learnt.num_frames}"
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(lesson.seed)
        prior = make_prior(model)
        _fit_bounds(prior, model, learnt)
        course = _Course(prior, learnt, held_out, lesson)
        try:
            course.go()
        except KeyboardInterrupt as stop:
            if course.best == math.inf:
                raise KeyboardInterrupt("stopped; nothing was saved") from stop
            file = write_prior(run.checkpoint, model, course.best_prior)
            raise KeyboardInterrupt(f"stopped; the best so far is saved in {file}") from stop
    file = write_prior(run.checkpoint, model, course.best_prior)
    logger.info("prior: %s", file)
    return course.best


def check_latents(model: Model) -> Autoencoder:
    """
    Raises:
        ValueError: a temporal prior cannot model the frames of this model.
    """
    if not isinstance(model, LatentStatistics | Pitched):
        raise ValueError(
            f"a temporal prior needs a model with latents of known statistics, or one that is "
            f"played by pitch and loudness, got {type(model).__name__}"
        )
    return model


class _Course:
    """The training loop: steps of an optimiser, with validation."""

    def __init__(
        self, prior: LatentPrior, learnt: Sequences, held_out: Sequences, lesson: Lesson
    ) -> None:
        self.prior, self.lesson = prior, lesson
        self.best, self.best_prior = math.inf, copy.deepcopy(prior)
        random = torch.Generator().manual_seed(lesson.seed)
        streams = Streams(learnt, lesson.streams, random)
        self.stretches = streams.stretches(lesson.frames)
        validation = Streams(held_out, VALIDATION_STREAMS, random).stretches(lesson.frames)
        self.validation = list(itertools.islice(validation, VALIDATION_STRETCHES))
        self.state = prior.fresh(lesson.streams)
        self.optimizer = torch.optim.AdamW(prior.parameters(), lesson.rate, weight_decay=1e-2)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, lesson.rate, total_steps=lesson.steps + 1, pct_start=0.05
        )

    def go(self) -> None:
        steps = Progress(range(1, self.lesson.steps + 1), desc="training", unit="step")
        for step in steps:
            self._step(next(self.stretches))
            if step % VALIDATE_EVERY == 0 or step == self.lesson.steps:
                self._validate()
                steps.set_postfix_str(f"validation: {self.best:.2f} nats a frame", refresh=False)

    def _step(self, stretch: Stretch) -> None:
        self.prior.train()
        stretch = stretch._replace(labels=_dropped_out(stretch.labels))
        loss, state = self.prior.negative_log_likelihood(self.prior.doubted(stretch), self.state)
        self.state = state.detach()
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.prior.parameters(), 1.0)
        self.optimizer.step()
        self.schedule.step()

    def _validate(self) -> None:
        nats = evaluate(self.prior, self.validation)
        if nats < self.best:
            self.best, self.best_prior = nats, copy.deepcopy(self.prior).eval()


@torch.no_grad()
def evaluate(prior: LatentPrior, stretches: Sequence[Stretch]) -> float:
    """Negative log-likelihood of consecutive stretches, nats a frame."""
    prior.eval()
    state = prior.fresh(len(stretches[0].latents))
    found = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # the same noise of `doubted` each time
        for stretch in stretches:
            nats, state = prior.negative_log_likelihood(prior.doubted(stretch), state)
            found.append(float(nats))
    return sum(found) / len(found)


@torch.no_grad()
def _fit_bounds(prior: LatentPrior, model: Autoencoder, learnt: Sequences) -> None:
    """Fits the range, the starts and the initial places to the training's latents, and the largest
    norm of a frame to its decoded magnitudes."""
    together = torch.cat(learnt.latents, dim=1)
    prior.low.copy_(together.amin(dim=1))
    prior.high.copy_(together.amax(dim=1))
    _fit_starts(prior, learnt)
    random = torch.Generator().manual_seed(0)
    picked = torch.randint(together.shape[1], [prior.outlook.num_places], generator=random)
    prior.outlook.places.copy_(together[:, picked].T)
    prior.loudest.fill_(_loudest(model, learnt) if isinstance(model, Spectral) else math.inf)


def _loudest(model: Spectral, learnt: Sequences) -> float:
    """The largest norm of the decoded magnitudes of a frame."""
    loudest = 0.0
    for latents, values, known in zip(*learnt, strict=True):
        for first in range(0, latents.shape[1], DECODED_AT_ONCE):
            part = slice(first, first + DECODED_AT_ONCE)
            labels = Labels(values[None, :, part], known[None, :, part])
            magnitudes = model.decode_magnitudes(latents[None, :, part], labels)
            loudest = max(loudest, float(magnitudes.norm(dim=1).max()))
    return loudest


def _fit_starts(prior: LatentPrior, learnt: Sequences) -> None:
    """Fits starts to the beginnings of files; of few files, to frames within them too."""
    count = len(prior.starts)
    sounds = [latents for latents in learnt.latents if latents.shape[1]]
    from_each = -(-count // len(sounds))
    picked = torch.linspace(0, len(sounds) - 1, -(-count // from_each)).round().long()
    for index in range(count):
        latents = sounds[int(picked[index // from_each])]
        age = (index % from_each) * latents.shape[1] // from_each
        prior.starts[index] = latents[:, age]
        prior.start_ages[index] = age


def _dropped_out(labels: Labels) -> Labels:
    dropped: Tensor = torch.rand(len(labels.known), 1, 1) < LABEL_DROPOUT
    return Labels(labels.values, labels.known & ~dropped)
