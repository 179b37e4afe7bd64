"""Searches among the settings of a synthesiser: evolution strategies, and gradients."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch

from vschaos.instrument.synthesiser import Differentiable
from vschaos.matching.objective import Objective, on_steps

SEARCHES = ("cmaes", "de")
# standard deviation of the first settings of CMA-ES, as a share of a knob's way: about its start,
# or where there is none, about the middle
NEAR, FAR = 0.06, 0.3
# where there are several starts: this share of the evaluations goes to crosses, in which so many of
# the best one's knobs stand as another start has them
CROSSES, CROSSED_KNOBS = 0.3, 0.3
CROSSED_AT_ONCE = 14
LEARNING_RATE = 0.02  # share of a knob's way in a step, at the beginning
DE_POPULATION, SPREAD = 16, 0.15  # of the settings about the starts
MOST_PARENTS = 4  # settings from which a population of `de` begins


def search(
    objective: Objective, kind: str, evaluations: int, starts: np.ndarray, seed: int
) -> bool:
    """Lessens an objective; the best that is found is `objective.best`.

    Args:
        objective: what is lessened.
        kind: one of `SEARCHES`.
        evaluations: settings that are heard, at most.
        starts: positions `[S, P]`, the best first, to begin at; may be none.
        seed: of all that is drawn.

    Returns:
        whether it came to its end: not so after Ctrl-C.

    Raises:
        ValueError: there is no such search.
    """
    if kind not in SEARCHES:
        raise ValueError(f"--search must be one of {', '.join(SEARCHES)}, got {kind!r}")
    if evaluations < 1:
        return True
    try:
        (_cmaes if kind == "cmaes" else _differential_evolution)(
            objective, evaluations, starts, seed
        )
    except KeyboardInterrupt:
        return False
    return True


def refine(objective: Objective, steps: int, progress: Callable[[], object] = lambda: None) -> bool:
    """Follows the gradient from `objective.best`, which never gets worse, by Adam (Kingma & Ba
    2015) with a step that falls to 0. Knobs of steps stay where they are.

    Args:
        objective: of a synthesiser that is `Differentiable`; others are left as they are.
        steps: of the gradient.
        progress: called after each.

    Returns:
        as `search`.
    """
    synthesiser = objective.synthesiser
    if not isinstance(synthesiser, Differentiable) or steps < 1:
        return True
    turns = torch.tensor([not knob.classes for knob in synthesiser.parameters])
    positions = torch.from_numpy(objective.best)[None].float().requires_grad_()
    pitch, velocity = (torch.from_numpy(row).float() for row in objective.note(1))
    target = objective.target
    adam = torch.optim.Adam([positions], LEARNING_RATE)
    try:
        for step in range(steps + 1):  # the last one is only heard
            sounds = synthesiser.render_tensor(
                positions, pitch, velocity, target.seconds, target.held_seconds
            )
            distance = objective.distances(sounds).sum()
            settings = on_steps(synthesiser, positions.detach().double().numpy())
            objective.take(settings[0], float(distance.detach()))
            if step == steps or not distance.requires_grad:
                break
            adam.zero_grad()
            distance.backward()
            gradient = positions.grad
            if gradient is None or not bool(torch.isfinite(gradient).all()):
                break
            gradient[:, ~turns] = 0.0
            adam.param_groups[0]["lr"] = (
                0.5 * LEARNING_RATE * (1 + math.cos(math.pi * step / steps))
            )
            adam.step()
            with torch.no_grad():
                positions.clamp_(0.0, 1.0)
            progress()
    except KeyboardInterrupt:
        return False
    return True


def _cmaes(objective: Objective, evaluations: int, starts: np.ndarray, seed: int) -> None:
    """CMA-ES (Hansen & Ostermeier 2001), from the best cross of the starts."""
    from cmaes import CMA  # not needed by those who only render

    width = len(objective.synthesiser.parameters)
    mean, sigma = (starts[0], NEAR) if len(starts) else (np.full(width, 0.5), FAR)
    left = evaluations
    if len(starts) > 1:
        left -= _cross(objective, round(CROSSES * evaluations), starts, seed)
        mean = objective.best
    bounds = np.tile([0.0, 1.0], (width, 1))
    if width == 1:  # its covariance needs two
        mean, bounds = np.append(mean, 0.5), np.tile([0.0, 1.0], (2, 1))
    strategy = CMA(mean.astype(np.float64), sigma, bounds=bounds, seed=seed)
    while left > 0:
        asked = [strategy.ask() for _ in range(strategy.population_size)]
        heard = np.stack(asked)[:left, :width]
        distances = objective(heard)
        left -= len(heard)
        if len(heard) < len(asked):
            return
        strategy.tell(list(zip(asked, distances.tolist(), strict=True)))
        if strategy.should_stop():  # it has contracted to a point: begin anew, wider
            strategy = CMA(
                np.resize(objective.best, len(mean)).astype(np.float64),
                FAR,
                bounds=bounds,
                seed=seed + left,
            )


def _cross(objective: Objective, evaluations: int, starts: np.ndarray, seed: int) -> int:
    """Hears crosses of the best so far with the starts; how many. A gaussian hardly ever turns a
    part of a synthesiser on or off, as hypotheses do that differ in it."""
    random = np.random.default_rng(seed)
    for first in range(0, evaluations, CROSSED_AT_ONCE):
        count = min(CROSSED_AT_ONCE, evaluations - first)
        others = starts[random.integers(len(starts), size=count)]
        is_taken = random.random(others.shape) < CROSSED_KNOBS
        best = objective.best if objective.num_heard else starts[0]
        objective(np.where(is_taken, others, best))
    return evaluations


def _differential_evolution(
    objective: Objective, evaluations: int, starts: np.ndarray, seed: int
) -> None:
    """Differential evolution (Storn & Price 1997), as scipy has it."""
    from scipy.optimize import differential_evolution

    width = len(objective.synthesiser.parameters)
    random = np.random.default_rng(seed)
    size = min(DE_POPULATION, evaluations)
    population = random.random((max(size, 5), width))  # scipy asks for five at least
    parents = starts[:MOST_PARENTS]
    for row in range(len(population) if len(parents) else 0):
        spread = NEAR * random.standard_normal(width) if row >= len(parents) else 0.0
        population[row] = np.clip(parents[row % len(parents)] + spread, 0.0, 1.0)
    left = evaluations

    def heard(columns: np.ndarray) -> np.ndarray:
        nonlocal left
        rows = np.atleast_2d(columns.T)
        distances = np.full(len(rows), np.inf)
        distances[:left] = objective(rows[: max(left, 0)]) if left > 0 else []
        left -= len(rows)
        return distances

    differential_evolution(
        heard,
        [(0.0, 1.0)] * width,
        maxiter=max(math.ceil(evaluations / len(population)) - 1, 0),
        init=population,
        polish=False,
        updating="deferred",
        vectorized=True,
        seed=random,
        tol=0.0,
    )
