"""From a sound to settings: hypotheses, a search among settings near them, and what they are judged
beside."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from vschaos.audio.files import Waveform
from vschaos.data.notes.pitch import SURE, pitch_of
from vschaos.evaluation.distances import (
    level_difference_db,
    mfcc_distances,
    multi_resolution_distances,
)
from vschaos.instrument.synthesiser import Differentiable, Synthesiser
from vschaos.matching.library import Library
from vschaos.matching.objective import Objective
from vschaos.matching.proposers import Proposer
from vschaos.matching.search import refine, search
from vschaos.matching.targets import Target
from vschaos.models.matching.distances import log_spectral_distances

NUM_NEIGHBOURS = 16  # draws of a library that are heard at the note of a target
FAR_DB = 12.0  # log-spectral distance: two noises of one spectrum are 8 dB apart
FAR = "nearest, but far"


@dataclass(frozen=True)
class Effort:
    """How much is spent on a sound.

    Attributes:
        hypotheses: of the proposer that are heard.
        evaluations: settings that the search hears.
        kind: of the search.
        refine: steps of the gradient.
        has_baselines: whether mean, random and nearest draws are judged beside, and a search that
            nobody led.
        alone: evaluations of that search; as many as the other has if None.
        seed: of all that is drawn.
    """

    hypotheses: int = 8
    evaluations: int = 100
    kind: str = "cmaes"
    refine: int = 0
    has_baselines: bool = True
    alone: int | None = None
    seed: int = 0

    @property
    def evaluations_alone(self) -> int:
        """Settings that the search hears which nobody led."""
        return self.evaluations if self.alone is None else self.alone

    def steps(self, synthesiser: Synthesiser) -> int:
        """Settings that are heard of a sound, and steps, for a progress bar."""
        steps = self.refine if isinstance(synthesiser, Differentiable) else 0
        beside = NUM_NEIGHBOURS + self.evaluations_alone if self.has_baselines else 0
        return self.hypotheses + self.evaluations + steps + beside


class Scores(NamedTuple):
    """How far a sound is from its target.

    Attributes:
        multi_resolution: what the search lessens.
        log_spectral, mfcc: dB, by which others judge.
        pitch_cents: above the target; None where either has no clear pitch.
    """

    multi_resolution: float
    log_spectral: float
    mfcc: float
    pitch_cents: float | None


@dataclass(frozen=True)
class Found:
    """Settings, how they were found, and how they sound.

    Attributes:
        method: in tables.
        positions: `[P]`.
        num_heard: settings that were heard for it.
        scores: of its preset file, as a newly started synthesiser plays it.
    """

    method: str
    positions: np.ndarray
    num_heard: int
    scores: Scores


@dataclass(frozen=True)
class Match:
    """A target, and what was found for it.

    Attributes:
        target: the sound.
        found: by each method; empty for silence.
        sound: of the best one, `[T]`, as its preset file plays it.
        gain_db: what the fader of its preset is moved by.
        level_db: how much louder than the target its preset plays then.
        repeat_db: log-spectral distance from its sound during the search: below it other distances
            mean little.
        is_stopped: whether Ctrl-C ended the search.
    """

    target: Target
    found: tuple[Found, ...] = ()
    sound: Waveform = field(default_factory=lambda: np.zeros(0, np.float32))
    gain_db: float = 0.0
    level_db: float = 0.0
    repeat_db: float = 0.0
    is_stopped: bool = False

    @property
    def best(self) -> Found | None:
        """The nearest by what the search lessens."""
        return min(self.found, key=lambda one: one.scores.multi_resolution, default=None)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is to be said of it."""
        is_far = self.best is not None and self.best.scores.log_spectral > FAR_DB
        return (*self.target.remarks, *((FAR,) if is_far else ()))


def match(
    target: Target,
    synthesiser: Synthesiser,
    proposer: Proposer,
    effort: Effort,
    library: Library | None = None,
    progress: Callable[[int], object] = lambda number: None,
) -> Match:
    """Finds settings for a sound.

    Args:
        target: the sound.
        synthesiser: whose settings they are.
        proposer: where the search begins.
        effort: what may be spent.
        library: of draws, for those baselines.
        progress: told how many settings were just heard.

    Raises:
        KeyboardInterrupt: before anything was found.
    """
    if target.is_silent:
        return Match(target)
    work = _Work(target, synthesiser, effort, progress)
    is_whole = work.follow(proposer)
    if is_whole and effort.has_baselines:
        is_whole = work.compare(library)
    return work.judged(is_stopped=not is_whole)


class _Work:
    """The settings found so far for one target, by method."""

    def __init__(
        self,
        target: Target,
        synthesiser: Synthesiser,
        effort: Effort,
        progress: Callable[[int], object],
    ) -> None:
        self.target = target
        self.synthesiser = synthesiser
        self.effort = effort
        self.progress = progress
        self.settings: dict[str, tuple[np.ndarray, int]] = {}  # and how many were heard for them

    def follow(self, proposer: Proposer) -> bool:
        """Hypotheses, the search from there, and gradients; whether Ctrl-C left it alone."""
        effort, objective = self.effort, self._objective()
        proposed = proposer.propose(self.target, effort.hypotheses)
        order = objective(proposed).argsort(kind="stable")
        self.settings[proposer.name] = proposed[0], 1
        if len(proposed) > 1:
            self._keep(f"best of {len(proposed)} {proposer.name}", objective)
        starts = np.concatenate([objective.best[None], proposed[order[1:]]])
        is_whole = search(objective, effort.kind, effort.evaluations, starts, effort.seed)
        if effort.evaluations:
            self._keep(f"{proposer.name} and search", objective)
        if is_whole and effort.refine and isinstance(self.synthesiser, Differentiable):
            is_whole = refine(objective, effort.refine, lambda: self.progress(1))
            self._keep(f"{proposer.name}, search and gradients", objective)
        return is_whole

    def compare(self, library: Library | None) -> bool:
        """What it is judged beside; as `follow`."""
        effort, synthesiser = self.effort, self.synthesiser
        try:
            drawn = synthesiser.draw(np.random.default_rng([effort.seed, 1]), 1)
            self.settings["random preset"] = drawn[0], 1
            if library is not None:
                self.settings["mean preset"] = library.mean(synthesiser)[0], 1
                nearest = self._objective()
                nearest(library.nearest(self.target, NUM_NEIGHBOURS))
                self._keep(f"nearest of {len(library.positions)} draws", nearest)
        except KeyboardInterrupt:
            return False
        if not effort.evaluations_alone:
            return True
        alone, nowhere = self._objective(), np.zeros((0, len(synthesiser.parameters)))
        is_whole = search(alone, effort.kind, effort.evaluations_alone, nowhere, effort.seed)
        if is_whole:
            self._keep("search alone", alone)
        return is_whole

    def judged(self, is_stopped: bool) -> Match:
        """All that was found, each as its preset file plays; and the sound of the best."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"preset{self.synthesiser.suffix}"
            found = tuple(
                Found(method, positions, num_heard, self._scores(self._played(positions, path)))
                for method, (positions, num_heard) in self.settings.items()
            )
            best = Match(self.target, found).best
            assert best is not None
            wanted = torch.from_numpy(self.target.audio)
            plain = torch.from_numpy(self._played(best.positions, path))[None]
            gain_db = -float(level_difference_db(plain, wanted))
            sound = self._played(best.positions, path, gain_db)
        played = torch.from_numpy(sound)[None]
        return Match(
            self.target,
            found,
            sound,
            gain_db,
            float(level_difference_db(played, wanted)),
            self._repeat_db(best.positions, plain[0]),
            is_stopped,
        )

    def _objective(self) -> Objective:
        return Objective(self.synthesiser, self.target, self.progress)

    def _keep(self, method: str, objective: Objective) -> None:
        self.settings[method] = objective.best, objective.num_heard

    def _played(self, positions: np.ndarray, path: Path, gain_db: float = 0.0) -> Waveform:
        """The sound `[T]` of a preset file of positions."""
        self.synthesiser.write(positions, path, "match", gain_db)
        target, velocity = self.target, self.synthesiser.velocity
        return self.synthesiser.play_file(
            path, target.pitch, velocity, target.seconds, target.held_seconds
        )

    def _scores(self, sound: Waveform) -> Scores:
        made, wanted = torch.from_numpy(sound)[None], torch.from_numpy(self.target.audio)
        return Scores(
            float(multi_resolution_distances(made, wanted)),
            float(log_spectral_distances(made, wanted)),
            float(mfcc_distances(made, wanted, self.target.sample_rate)),
            self._cents(sound),
        )

    def _cents(self, sound: Waveform) -> float | None:
        if self.target.confidence < SURE or not sound.any():
            return None
        pitch, confidence = pitch_of(sound, self.target.sample_rate)
        return 100.0 * (pitch - self.target.pitch) if confidence >= SURE else None

    def _repeat_db(self, positions: np.ndarray, sound: torch.Tensor) -> float:
        target, note = self.target, self._objective().note(1)
        again = self.synthesiser.render(positions[None], *note, target.seconds, target.held_seconds)
        return float(log_spectral_distances(torch.from_numpy(again), sound))
