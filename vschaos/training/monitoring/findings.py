"""What is wrong with a trained model, in a sentence that says what to change."""

from __future__ import annotations

import logging
from typing import NamedTuple

from vschaos.evaluation.effects import effect_of, values_of
from vschaos.evaluation.latents import ACTIVE_NATS, activity
from vschaos.evaluation.prediction import predicted_frames, prediction_score
from vschaos.latents.importance import num_important
from vschaos.models.base import Model
from vschaos.training.monitoring.material import Material

# by which a label changes levels at least, if it is obeyed: on the demo's notes pitch and octave do
# so by 3 to 5 dB, and by 1.5 dB after a training on the same labels, shuffled
OBEYED_DB = 2.0
MOVED_DEVIATIONS = 0.05  # by which it moves the latents, if the encoder listens to it


class Finding(NamedTuple):
    """What was found.

    Attributes:
        level: of the message, as `logging` counts them.
        text: one sentence.
    """

    level: int
    text: str


def find(model: Model, material: Material) -> list[Finding]:
    """All that is to be said of a model at the end of its training."""
    findings = find_collapse(model, material) + find_importance(model)
    findings += [
        finding for task in model.conditioning_tasks for finding in find_dead(model, material, task)
    ]
    findings += [
        finding for task in model.predicted_tasks for finding in find_deaf(model, material, task)
    ]
    return findings


def find_collapse(model: Model, material: Material) -> list[Finding]:
    """How many latents say something of the sounds."""
    nats = activity(model, material.glimpses)
    if nats is None:
        return []
    active = int((nats >= ACTIVE_NATS).sum())
    found = f"{active} of {len(nats)} latents are active"
    if active == 0:
        advice = (
            f"the posterior has collapsed: {found}, each says less than {ACTIVE_NATS} nats a frame "
            "of the sounds, and turning them will change nothing; "
            "lower training.weights.kl.weight, or train longer"
        )
        return [Finding(logging.WARNING, advice)]
    if active < len(nats):
        idle = [str(number) for number, said in enumerate(nats, 1) if said < ACTIVE_NATS]
        advice = (
            f"{found}, {', '.join(idle)} say nothing of the sounds: model.latent.dim={active} is "
            "enough, or lower training.weights.kl.weight"
        )
        return [Finding(logging.INFO, advice)]
    return [Finding(logging.INFO, found)]


def find_importance(model: Model) -> list[Finding]:
    """How many latents a player needs."""
    importance = model.importance()
    if not importance:
        return []
    count = num_important(importance)
    changes = ", ".join(f"{change:.1f}" for change in importance)
    text = (
        f"the first {count} of {len(importance)} latents bring 90 % of what all change in the "
        f"sound (each by {changes} dB); script.py --latents {count} makes a model of those"
    )
    return [Finding(logging.INFO, text)]


def find_dead(model: Model, material: Material, task: str) -> list[Finding]:
    """If a label that is told does nothing."""
    if len(values_of(model, task)) < 2:
        return []
    effect = effect_of(model, material.excerpts, task)
    if effect.level_db >= OBEYED_DB or effect.deviations >= MOVED_DEVIATIONS:
        return []
    advice = (
        f"the label {task} is told to the model and ignored: its values change what is decoded by "
        f"{effect.level_db:.1f} dB only; check that metadata/{task} fits the sounds, set "
        "model.adversary_dims=[256,256] to keep it out of the latents, or train longer"
    )
    return [Finding(logging.WARNING, advice)]


def find_deaf(model: Model, material: Material, task: str) -> list[Finding]:
    """If a label that is predicted is not heard."""
    heard = prediction_score(
        model.vocabularies[task], *predicted_frames(model, material.glimpses, task)
    )
    if heard is None or not heard.is_trivial:
        return []
    score, trivial = (
        (f"with an error of {heard.score:.3g}", f"{heard.trivial:.3g}")
        if heard.is_error
        else (f"right in {heard.score:.0%} of the frames", f"{heard.trivial:.0%}")
    )
    advice = (
        f"the label {task} is not heard in the held-out sounds: it is predicted {score}, always "
        f"saying {heard.always} gives {trivial}; check that metadata/{task} fits the sounds, label "
        "more files, or train longer"
    )
    return [Finding(logging.WARNING, advice)]
