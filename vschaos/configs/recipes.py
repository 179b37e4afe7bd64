"""Finds recipes, families and choices in the package, and in `configs/` of the current folder.

The current folder comes first: its files win over those of the package that have the same name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PACKAGE = Path(__file__).parent
BASE = "base.yaml"


@dataclass(frozen=True)
class Recipe:
    """A yaml at the top level of a folder of configurations.

    Attributes:
        name: what follows `--config-name`.
        purpose: its first line, a comment.
        family: the model that it chooses; empty if it chooses none.
    """

    name: str
    purpose: str
    family: str


def folders() -> list[Path]:
    """`configs/` of the current folder, if there is one, and that of the package."""
    own = Path.cwd() / "configs"
    is_own = own.is_dir() and not own.samefile(PACKAGE)
    return [own, PACKAGE] if is_own else [PACKAGE]


def recipes(among: Iterable[Path] | None = None) -> list[Recipe]:
    """All recipes, by name, those of the families in turn."""
    found: dict[str, Recipe] = {}
    places = list(folders() if among is None else among)
    for file in (file for folder in places for file in sorted(folder.glob("*.yaml"))):
        if file.name != BASE and file.stem not in found:
            first = file.read_text(encoding="utf-8", errors="replace").partition("\n")[0]
            purpose = first.lstrip("# ") if first.startswith("#") else ""
            found[file.stem] = Recipe(file.stem, purpose, family_of(file.stem, places))
    return sorted(found.values(), key=lambda recipe: (recipe.family, recipe.name))


def chosen_family(overrides: Sequence[str]) -> str | None:
    """`x` of `model=x`, which takes the place of the recipe's own."""
    chosen = [text.partition("=")[2] for text in overrides if re.match(r"\+{0,2}model=", text)]
    return chosen[-1] if chosen else None


def family_of(name: str, among: Iterable[Path] | None = None) -> str:
    """The model that a recipe chooses, itself or by the recipes it builds on."""
    places, family, seen = list(folders() if among is None else among), "", {name}
    queue = [name]
    while queue and not family:
        for entry in _defaults(queue.pop(0), places):
            if isinstance(entry, dict):
                family = next((str(v) for k, v in entry.items() if _group(k) == "model"), family)
            elif entry not in seen:
                seen.add(entry)
                queue.append(entry)
    return "" if family == "???" else family


def _group(key: object) -> str:
    """`override /model` -> `model`."""
    return str(key).removeprefix("override ").strip().lstrip("/")


def _defaults(name: str, places: list[Path]) -> list[Any]:
    for file in (place / f"{name}.yaml" for place in places):
        if file.is_file():
            try:
                content = yaml.safe_load(file.read_text(encoding="utf-8"))
            except (yaml.YAMLError, UnicodeDecodeError):
                return []  # which Hydra explains once the recipe is used
            listed = content.get("defaults") if isinstance(content, dict) else None
            return listed if isinstance(listed, list) else []
    return []


def search_path(family: str, among: Iterable[Path] | None = None) -> list[Path]:
    """Folders in which Hydra finds the choices of a family, and all others."""
    places = list(folders() if among is None else among)
    own = [place / "model" / family for place in places if family]
    return [*places, *(folder for folder in own if folder.is_dir())]


def choices(path: Iterable[Path]) -> dict[str, list[str]]:
    """What each group can be: `augment` -> `mild`, `off` and `strong`."""
    found: dict[str, set[str]] = {}
    for file in (file for folder in path for file in folder.glob("*/*.yaml")):
        found.setdefault(file.parent.name, set()).add(file.stem)
    return {group: sorted(names) for group, names in found.items()}


def setting_files(family: str) -> Iterator[Path]:
    """Files that name the settings of a family: the base, and all that can be chosen."""
    path = search_path(family)
    yield next(file for place in path if (file := place / BASE).is_file())
    for folder in path:
        for file in sorted(folder.glob("*/*.yaml")):
            if file.parent.name != "model" or file.stem == family:
                yield file
