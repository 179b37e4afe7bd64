"""The evaluation of a run."""

from __future__ import annotations

import logging
import platform
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

from vschaos import __version__
from vschaos.data.pitch.networks import make_tracker
from vschaos.data.pitch.tracking import Tracker
from vschaos.evaluation.baselines import (
    Baseline,
    ModelReconstruction,
    PCAReconstruction,
    Silence,
    TransformReconstruction,
)
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
    moved,
)
from vschaos.evaluation.latents import evaluate_latents
from vschaos.evaluation.measures import LSD, SOUND_MEASURES, Measured, default_tracker
from vschaos.evaluation.pca import fit_pca
from vschaos.evaluation.prediction import confusions, lsd_by_labels
from vschaos.evaluation.rendered import is_rendered, open_material
from vschaos.evaluation.similarity import (
    FileMetrics,
    compare_file_magnitudes,
    compare_file_sounds,
    file_metrics,
    mean_metrics,
    pool_magnitudes,
    pool_sounds,
)
from vschaos.generation.material import Material, spread
from vschaos.models.base import Model
from vschaos.models.capabilities import Autoencoder, Labelled, LatentStatistics, Spectral
from vschaos.progress import Progress
from vschaos.runs import Run

INVERSIONS = ("keep_input", "rtisi")  # the defaults of forward and decode of a `.ts`
DECODER = "decoder"  # in their place, for a model that decodes sound without an inversion
logger = logging.getLogger(__name__)


class Evaluation(NamedTuple):
    """The result of an evaluation.

    Attributes:
        facts: all but the files, as plain mappings, lists, texts and numbers; sections without the
            capability they need are not there.
        files: the measures of each file.
        excerpts: the sounds.
        inversions: those compared, the first of them for listening.
        baselines: those compared, the model first; none if it reconstructs nothing.
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
    """Evaluates a run on sounds that it was not trained on.

    Args:
        data: a folder of any sounds, or the present folder of the run's own dataset; by default the
            held-out files.
        inversions: `keep_input` and `rtisi` by default, as far as the model has them.
        tracker: name of the pitch tracker, None for no measures of pitch.
        count: at most so many files.

    Raises:
        FileNotFoundError, ValueError: there is nothing to evaluate the run on.
    """
    inversions = _inversions(run.model, inversions)
    pitch_tracker = _tracker(tracker) if isinstance(run.model, Autoencoder) else None
    own = moved(run, data)
    run = own or run
    material = open_material(run, prefers_files=True)
    if data is not None and own is None:
        sounds = excerpts_of(run, data, count)
    else:
        sounds = held_out_excerpts(run, material, count)
    model, excerpts = run.model, sounds.excerpts
    files = [
        file_metrics(model, excerpt) for excerpt in Progress(excerpts, desc="metrics", unit="file")
    ]
    facts = {**_facts(run, sounds, pitch_tracker), "metrics": mean_metrics(files)}
    baselines: list[Baseline] = []
    if isinstance(model, Autoencoder):
        baselines = _baselines(model, material)
        files, baselines = _compare(model, files, excerpts, baselines, inversions, pitch_tracker)
        facts |= {
            "magnitudes": pool_magnitudes(files),
            "sounds": pool_sounds(files),
            "measures": [
                {key: value for key, value in measure._asdict().items() if key != "pool"}
                for measure in SOUND_MEASURES
            ],
        }
    if isinstance(model, Labelled):
        facts["labels"] = _label_facts(run, model, excerpts, material, pitch_tracker)
    if isinstance(model, LatentStatistics):
        facts["latents"] = evaluate_latents(model, excerpts)
    return Evaluation(facts, files, excerpts, inversions, baselines)


@torch.inference_mode()
def magnitude_distances(run: Run, data: Path | None = None) -> dict[str, Measured]:
    """The measures of magnitudes over the held-out files, which are fast without a phase: of the
    model, the better PCA and silence, by name.

    Args:
        data: the present folder of the run's dataset, if it moved.

    Raises:
        ValueError: the model reconstructs nothing.
    """
    if not isinstance(run.model, Autoencoder):
        raise ValueError(f"expected a run of an autoencoder, got {type(run.model).__name__}")
    own = moved(run, data) or run
    material = open_material(own, prefers_files=True)
    excerpts = held_out_excerpts(own, material).excerpts
    files = [file_metrics(run.model, excerpt) for excerpt in excerpts]
    files, baselines = _compare_magnitudes(
        run.model, files, excerpts, _baselines(run.model, material)
    )
    pooled = pool_magnitudes(files)
    return {one.name: pooled[one.name] for one in baselines if one.name in pooled}


def _compare_magnitudes(
    model: Autoencoder,
    files: Sequence[FileMetrics],
    excerpts: Sequence[Excerpt],
    baselines: Sequence[Baseline],
) -> tuple[list[FileMetrics], list[Baseline]]:
    """The files with measures of magnitudes, and the baselines without the worse PCA."""
    coded = [one for one in baselines if not isinstance(one, TransformReconstruction)]
    files = [
        file._replace(magnitudes=compare_file_magnitudes(model, excerpt, coded))
        for file, excerpt in zip(
            Progress(files, desc="magnitudes", unit="file"), excerpts, strict=True
        )
    ]
    pooled = pool_magnitudes(files)
    components = [one for one in baselines if isinstance(one, PCAReconstruction)]
    best = min(components, key=lambda one: pooled[one.name][LSD.key] or 0.0, default=None)
    return files, [
        one for one in baselines if not isinstance(one, PCAReconstruction) or one is best
    ]


def _compare(
    model: Autoencoder,
    files: Sequence[FileMetrics],
    excerpts: Sequence[Excerpt],
    baselines: Sequence[Baseline],
    inversions: Sequence[str],
    tracker: Tracker | None,
) -> tuple[list[FileMetrics], list[Baseline]]:
    """The files with all measures of their reconstructions, and the baselines that have sounds."""
    files, baselines = _compare_magnitudes(model, files, excerpts, baselines)
    sounding = [one for one in baselines if not isinstance(one, Silence)]
    progress = Progress(files, desc="sounds", unit="file")
    return [
        file._replace(sounds=compare_file_sounds(model, excerpt, sounding, inversions, tracker))
        for file, excerpt in zip(progress, excerpts, strict=True)
    ], sounding


def _inversions(model: Model, given: Sequence[str] | None) -> list[str]:
    known = model.inversions if isinstance(model, Spectral) else ()
    for inversion in given or ():
        if inversion not in known:
            allowed = ", ".join(known) or "none: the model has no inversions"
            raise ValueError(f"--inversions: expected {allowed}, got {inversion!r}")
    if given:
        return list(dict.fromkeys(given))
    return [one for one in INVERSIONS if one in known] or [known[0] if known else DECODER]


def _tracker(name: str | None) -> Tracker | None:
    if name is None:
        return None
    chosen = default_tracker() if name == "default" else name
    if name == "default" and chosen != "swift":
        logger.info("pitch tracker: torchcrepe tiny; pip install 'swift-f0>=0.3,<0.4' is better")
    return make_tracker(chosen)


def _baselines(model: Autoencoder, material: Material) -> list[Baseline]:
    """The model, PCA and the transform alone if it is spectral, and silence."""
    if not isinstance(model, Spectral):
        return [ModelReconstruction(model), Silence(model)]
    representation = model.representation()
    components = fit_pca(material, representation, model.latent_dim)
    if not components and not is_rendered(material.run):
        logger.warning("left out PCA: the training files are not in %s", material.root)
    return [
        ModelReconstruction(model),
        *(
            PCAReconstruction(pca, representation, f"PCA-{model.latent_dim}, {pca.name}")
            for pca in components
        ),
        TransformReconstruction(representation),
        Silence(model),
    ]


def _facts(run: Run, sounds: EvaluationSet, tracker: Tracker | None) -> dict[str, Any]:
    seconds = sum(excerpt.audio.shape[1] for excerpt in sounds.excerpts) / run.sample_rate
    return {
        "run": run.name,
        "version": run.folder.name,
        "checkpoint": run.checkpoint.stem,
        "evaluated_on": sounds.origin,
        "files": len(sounds.excerpts),
        "seconds": round(seconds, 2),
        "left_out": [{"file": name, "reason": reason} for name, reason in sounds.left_out],
        "tracker": None if tracker is None else tracker.name,
        "vschaos": __version__,
        "date": time.strftime("%Y-%m-%d"),
        "machine": platform.processor() or platform.machine(),
        "tracked_metrics": [metric._asdict() for metric in run.model.tracked_metrics],
    }


def _label_facts(
    run: Run,
    model: Labelled,
    excerpts: Sequence[Excerpt],
    material: Material,
    tracker: Tracker | None,
) -> dict[str, Any]:
    """Conditioning, if the model decodes, and prediction; empty where there are no such labels."""
    facts: dict[str, Any] = {"notes": {}, "conditioning": {}, "lsd_by_labels": None}
    if isinstance(model, Autoencoder) and model.conditioning_tasks:
        names = spread([excerpt.name for excerpt in excerpts], FILES)
        picked = [brief(run, excerpt) for excerpt in excerpts if excerpt.name in names]
        if tracker is not None and is_conditioned_on_notes(model):
            facts["notes"] = note_accuracy(run, model, picked, material, tracker)
        facts["conditioning"] = conditioning_accuracy(model, picked)
        if set(model.conditioning_tasks) <= set(model.predicted_tasks):
            facts["lsd_by_labels"] = lsd_by_labels(model, excerpts)
    return {**facts, "prediction": confusions(model, excerpts)}
