"""Diagnoses of a trained model, each a sentence that says what to change."""

from __future__ import annotations

import logging
from typing import NamedTuple

from vschaos.evaluation.effects import effect_of, values_of
from vschaos.evaluation.latents import ACTIVE_NATS, activity
from vschaos.evaluation.prediction import predicted_frames, prediction_score
from vschaos.latents.importance import num_important
from vschaos.models.base import Model
from vschaos.models.capabilities import Autoencoder, Labelled, LatentStatistics
from vschaos.training.monitoring.material import Material

# least change of levels by a label that has an effect: on the demo's notes pitch and octave change
# them by 3 to 5 dB, and by 1.5 dB after a training on the same labels, shuffled
EFFECTIVE_DB = 2.0
EFFECTIVE_SIGMAS = 0.05  # least change of the latents by a label that conditions the encoder


class Finding(NamedTuple):
    """A diagnosis: the level of its message as `logging` counts them, and one sentence."""

    level: int
    text: str


def find(model: Model, material: Material) -> list[Finding]:
    """All findings at the end of a training."""
    findings: list[Finding | None] = []
    if isinstance(model, LatentStatistics):
        findings += [find_collapse(model, material), find_importance(model)]
    if isinstance(model, Labelled) and isinstance(model, Autoencoder):
        findings += [find_ignored(model, material, task) for task in model.conditioning_tasks]
    if isinstance(model, Labelled):
        findings += [find_unpredicted(model, material, task) for task in model.predicted_tasks]
    return [finding for finding in findings if finding is not None]


def find_collapse(model: LatentStatistics, material: Material) -> Finding:
    """The number of active latents."""
    nats = activity(model, material.short_excerpts)
    active = int((nats >= ACTIVE_NATS).sum())
    counted = f"{active} of {len(nats)} latents are active"
    if active == 0:
        advice = (
            f"the posterior has collapsed: {counted}, each diverges from its prior by less than "
            f"{ACTIVE_NATS} nats a frame, and turning them will change nothing; "
            "lower training.weights.kl.weight, or train longer"
        )
        return Finding(logging.WARNING, advice)
    if active == len(nats):
        return Finding(logging.INFO, counted)
    idle = [str(number) for number, value in enumerate(nats, 1) if value < ACTIVE_NATS]
    advice = (
        f"{counted}, {', '.join(idle)} encode nothing: model.latent.dim={active} is "
        "enough, or lower training.weights.kl.weight"
    )
    return Finding(logging.INFO, advice)


def find_importance(model: LatentStatistics) -> Finding | None:
    """The number of latents that a player needs."""
    importance = model.importance()
    if not importance:
        return None
    count = num_important(importance)
    changes = ", ".join(f"{change:.1f}" for change in importance)
    text = (
        f"the first {count} of {len(importance)} latents make 90 % of the change that all make in "
        f"the sound (each by {changes} dB); script.py --latents {count} exports those"
    )
    return Finding(logging.INFO, text)


def find_ignored(model: Autoencoder, material: Material, task: str) -> Finding | None:
    """Whether a conditioning label has no effect."""
    if len(values_of(model, task)) < 2:
        return None
    effect = effect_of(model, material.excerpts, task)
    if effect.level_db >= EFFECTIVE_DB or effect.deviations >= EFFECTIVE_SIGMAS:
        return None
    advice = (
        f"the model ignores its conditioning label {task}: its values change the decoded sound by "
        f"{effect.level_db:.1f} dB only; check that metadata/{task} fits the sounds, set "
        "model.adversary_dims=[256,256] to keep it out of the latents, or train longer"
    )
    return Finding(logging.WARNING, advice)


def find_unpredicted(model: Labelled, material: Material, task: str) -> Finding | None:
    """Whether a label is predicted no better than by a constant."""
    found = prediction_score(
        model.vocabularies[task], *predicted_frames(model, material.short_excerpts, task)
    )
    if found is None or not found.is_trivial:
        return None
    score, trivial = (
        (f"with an error of {found.score:.3g}", f"{found.trivial:.3g}")
        if found.is_error
        else (f"right in {found.score:.0%} of the frames", f"{found.trivial:.0%}")
    )
    advice = (
        f"the model does not predict the label {task} of validation sounds: it is {score}, the "
        f"constant {found.always} gives {trivial}; check that metadata/{task} fits the sounds, "
        "label more files, or train longer"
    )
    return Finding(logging.WARNING, advice)
