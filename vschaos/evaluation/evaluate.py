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
from vschaos.evaluation.baselines import SILENCE, TRANSFORM, Reconstruction, reconstructions_of
from vschaos.evaluation.conditioning import (
    FILES,
    SECONDS,
    conditioning_accuracy,
    is_conditioned_on_notes,
    note_accuracy,
)
from vschaos.evaluation.cycles import evaluate_cycles
from vschaos.evaluation.excerpts import (
    EvaluationSet,
    Excerpt,
    excerpts_of,
    held_out_excerpts,
    moved,
)
from vschaos.evaluation.latents import evaluate_latents
from vschaos.evaluation.matching import SOUNDS, match_held_out, matching_facts
from vschaos.evaluation.measures import LSD, SOUND_MEASURES, Measured
from vschaos.evaluation.own_sounds import match_own, own_facts
from vschaos.evaluation.pitch import default_tracker
from vschaos.evaluation.pitched import evaluate_pitched
from vschaos.evaluation.prediction import confusions, lsd_by_labels
from vschaos.evaluation.rendered import open_material
from vschaos.evaluation.similarity import (
    FileMetrics,
    mean_metrics,
    measure_file,
    measure_sounds,
    pool_magnitudes,
    pool_sounds,
)
from vschaos.generation.material import Material, spread
from vschaos.models.base import Model
from vschaos.models.capabilities import (
    Autoencoder,
    Labelled,
    LatentStatistics,
    Matching,
    Pitched,
    SingleCycle,
    Spectral,
)
from vschaos.progress import Progress
from vschaos.runs import Run

INVERSIONS = ("keep_input", "rtisi")  # the defaults of forward and decode of a `.ts`
DECODER = "decoder"  # in their place, for a model that decodes sound without an inversion
logger = logging.getLogger(__name__)


class Evaluation(NamedTuple):
    """The result of an evaluation.

    Attributes:
        facts: everything except the files, as plain mappings, lists, texts and numbers; sections
            without the capability they need are absent.
        files: the measures of each file.
        excerpts: the sounds.
        inversions: those compared, the first of them for listening.
        reconstructions: those compared as sounds, the model's first; none if it reconstructs
            nothing.
    """

    facts: dict[str, Any]
    files: list[FileMetrics]
    excerpts: list[Excerpt]
    inversions: Sequence[str]
    reconstructions: list[Reconstruction]


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
        inversions: `keep_input` and `rtisi` by default, if the model has them.
        tracker: name of the pitch tracker, None for no measures of pitch.
        count: maximal number of files.

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
    files, compared = _measure(model, excerpts, material)
    facts = {**_facts(run, sounds, pitch_tracker), "metrics": mean_metrics(files)}
    compared = [one for one in compared if one.name != SILENCE]
    if isinstance(model, Autoencoder):
        files = [
            file._replace(sounds=measure_sounds(model, one, compared, inversions, pitch_tracker))
            for file, one in zip(Progress(files, desc="sounds", unit="file"), excerpts, strict=True)
        ]
        facts |= {
            "magnitudes": pool_magnitudes(files),
            "sounds": pool_sounds(files),
            "measures": [
                {key: value for key, value in measure._asdict().items() if key != "pool"}
                for measure in SOUND_MEASURES
            ],
        }
    if isinstance(model, Pitched):
        facts["pitched"] = evaluate_pitched(model, excerpts, facts["sounds"][inversions[0]])
    if isinstance(model, SingleCycle):
        facts["cycles"] = evaluate_cycles(model, excerpts, material)
    if isinstance(model, Matching):
        matched = match_held_out(run, count or SOUNDS)
        facts["matching"] = matching_facts(model, matched)
        joined = match_own(run, matched)
        if joined is not None:
            facts["matching"]["own"] = own_facts(joined)
    if isinstance(model, Labelled):
        facts["labels"] = _label_facts(run, model, excerpts, material, pitch_tracker)
    if isinstance(model, LatentStatistics):
        facts["latents"] = evaluate_latents(model, excerpts)
    return Evaluation(facts, files, excerpts, inversions, compared)


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
    run = moved(run, data) or run
    material = open_material(run, prefers_files=True)
    files, compared = _measure(run.model, held_out_excerpts(run, material).excerpts, material)
    pooled = pool_magnitudes(files)
    return {one.name: pooled[one.name] for one in compared if one.name in pooled}


def _measure(
    model: Model, excerpts: Sequence[Excerpt], material: Material
) -> tuple[list[FileMetrics], list[Reconstruction]]:
    """The files with the model's own metrics and the measures of magnitudes, and the
    reconstructions without the worse PCA."""
    compared = reconstructions_of(model, material) if isinstance(model, Autoencoder) else []
    coded = [one for one in compared if one.name != TRANSFORM]  # its magnitudes are the input's
    progress = Progress(excerpts, desc="magnitudes", unit="file")
    files = [measure_file(model, excerpt, coded) for excerpt in progress]
    pooled = pool_magnitudes(files)
    components = [name for name in pooled if name.startswith("PCA")]
    best = min(components, key=lambda name: pooled[name][LSD.key] or 0.0, default=None)
    return files, [one for one in compared if one.name not in components or one.name == best]


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
        picked = [excerpt.cut(model, SECONDS) for excerpt in excerpts if excerpt.name in names]
        if tracker is not None and is_conditioned_on_notes(model):
            facts["notes"] = note_accuracy(run, model, picked, material, tracker)
        facts["conditioning"] = conditioning_accuracy(model, picked)
        if set(model.conditioning_tasks) <= set(model.predicted_tasks):
            facts["lsd_by_labels"] = lsd_by_labels(model, excerpts)
    return {**facts, "prediction": confusions(model, excerpts)}
