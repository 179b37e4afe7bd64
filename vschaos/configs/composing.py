"""From a recipe and settings to a configuration, as Hydra composes it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra import compose as compose_with_hydra
from hydra import initialize_config_dir
from omegaconf import OmegaConf

from vschaos.configs.recipes import choices, family_of, folders, search_path


def compose(
    recipe: str,
    overrides: Sequence[str] = (),
    settings: Mapping[str, Any] | None = None,
    is_resolved: bool = True,
) -> dict[str, Any]:
    """Composes a configuration.

    Args:
        recipe: name of one, as after `--config-name`.
        overrides: as Hydra takes them, `network=gru` or `+model.excerpt_frames=4`.
        settings: values by dotted key, which may be choices as well; they need no quotes.
        is_resolved: false leaves `${...}` as it stands.
    """
    given, groups = dict(settings or {}), list(overrides)
    family = given.get("model") if isinstance(given.get("model"), str) else None
    path = search_path(family or chosen_family(overrides) or family_of(recipe))
    known = choices(path)
    groups += [f"{key}={given.pop(key)}" for key in list(given) if is_choice(key, given, known)]
    with initialize_config_dir(str(folders()[0]), version_base="1.3"):
        config = compose_with_hydra(recipe, [*groups, search_path_override(path)])
    for key, value in given.items():
        OmegaConf.update(config, key, _plain(value), force_add=True)
    composed: Any = OmegaConf.to_container(config, resolve=is_resolved)
    return composed


def is_choice(key: str, given: Mapping[str, Any], known: Mapping[str, object]) -> bool:
    return key in known and isinstance(given[key], str)


def chosen_family(overrides: Sequence[str]) -> str | None:
    """`x` of `model=x`, which takes the place of the recipe's own."""
    chosen = [text.partition("=")[2] for text in overrides if re.match(r"\+{0,2}model=", text)]
    return chosen[-1] if chosen else None


def search_path_override(path: Sequence[Path]) -> str:
    """Tells Hydra where to look, beside the first folder."""
    return f"hydra.searchpath=[{','.join(quoted(str(folder)) for folder in path[1:])}]"


def quoted(text: str) -> str:
    """As Hydra's grammar takes any text: within quotes, with backslashes before a quote doubled."""
    escaped = re.sub(r"(\\+)$", r"\1\1", re.sub(r'(\\*)"', r'\1\1\\"', text))
    return f'"{escaped}"'


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value
