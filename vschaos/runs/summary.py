"""Summaries of runs, read without building their models."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import torch

from vschaos.models.base import Metric
from vschaos.runs.reading import check_format, find_version, number_of, read_json, read_settings

DEPTHS = ("version_*", "*/version_*", "*/*/version_*")  # of runs below a folder
STATES = ("finished", "stopped", "failed")


@dataclass(frozen=True)
class Summary:
    """A summary of a run.

    Attributes:
        folder: `.../version_N`.
        name: of the training.
        version: N.
        recipe: it was composed from; the class of the model if there was none.
        begun: year-month-day hour:minute.
        state: `finished`, `stopped`, `failed`, `unfinished` (it is training, or was killed), or
            `unreadable`.
        steps: of the last checkpoint; none without one.
        metrics: of validation sounds, by key, of the best weights.
        validation: the tracked ones of them, as text.
        importance: of each latent of the last checkpoint, dB, the most important first; empty
            without latent statistics.
        size_bytes: of the folder.
        problem: why it cannot be opened, or nothing.
        settings: plain values by dotted key.
    """

    folder: Path
    name: str
    version: int
    recipe: str = ""
    begun: str = ""
    state: str = "unreadable"
    steps: int | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    validation: str = ""
    importance: list[float] = field(default_factory=list)
    size_bytes: int = 0
    problem: str = ""
    settings: dict[str, Any] = field(default_factory=dict, repr=False)

    def to_json(self) -> dict[str, Any]:
        """Without the settings."""
        shown = {key: value for key, value in vars(self).items() if key != "settings"}
        return {**shown, "folder": str(self.folder)}


def find_runs(path: Path) -> list[Summary]:
    """Summaries of the runs in a folder of trainings, by name and version, or of a single one.

    Raises:
        FileNotFoundError: no such folder, or no run in it.
    """
    if not path.is_dir():
        raise FileNotFoundError(f"there is no folder {path}")
    if (path / "config.yaml").is_file():
        return [summarise(path)]
    files = {file for depth in DEPTHS for file in path.glob(f"{depth}/config.yaml")}
    if not files:
        raise FileNotFoundError(f"there is no run in {path} (no version_N with a config.yaml)")
    folders = [file.parent for file in files]
    return [summarise(folder) for folder in sorted(folders, key=lambda f: (f.parent, number_of(f)))]


def find_run(path: Path) -> Summary:
    """The summary of the newest run of a training, or of a version.

    Raises:
        FileNotFoundError: there is none.
    """
    if not path.exists():
        raise FileNotFoundError(f"there is no run {path}")
    return summarise(find_version(path))


def summarise(folder: Path) -> Summary:
    """Summarises a version's folder in any state; what cannot be read becomes its `problem`."""
    folder = folder.absolute()
    number, size = number_of(folder), sum(_sizes(folder))
    try:
        config = read_settings(folder)
    except (ValueError, OSError) as error:
        return Summary(folder, folder.parent.name, number, problem=str(error), size_bytes=size)
    last = _read_checkpoint(folder / "checkpoints" / "last.ckpt")
    best = _read_checkpoint(folder / "checkpoints" / "best.ckpt")
    steps = _whole_number(last.get("global_step"))
    return Summary(
        folder,
        str(config["name"]),
        number,
        _recipe(config),
        _begun(folder),
        _state(folder, config, steps),
        steps,
        _metrics(best),
        _shown(best),
        _importance(last),
        size,
        _problem(folder),
        flat(config),
    )


def flat(settings: Any, key: str = "") -> dict[str, Any]:
    """Nested settings -> plain values by dotted key."""
    if isinstance(settings, dict) and settings:
        found: dict[str, Any] = {}
        for name, value in settings.items():
            found |= flat(value, f"{key}.{name}" if key else str(name))
        return found
    return {key: settings}


def _problem(folder: Path) -> str:
    try:
        check_format(folder)
    except (ValueError, OSError) as error:
        return str(error)
    return ""


def _recipe(config: dict[str, Any]) -> str:
    model = config["model"] if isinstance(config["model"], dict) else {}
    return str(config.get("recipe") or str(model.get("_target_", "")).rpartition(".")[2])


def _begun(folder: Path) -> str:
    begun = _optional(folder / "versions.json").get("begun")
    if isinstance(begun, str):
        return begun
    return f"{datetime.fromtimestamp((folder / 'config.yaml').stat().st_mtime):%Y-%m-%d %H:%M}"


def _state(folder: Path, config: dict[str, Any], steps: int | None) -> str:
    state = _optional(folder / "state.json").get("state")
    if state in STATES:
        return str(state)
    trainer = config.get("trainer")
    most = trainer.get("max_steps") if isinstance(trainer, dict) else None
    is_whole = isinstance(most, int) and 0 < most <= (steps or 0)
    return "finished" if is_whole else "unfinished"


def _optional(file: Path) -> dict[str, Any]:
    try:
        return read_json(file)
    except (ValueError, OSError):
        return {}


def _metrics(best: dict[str, Any]) -> dict[str, float]:
    stored = best.get("metrics")
    if not isinstance(stored, dict):
        return {}
    return {str(name): float(value) for name, value in stored.items() if _is_number(value)}


def _shown(best: dict[str, Any]) -> str:
    """The tracked metrics as text."""
    values, tracked = _metrics(best), best.get("tracked_metrics")
    try:
        metrics = [Metric(**entry) for entry in tracked or ()]
        return ", ".join(m.text(values[m.key]) for m in metrics if m.key in values)
    except (TypeError, ValueError):  # not written by us
        return ""


def _importance(checkpoint: dict[str, Any]) -> list[float]:
    values = checkpoint.get("importance")
    return list(values) if isinstance(values, list) and all(map(_is_number, values)) else []


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _whole_number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _read_checkpoint(file: Path) -> dict[str, Any]:
    if not file.is_file():
        return {}
    try:
        # tensors stay on the disk, since many runs are listed at once
        content = torch.load(file, map_location="cpu", weights_only=True, mmap=True)
    except Exception:  # torch raises whatever a damaged or hostile file makes it raise
        return {}
    return content if isinstance(content, dict) else {}


def _sizes(folder: Path) -> Iterator[int]:
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            yield path.stat().st_size
