"""How a run was set, what of it differs from its recipe, and the commands that play it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from vschaos.configs.composing import compose
from vschaos.configs.recipes import recipes
from vschaos.runs import Run

OF_THE_RUN = ("name", "rundir", "resume", "check", "data.dataset.root", "hydra", "report", "recipe")
TABLES = ("sizes",)  # from which other settings are looked up
REFERENCE = re.compile(r"\$\{([^${}]+)\}")
Settings = dict[str, Any]


def describe_settings(run: Run) -> dict[str, Any]:
    """The whole configuration, and how it differs from the recipe that is nearest to it."""
    nearest = _nearest_recipe(run.config)
    return {
        "config": yaml.safe_dump(run.config, sort_keys=False, allow_unicode=True),
        "recipe": nearest[0] if nearest else None,
        "differences": nearest[1] if nearest else [],
    }


def commands(run: Run) -> list[dict[str, str]]:
    """What to type, and what comes of it."""
    folder = shlex.quote(str(run.folder))
    name = run.name if len(run.name) > 2 else f"{run.name}_model"  # as an export is called
    checkpoint = "" if run.checkpoint.stem == "last" else f" -n {shlex.quote(run.checkpoint.stem)}"
    data = shlex.quote(str(run.config["data"]["dataset"]["root"]))
    rows = [
        ("export it for nn~, with its patches", f"python3 script.py {folder}{checkpoint}"),
        ("play it in Max or PureData", f"[nn~ {name} forward]"),
        ("play its latents", f"[nn~ {name} encode]  [nn~ {name} decode]"),
        (
            "put sounds through it",
            f"python3 generate.py reconstruct {folder}{checkpoint} --files some.wav",
        ),
        (
            "walk through its space",
            f"python3 generate.py trajectories {folder}{checkpoint} --trajectories sin random line",
        ),
    ]
    if run.model.conditioning_tasks:
        task = run.model.conditioning_tasks[0]
        sweep = f"python3 generate.py sweep {folder}{checkpoint} --task {shlex.quote(task)}"
        rows.append((f"hear one sound under each {task}", sweep))
    rows.append(("look at the sounds and labels again", f"python3 -m vschaos.data.check {data}"))
    rows.append(("write this page again", f"python3 -m vschaos.report {folder}{checkpoint}"))
    return [{"purpose": purpose, "command": command} for purpose, command in rows]


def _nearest_recipe(config: Settings) -> tuple[str, list[list[Any]]] | None:
    """The recipe that the run was trained with; if it is not there, the one with the fewest
    differences."""
    names = [recipe.name for recipe in recipes()]
    if config.get("recipe") in names:
        names = [config["recipe"]]
    compared = []
    for name in names:
        try:
            recipe = OmegaConf.to_container(compose(name), resolve=False)
        except (OSError, HydraException, OmegaConfBaseException, yaml.YAMLError):
            continue
        compared.append((name, list(_differences(_flat(recipe), _flat(config)))))
    return min(compared, key=lambda entry: len(entry[1]), default=None)


def _flat(settings: Any, key: str = "") -> dict[str, Any]:
    """Plain values by dotted key."""
    if isinstance(settings, Mapping) and settings:
        flat: dict[str, Any] = {}
        for name, value in settings.items():
            flat |= _flat(value, f"{key}.{name}" if key else str(name))
        return flat
    return {key: settings}


def _differences(recipe: Settings, config: Settings) -> Iterator[list[Any]]:
    """Key, value of the recipe, value of the run, as texts."""
    for key in {**recipe, **config}:
        expected, came = recipe.get(key), config.get(key)
        expected = _looked_up(expected, config)
        is_own = any(key == one or key.startswith(f"{one}.") for one in OF_THE_RUN + TABLES)
        if not is_own and not _alike(expected, came):
            yield [key, _told(expected, key in recipe), _told(came, key in config)]


def _looked_up(value: Any, config: Settings) -> Any:
    """What `${key}` stands for; keys may themselves hold references."""
    while isinstance(value, str) and (found := REFERENCE.search(value)):
        meant = config.get(found[1])
        if found[0] == value or meant is None:
            return meant
        value = value.replace(found[0], str(meant))
    return value


def _alike(one: Any, other: Any) -> bool:
    is_nothing = [value is None or value == {} or value == [] for value in (one, other)]
    return all(is_nothing) or _number(one) == _number(other)


def _number(value: Any) -> Any:
    """YAML takes 1e-3 for a text where Hydra takes it for a number."""
    try:
        return float(value) if not isinstance(value, bool) else value
    except (TypeError, ValueError):
        return value


def _told(value: Any, is_there: bool) -> str:
    return str(value) if is_there and value is not None else "none" if is_there else "not there"
