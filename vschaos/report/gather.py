"""The contents of a report as plain data."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import torch

from vschaos.evaluation.excerpts import excerpt_of
from vschaos.evaluation.prediction import confusions
from vschaos.evaluation.rendered import open_material
from vschaos.evaluation.summary import read_summary
from vschaos.generation.material import Material, spread
from vschaos.latents.importance import num_important
from vschaos.models.capabilities import Autoencoder, Labelled, LatentStatistics, Matching
from vschaos.report.curves import Logs, draw_curves, read_logs
from vschaos.report.dataset import summarise
from vschaos.report.listening import listen, measure
from vschaos.report.matching import describe_matching
from vschaos.report.settings import commands, describe_settings
from vschaos.report.space import draw_map
from vschaos.runs import Run

FILES, SECONDS = 32, 10.0  # whose predictions are counted


@torch.inference_mode()
def gather(run: Run) -> dict[str, Any]:
    """All contents of a run's report, by section: mappings, lists, texts and numbers. Sections
    without the capability they need are not there."""
    material = open_material(run)
    logs = read_logs(run.folder / "logs")
    contents: dict[str, Any] = {
        "name": run.name,
        "version": run.folder.name,
        "checkpoint": run.checkpoint.stem,
        "facts": _facts(run, logs),
        "curves": draw_curves(logs, run.model.tracked_metrics),
        "dataset": summarise(run, material),
        "settings": describe_settings(run),
        "commands": commands(run),
    }
    if isinstance(run.model, Autoencoder):
        contents |= {"listening": listen(run, run.model, material), "map": draw_map(run, material)}
    else:
        contents["metrics"] = measure(run, material)
    if isinstance(run.model, Matching):
        contents["matching"] = describe_matching(run, run.model)
    if isinstance(run.model, Labelled):
        contents["predictions"] = _predictions(run, run.model, material)
    return contents


def _predictions(run: Run, model: Labelled, material: Material) -> list[dict[str, Any]]:
    """The confusion matrix of each predicted label, on held-out sounds (on training sounds if none
    were held out)."""
    side = material.side_to_show
    names = spread(material.names(side), FILES) if model.predicted_tasks else []
    clips = [material.clip(name, SECONDS, side) for name in names]
    excerpts = [excerpt_of(run, material, clip) for clip in clips if clip is not None]
    return [{"task": task, **matrix} for task, matrix in confusions(model, excerpts).items()]


def _facts(run: Run, logs: Logs) -> list[list[str]]:
    """Names and values at the head of the page."""
    model = run.model
    versions = json.loads((run.folder / "versions.json").read_text(encoding="utf-8"))
    parameters = sum(parameter.numel() for parameter in model.parameters())
    facts = [
        ["model", type(model).__name__],
        ["parameters", f"{parameters:,}"],
        ["sample rate", f"{run.sample_rate} Hz"],
        ["latents", _latents(run)],
        ["conditioning", ", ".join(run.conditioning_tasks)],
        ["prediction", ", ".join(run.predicted_tasks)],
        ["steps", f"{_steps(run):,}"],
        ["trained in", _duration(logs.seconds) if logs.seconds else ""],
        ["begun", f"{datetime.fromtimestamp(logs.began):%Y-%m-%d}" if logs.began else ""],
        ["held out", read_summary(run.folder, run.checkpoint) or ""],
        ["vschaos", str(versions.get("vschaos", ""))],
    ]
    return [fact for fact in facts if fact[1]]


def _latents(run: Run) -> str:
    """Number and rate of the latents, and how many are important, if that is known."""
    model = run.model
    if not isinstance(model, Autoencoder):
        return ""
    text = f"{model.latent_dim}, every {1000 / run.frame_rate:.1f} ms"
    count = num_important(model.importance()) if isinstance(model, LatentStatistics) else 0
    return f"{text}; the first {count} bring 90 % of the change in the sound" if count else text


def _steps(run: Run) -> int:
    """Training steps of the weights."""
    checkpoint = torch.load(run.checkpoint, map_location="cpu", weights_only=True, mmap=True)
    return int(checkpoint["global_step"])


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
