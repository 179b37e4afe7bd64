"""The settings of a resumed training."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from vschaos.runs import newest_version, read_config

# files may have moved
MAY_CHANGE = ("trainer.", "data.dataset.root", "data.dataset.cache", "model.plugin")
OF_THE_COMMAND = ("name", "rundir", "resume", "check", "report")


def resumed(config: dict[str, Any], given: Iterable[str]) -> dict[str, Any]:
    """The settings of the newest run of that name, with the new ones of `trainer`.

    Args:
        config: as composed for a new training.
        given: keys (`trainer.max_steps`) that the user set.

    Raises:
        FileNotFoundError: there is no such run.
        ValueError: a setting is given that differs from the run's and may not change.
    """
    saved = read_config(newest_version(Path(config["rundir"]) / config["name"]))
    settings = copy.deepcopy(saved)
    for key in given:
        if key in OF_THE_COMMAND:
            continue
        if key.startswith("training.monitoring"):  # does not change the model
            settings["training"]["monitoring"] = config["training"]["monitoring"]
        elif key.startswith(MAY_CHANGE):
            _section(settings, key)[key.rpartition(".")[2]] = _value(config, key)
        elif _value(config, key) != _value(saved, key):
            raise ValueError(
                f"resume=true expects the run's {key}={_value(saved, key)}, got "
                f"{_value(config, key)}: only trainer.* and training.monitoring may change"
            )
    schedule = settings["training"]["schedule"]
    if schedule.get("total_steps") == saved["trainer"]["max_steps"]:
        schedule["total_steps"] = settings["trainer"]["max_steps"]
    return {**settings, **{key: config[key] for key in OF_THE_COMMAND}}


def _section(config: dict[str, Any], key: str) -> dict[str, Any]:
    section = config
    for part in key.split(".")[:-1]:
        section = section.setdefault(part, {})
    return section


def _value(config: dict[str, Any], key: str) -> Any:
    section: Any = config
    for part in key.split("."):
        section = section.get(part) if isinstance(section, dict) else None
    return section
