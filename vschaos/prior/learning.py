"""From the latents of whole sounds to a prior of what follows what."""

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
from vschaos.prior.sequences import Sequences, Streams, read_sequences
from vschaos.progress import Progress
from vschaos.runs import Run, make_prior, write_prior

HELD_OUT_STREAMS, HELD_OUT_STRETCHES = 8, 16
LOOK_EVERY = 100  # steps
HIDDEN_LABELS = 0.15  # share of the stretches in which a prior learns to do without
DECODED_AT_ONCE = 2048  # frames
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Lesson:
    """How a prior is learnt.

    Attributes:
        steps: of the optimiser.
        streams: learnt from at once.
        frames: of each in a step; what is remembered goes on from step to step.
        rate: highest learning rate.
        seed: of all that is drawn.
    """

    steps: int = 2000
    streams: int = 24
    frames: int = 64
    rate: float = 2e-3
    seed: int = 0


def learn_prior(run: Run, lesson: Lesson | None = None) -> float:
    """Learns the prior of a run on its training's files and keeps the best on those held out.

    Returns:
        Nats a frame of held-out sounds, less than those of independent normal latents.

    Raises:
        FileNotFoundError: the sounds are not there.
        ValueError: they are too short.
        KeyboardInterrupt: Ctrl-C; says what is kept.
    """
    lesson = lesson or Lesson()
    learnt = read_sequences(run, "train")
    held_out = read_sequences(run, "held_out") if run.split["held_out"] else learnt
    if learnt.num_frames < 2 * lesson.frames:
        raise ValueError(
            f"a prior needs {2 * lesson.frames} frames of sound at least, there are "
            f"{learnt.num_frames}"
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(lesson.seed)
        prior = make_prior(run.model)
        _fit_bounds(prior, run.model, learnt)
        course = _Course(prior, learnt, held_out, lesson)
        try:
            course.go()
        except KeyboardInterrupt as stop:
            if course.best == math.inf:
                raise KeyboardInterrupt("stopped; nothing was kept") from stop
            file = write_prior(run.checkpoint, run.model, course.best_prior)
            raise KeyboardInterrupt(f"stopped; {file} keeps the best so far") from stop
    file = write_prior(run.checkpoint, run.model, course.best_prior)
    logger.info("prior: %s", file)
    return course.best


class _Course:
    """Steps of an optimiser, with a look at held-out sounds now and then."""

    def __init__(
        self, prior: LatentPrior, learnt: Sequences, held_out: Sequences, lesson: Lesson
    ) -> None:
        self.prior, self.lesson = prior, lesson
        self.best, self.best_prior = math.inf, copy.deepcopy(prior)
        random = torch.Generator().manual_seed(lesson.seed)
        streams = Streams(learnt, lesson.streams, random)
        self.stretches = streams.stretches(lesson.frames)
        watched = Streams(held_out, HELD_OUT_STREAMS, random).stretches(lesson.frames)
        self.watched = list(itertools.islice(watched, HELD_OUT_STRETCHES))
        self.state = prior.fresh(lesson.streams)
        self.optimizer = torch.optim.AdamW(prior.parameters(), lesson.rate, weight_decay=1e-2)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, lesson.rate, total_steps=lesson.steps + 1, pct_start=0.05
        )

    def go(self) -> None:
        steps = Progress(range(1, self.lesson.steps + 1), desc="learning", unit="step")
        for step in steps:
            self._step(next(self.stretches))
            if step % LOOK_EVERY == 0 or step == self.lesson.steps:
                self._look()
                steps.set_postfix_str(f"held out: {self.best:.2f} nats a frame", refresh=False)

    def _step(self, stretch: Stretch) -> None:
        self.prior.train()
        told = stretch._replace(labels=_partly_hidden(stretch.labels))
        loss, state = self.prior.negative_log_likelihood(self.prior.doubted(told), self.state)
        self.state = state.detach()
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.prior.parameters(), 1.0)
        self.optimizer.step()
        self.schedule.step()

    def _look(self) -> None:
        nats = judge(self.prior, self.watched)
        if nats < self.best:
            self.best, self.best_prior = nats, copy.deepcopy(self.prior).eval()


@torch.no_grad()
def judge(prior: LatentPrior, stretches: Sequence[Stretch]) -> float:
    """Nats a frame by which stretches, one after the other, surprise a prior in all its doubts."""
    prior.eval()
    state = prior.fresh(len(stretches[0].latents))
    found = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # of the same doubts each time
        for stretch in stretches:
            nats, state = prior.negative_log_likelihood(prior.doubted(stretch), state)
            found.append(float(nats))
    return sum(found) / len(found)


@torch.no_grad()
def _fit_bounds(prior: LatentPrior, model: Model, learnt: Sequences) -> None:
    """Where the training was, and how loud; places begin where some of its frames were."""
    together = torch.cat(learnt.latents, dim=1)
    prior.low.copy_(together.amin(dim=1))
    prior.high.copy_(together.amax(dim=1))
    _fit_starts(prior, learnt)
    random = torch.Generator().manual_seed(0)
    picked = torch.randint(together.shape[1], [prior.outlook.num_places], generator=random)
    prior.outlook.places.copy_(together[:, picked].T)
    loudest = 0.0
    for latents, values, known in zip(*learnt, strict=True):
        for first in range(0, latents.shape[1], DECODED_AT_ONCE):
            part = slice(first, first + DECODED_AT_ONCE)
            labels = Labels(values[None, :, part], known[None, :, part])
            magnitudes = model.decode_magnitudes(latents[None, :, part], labels)
            loudest = max(loudest, float(magnitudes.norm(dim=1).max()))
    prior.loudest.fill_(loudest)


def _fit_starts(prior: LatentPrior, learnt: Sequences) -> None:
    """Beginnings of files; of few files, places within them too."""
    count = len(prior.starts)
    sounds = [latents for latents in learnt.latents if latents.shape[1]]
    from_each = -(-count // len(sounds))
    picked = torch.linspace(0, len(sounds) - 1, -(-count // from_each)).round().long()
    for index in range(count):
        latents = sounds[int(picked[index // from_each])]
        age = (index % from_each) * latents.shape[1] // from_each
        prior.starts[index] = latents[:, age]
        prior.start_ages[index] = age


def _partly_hidden(labels: Labels) -> Labels:
    hidden: Tensor = torch.rand(len(labels.known), 1, 1) < HIDDEN_LABELS
    return Labels(labels.values, labels.known & ~hidden)
