"""All that a page shows, as plain data."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import torch

from vschaos.evaluation.summary import read_summary
from vschaos.generation.material import Material
from vschaos.latents.importance import num_important
from vschaos.report.curves import Logs, draw_curves, read_logs
from vschaos.report.dataset import summarise
from vschaos.report.listening import listen
from vschaos.report.predictions import judge_predictors
from vschaos.report.settings import commands, describe_settings
from vschaos.report.space import draw_map
from vschaos.runs import Run


def gather(run: Run) -> dict[str, Any]:
    """Everything of a run's page, by section: mappings, lists, texts and numbers."""
    material = Material(run)
    logs = read_logs(run.folder / "logs")
    return {
        "name": run.name,
        "version": run.folder.name,
        "checkpoint": run.checkpoint.stem,
        "facts": _facts(run, logs),
        "listening": listen(run, material),
        "map": draw_map(run, material),
        "curves": draw_curves(logs),
        "hearing": judge_predictors(run, material),
        "dataset": summarise(run, material),
        "settings": describe_settings(run),
        "commands": commands(run),
    }


def _facts(run: Run, logs: Logs) -> list[list[str]]:
    """What is said of a run at the head of its page: name and value."""
    model = run.model
    versions = json.loads((run.folder / "versions.json").read_text(encoding="utf-8"))
    parameters = sum(parameter.numel() for parameter in model.parameters())
    facts = [
        ["model", type(model).__name__],
        ["parameters", f"{parameters:,}"],
        ["sample rate", f"{run.sample_rate} Hz"],
        [
            "latents",
            f"{model.latent_dim}, every {1000 * model.hop_length / run.sample_rate:.1f} ms"
            f"{_mattering(run)}",
        ],
        ["told", ", ".join(model.conditioning_tasks)],
        ["hears", ", ".join(model.predicted_tasks)],
        ["steps", f"{_steps(run):,}"],
        ["trained in", _duration(logs.seconds) if logs.seconds else ""],
        ["begun", f"{datetime.fromtimestamp(logs.began):%Y-%m-%d}" if logs.began else ""],
        ["held out", read_summary(run.folder, run.checkpoint) or ""],
        ["vschaos", str(versions.get("vschaos", ""))],
    ]
    return [fact for fact in facts if fact[1]]


def _mattering(run: Run) -> str:
    """Half a sentence on how many latents matter, if that is known."""
    count = num_important(run.model.importance())
    return f"; the first {count} bring 90 % of what all change in the sound" if count else ""


def _steps(run: Run) -> int:
    """That the weights have been trained for."""
    checkpoint = torch.load(run.checkpoint, map_location="cpu", weights_only=True, mmap=True)
    return int(checkpoint["global_step"])


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
