"""From a recipe and settings to a configuration, as Hydra composes it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from hydra import compose as compose_with_hydra
from hydra import initialize_config_dir
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.global_hydra import GlobalHydra
from hydra.core.plugins import Plugins
from hydra.errors import HydraException, MissingConfigException
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from vschaos.configs.recipes import choices, chosen_family, family_of, recipes, search_path


def compose(
    recipe: str, overrides: Sequence[str] = (), settings: Mapping[str, Any] | None = None
) -> DictConfig:
    """Composes a configuration.

    Args:
        recipe: name of one, as after `--config-name`.
        overrides: in Hydra's grammar, `network=gru` or `+model.excerpt_frames=4`.
        settings: values by dotted key, choices among them, as they are.

    Raises:
        ValueError: there is no such recipe or choice, or an override cannot be parsed.
    """
    given = dict(settings or {})
    family = given.get("model") if isinstance(given.get("model"), str) else None
    path = search_path(family or chosen_family(overrides) or family_of(recipe))
    groups = choices(path)
    chosen = [key for key, value in given.items() if key in groups and isinstance(value, str)]
    words = [*overrides, *(f"{key}={given.pop(key)}" for key in chosen)]
    first = str(path[0])
    try:
        with _own_hydra(), searching(path), initialize_config_dir(first, version_base="1.3"):
            config = compose_with_hydra(recipe, words)
    except MissingConfigException as error:
        names = ", ".join(one.name for one in recipes())
        reason = str(error).splitlines()[0]
        raise ValueError(f"recipe must be one of {names}, got {recipe}: {reason}") from error
    except (HydraException, OmegaConfBaseException) as error:
        raise ValueError(sentence(error)) from error
    for key, value in given.items():
        plain = str(value) if isinstance(value, Path) else value
        OmegaConf.update(config, key, plain, force_add=True)
    return config


@contextmanager
def _own_hydra() -> Iterator[None]:
    """Composes apart from a Hydra that is at work: the one that composed a training, say."""
    hydra, at_work = GlobalHydra.instance(), GlobalHydra.instance().hydra
    hydra.clear()
    try:
        yield
    finally:
        hydra.hydra = at_work


class _SearchPath(SearchPathPlugin):
    """Shows Hydra more than one folder; `hydra.searchpath` would not find recipes in them."""

    folders: ClassVar[Sequence[Path]] = ()

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        for folder in self.folders:
            search_path.append("vschaos", str(folder))


@contextmanager
def searching(path: Sequence[Path]) -> Iterator[None]:
    """Lets Hydra search the folders after the first one, too, which it is given itself."""
    Plugins.instance().register(_SearchPath)
    before, _SearchPath.folders = _SearchPath.folders, path[1:]
    try:
        yield
    finally:
        _SearchPath.folders = before


def sentence(error: BaseException) -> str:
    """The first two lines of an error of Hydra's; the others repeat the key and its object."""
    return " ".join(str(error).split("\n")[:2])


def quoted(text: str) -> str:
    """Any text as Hydra's grammar takes it: within quotes, backslashes before a quote doubled."""
    escaped = re.sub(r"(\\+)$", r"\1\1", re.sub(r'(\\*)"', r'\1\1\\"', text))
    return f'"{escaped}"'
