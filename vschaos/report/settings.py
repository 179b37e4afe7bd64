"""The configuration of a run, its differences from a recipe, and commands that use the run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from omegaconf import OmegaConf

from vschaos.configs.composing import compose
from vschaos.configs.recipes import recipes
from vschaos.models.capabilities import Autoencoder, Matching, SingleCycle
from vschaos.runs import Run

OF_THE_RUN = ("name", "rundir", "resume", "check", "data.dataset.root", "hydra", "report", "recipe")
TABLES = ("sizes",)  # other settings refer to them
REFERENCE = re.compile(r"\$\{([^${}]+)\}")
Settings = dict[str, Any]


def describe_settings(run: Run) -> dict[str, Any]:
    """The configuration, and its differences from the run's recipe."""
    nearest = _nearest_recipe(run.config)
    return {
        "config": yaml.safe_dump(run.config, sort_keys=False, allow_unicode=True),
        "recipe": nearest[0] if nearest else None,
        "differences": nearest[1] if nearest else [],
    }


def commands(run: Run) -> list[dict[str, str]]:
    """Commands that use a run, by purpose."""
    typed = shlex.quote(str(run.folder))
    if run.checkpoint.stem != "last":
        typed += f" --name {shlex.quote(run.checkpoint.stem)}"
    name = run.name if len(run.name) > 2 else f"{run.name}_model"  # name of its export
    rows = [
        ("export it for nn~, with its patches", f"vschaos export {typed}"),
    ]
    if not isinstance(run.model, Autoencoder):
        rows.append(("play it in Max or PureData", f"[nn~ {name}]"))
    else:
        generate, kinds = "vschaos generate", "--trajectories sin random line"
        rows += [
            ("play it in Max or PureData", f"[nn~ {name} forward]"),
            ("play its latents", f"[nn~ {name} encode]  [nn~ {name} decode]"),
            ("reconstruct sounds", f"{generate} reconstruct {typed} --files some.wav"),
            ("decode trajectories", f"{generate} trajectories {typed} {kinds}"),
        ]
        if task := next(iter(run.conditioning_tasks), None):
            sweep = f"{generate} sweep {typed} --task {shlex.quote(task)}"
            rows.append((f"decode one sound under each {task}", sweep))
    if isinstance(run.model, Matching):
        command = f"vschaos generate match {typed} --files some.wav --out matches"
        rows.append(("find settings for your sounds", command))
    if isinstance(run.model, SingleCycle):
        purpose = "write wavetables for other synthesisers"
        rows.append(
            (purpose, f"vschaos generate tables {typed} --along {run.model.descriptors[0]}")
        )
    if root := (run.config["data"].get("dataset") or {}).get("root"):
        data = shlex.quote(str(root))
        rows.append(("check the sounds and labels again", f"vschaos check {data}"))
    rows.append(("write this page again", f"vschaos report {typed}"))
    return [{"purpose": purpose, "command": command} for purpose, command in rows]


def _nearest_recipe(config: Settings) -> tuple[str, list[list[Any]]] | None:
    """The recipe that the run was trained with; if it is not there, the one with the fewest
    differences."""
    names = [recipe.name for recipe in recipes()]
    compared = []
    for name in [config["recipe"]] if config.get("recipe") in names else names:
        try:
            recipe = OmegaConf.to_container(compose(name), resolve=False)
        except (OSError, ValueError):
            continue
        compared.append((name, list(_differences(_flat(recipe), _flat(config)))))
    return min(compared, key=lambda entry: len(entry[1]), default=None)


def _flat(settings: Any, key: str = "") -> dict[str, Any]:
    """Values by dotted key."""
    if isinstance(settings, Mapping) and settings:
        flat: dict[str, Any] = {}
        for name, value in settings.items():
            flat |= _flat(value, f"{key}.{name}" if key else str(name))
        return flat
    return {key: settings}


def _differences(recipe: Settings, config: Settings) -> Iterator[list[Any]]:
    """Key, value in the recipe and value in the run, as texts."""
    for key in {**recipe, **config}:
        expected, value = _resolved(recipe.get(key), config), config.get(key)
        is_own = any(key == one or key.startswith(f"{one}.") for one in OF_THE_RUN + TABLES)
        if not is_own and not _are_equal(expected, value):
            yield [key, _text(expected, key in recipe), _text(value, key in config)]


def _resolved(value: Any, config: Settings) -> Any:
    """The value of references `${key}`, whose keys may themselves hold references."""
    while isinstance(value, str) and (found := REFERENCE.search(value)):
        target = config.get(found[1])
        if found[0] == value or target is None:
            return target
        value = value.replace(found[0], str(target))
    return value


def _are_equal(one: Any, other: Any) -> bool:
    are_empty = [value is None or value == {} or value == [] for value in (one, other)]
    return all(are_empty) or _number(one) == _number(other)


def _number(value: Any) -> Any:
    """A number as such: 1e-3 is text in YAML, and a number in Hydra."""
    try:
        return float(value) if not isinstance(value, bool) else value
    except (TypeError, ValueError):
        return value


def _text(value: Any, is_there: bool) -> str:
    return str(value) if is_there and value is not None else "none" if is_there else "absent"
