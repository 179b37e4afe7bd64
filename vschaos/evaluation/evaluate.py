"""All that is measured of a run."""

from __future__ import annotations

import logging
import platform
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from vschaos import __version__
from vschaos.data.pitch.networks import make_tracker
from vschaos.data.pitch.tracking import Tracker
from vschaos.evaluation.baselines import Baseline, Silence, TheModel, ThePCA, TheTransform
from vschaos.evaluation.conditioning import (
    FILES,
    brief,
    conditioning_accuracy,
    is_conditioned_on_notes,
    note_accuracy,
)
from vschaos.evaluation.excerpts import (
    EvaluationSet,
    Excerpt,
    excerpts_of,
    held_out_excerpts,
    infer_labels,
    is_audible,
    moved,
)
from vschaos.evaluation.latents import evaluate_latents
from vschaos.evaluation.measures import AFTER_PHASE, LSD, compare_magnitudes, default_tracker
from vschaos.evaluation.pca import fit_pca
from vschaos.evaluation.prediction import confusion, predicted_frames
from vschaos.evaluation.similarity import (
    FileMetrics,
    compare_file_magnitudes,
    compare_file_sounds,
    summarise,
)
from vschaos.generation.material import Material, spread
from vschaos.labels import Labels
from vschaos.models.base import Model
from vschaos.progress import Progress
from vschaos.runs import Run

INVERSIONS = ("keep_input", "rtisi")  # what forward and decode of a `.ts` do by themselves
logger = logging.getLogger(__name__)


class Evaluation(NamedTuple):
    """What came of it.

    Attributes:
        facts: everything but the files, as plain mappings, lists, texts and numbers.
        files: what was measured of each.
        excerpts: the sounds.
        inversions: the ways to a phase that were tried, the first one to be listened to.
        candidates: what was compared, the model first.
    """

    facts: dict[str, Any]
    files: list[FileMetrics]
    excerpts: list[Excerpt]
    inversions: Sequence[str]
    baselines: list[Baseline]


@torch.inference_mode()
def evaluate(
    run: Run,
    data: Path | None = None,
    inversions: Sequence[str] | None = None,
    tracker: str | None = "default",
    count: int | None = None,
) -> Evaluation:
    """Judges a run by sounds that it has not learnt from.

    Args:
        data: a folder of any sounds, or where the run's own dataset lies now; the files that were
            held out if not given.
        inversions: ways to a phase; `keep_input` and `rtisi`, as far as the model has them.
        tracker: network that hears pitch, none for no measures of pitch.
        count: of files at most.

    Raises:
        FileNotFoundError, ValueError: there is nothing to judge it by.
    """
    ways = _inversions(run.model, inversions)
    ear = _tracker(tracker)
    own = moved(run, data)
    judged_run = own or run
    material = Material(judged_run, prefers_files=True)
    if data is not None and own is None:
        judged = excerpts_of(run, data, count)
    else:
        judged = held_out_excerpts(judged_run, material, count)
    baselines = _baselines(judged_run, material)
    coded = [candidate for candidate in baselines if not isinstance(candidate, TheTransform)]
    files = [
        compare_file_magnitudes(excerpt, coded, run.model.representation())
        for excerpt in Progress(judged.excerpts, desc="magnitudes", unit="file")
    ]
    baselines = _without_the_worse_pca(baselines, files)
    sounding = [candidate for candidate in baselines if not isinstance(candidate, Silence)]
    representation, rate = run.model.representation(), run.sample_rate
    files = [
        file._replace(after=compare_file_sounds(excerpt, sounding, ways, representation, rate, ear))
        for file, excerpt in zip(
            Progress(files, desc="sounds", unit="file"), judged.excerpts, strict=True
        )
    ]
    facts = {
        **_facts(judged_run, judged, ear),
        **summarise(files),
        "measures": [
            {key: value for key, value in measure._asdict().items() if key != "pool"}
            for measure in AFTER_PHASE
        ],
        "labels": _judge_labels(judged_run, judged.excerpts, material, ear),
        "latents": evaluate_latents(run.model, judged.excerpts),
    }
    return Evaluation(facts, files, judged.excerpts, ways, sounding)


@torch.inference_mode()
def magnitude_distances(run: Run, data: Path | None = None) -> dict[str, dict[str, float | None]]:
    """What needs no phase, and so is quick: of the model, of the better PCA and of silence, by
    their names, the measures `BEFORE_PHASE` over the files held out.

    Args:
        data: where the run's dataset lies now, if it moved.
    """
    own = moved(run, data) or run
    material = Material(own, prefers_files=True)
    excerpts = held_out_excerpts(own, material).excerpts
    coded = [one for one in _baselines(own, material) if not isinstance(one, TheTransform)]
    files = [
        compare_file_magnitudes(excerpt, coded, run.model.representation()) for excerpt in excerpts
    ]
    before = summarise(files)["before_phase"]
    return {one.name: before[one.name] for one in _without_the_worse_pca(coded, files)}


def _inversions(model: Model, asked: Sequence[str] | None) -> list[str]:
    if asked is None:
        return [way for way in INVERSIONS if way in model.inversions] or [model.inversions[0]]
    for way in asked:
        if way not in model.inversions:
            raise ValueError(
                f"--inversions: the model has {', '.join(model.inversions)}; {way!r} came"
            )
    return list(dict.fromkeys(asked))


def _tracker(name: str | None) -> Tracker | None:
    if name is None:
        return None
    chosen = default_tracker() if name == "default" else name
    if name == "default" and chosen != "swift":
        logger.info("pitch is heard by torchcrepe tiny; pip install 'swift-f0>=0.3,<0.4' is better")
    return make_tracker(chosen)


def _baselines(run: Run, material: Material) -> list[Baseline]:
    model = run.model
    representation = model.representation()
    components = fit_pca(material, representation, model.latent_dim)
    if not components:
        logger.warning(
            "the sounds that the run learnt from are not there (%s): no PCA to compare with",
            material.root,
        )
    return [
        TheModel(model),
        *(ThePCA(pca, representation, f"PCA-{model.latent_dim}, {pca.name}") for pca in components),
        TheTransform(representation),
        Silence(representation),
    ]


def _without_the_worse_pca(
    baselines: Sequence[Baseline], files: Sequence[FileMetrics]
) -> list[Baseline]:
    before = summarise(files)["before_phase"]
    components = [candidate for candidate in baselines if isinstance(candidate, ThePCA)]
    if not components:
        return list(baselines)
    best = min(components, key=lambda candidate: before[candidate.name][LSD.key] or 0.0)
    return [one for one in baselines if not isinstance(one, ThePCA) or one is best]


def _facts(run: Run, judged: EvaluationSet, tracker: Tracker | None) -> dict[str, Any]:
    seconds = sum(excerpt.audio.shape[1] for excerpt in judged.excerpts) / run.sample_rate
    return {
        "run": run.name,
        "version": run.folder.name,
        "checkpoint": run.checkpoint.stem,
        "judged_by": judged.origin,
        "files": len(judged.excerpts),
        "seconds": round(seconds, 2),
        "left_out": [{"file": name, "reason": reason} for name, reason in judged.left_out],
        "pitch_heard_by": None if tracker is None else tracker.name,
        "vschaos": __version__,
        "date": time.strftime("%Y-%m-%d"),
        "machine": platform.processor() or platform.machine(),
    }


def _judge_labels(
    run: Run, excerpts: Sequence[Excerpt], material: Material, tracker: Tracker | None
) -> dict[str, Any]:
    """What of labels a model has; sections that it has nothing for are empty."""
    names = spread([excerpt.name for excerpt in excerpts], FILES)
    picked = [brief(run, excerpt) for excerpt in excerpts if excerpt.name in names]
    judged: dict[str, Any] = {"notes": {}, "effects": {}, "heard": {}, "belief": None}
    if not run.vocabularies:
        return judged
    if tracker is not None and is_conditioned_on_notes(run.model):
        judged["notes"] = note_accuracy(run, picked, material, tracker)
    judged["effects"] = conditioning_accuracy(run, picked)
    judged["heard"] = _judge_heads(run, excerpts)
    judged["belief"] = _belief(run.model, excerpts)
    return judged


def _judge_heads(run: Run, excerpts: Sequence[Excerpt]) -> dict[str, Any]:
    """What the predictors take labelled frames for."""
    judged = {}
    for task in run.model.predicted_tasks:
        true, said = predicted_frames(run.model, excerpts, task)
        if len(true):
            judged[task] = confusion(run.vocabularies[task], true, said)
    return judged


def _belief(model: Model, excerpts: Sequence[Excerpt]) -> dict[str, float] | None:
    """Log-spectral distance when the decoder is told what is true, and when it is told what the
    model hears; None if it does not hear all that it is told."""
    if not model.conditioning_tasks or not set(model.conditioning_tasks) <= set(
        model.predicted_tasks
    ):
        return None
    transform = model.representation().transform
    distances: dict[str, list[float]] = {"true": [], "heard": []}
    frames = []
    for excerpt in excerpts:
        nothing = Labels(excerpt.labels.values, torch.zeros_like(excerpt.labels.known))
        target = transform(excerpt.audio).abs()
        for kind, labels in (("true", excerpt.labels), ("heard", nothing)):
            told = infer_labels(model, excerpt._replace(labels=labels))
            output = model.decode_magnitudes(model.encode(excerpt.audio, told), told)
            distances[kind].append(compare_magnitudes(output, target)[LSD.key] or 0.0)
        frames.append(int(is_audible(target).sum()))
    return {kind: float(np.average(rows, weights=frames)) for kind, rows in distances.items()}
