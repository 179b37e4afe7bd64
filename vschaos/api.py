"""Training from Python: `vschaos.train`, and what the command `vschaos train` shares with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from vschaos.models.base import Model
    from vschaos.runs import Run


def train(
    recipe: str = "dgt_mid", *, name: str, root: str | Path | None = None, **settings: Any
) -> Run:
    """Trains a model with a recipe, and opens its run.

        run = vschaos.train("dgt_small", name="cello", root="my_sounds", length="quick")
        run = vschaos.train("dgt_mid", name="cello", root="my_sounds", **{"model.latent.dim": 4})

    Args:
        recipe: shipped, or in `configs/` of the current folder; `vschaos train --help` lists them.
        name: of the training; its runs lie in `rundir/name/version_0`, `version_1`, ...
        root: folder of the sounds, as `data.dataset.root`; none for models that render their
            examples.
        settings: any of the recipe's, by their dotted keys, as the command line takes them.

    Raises:
        FileNotFoundError, ValueError: there is no such recipe, setting or dataset, or `check` is
            set, which stops before training.
        KeyboardInterrupt: Ctrl-C; states which step is saved.
    """
    from omegaconf.errors import OmegaConfBaseException

    from vschaos.configs.composing import compose, sentence
    from vschaos.configs.recipes import family_of
    from vschaos.runs import load_run

    given = {"name": name, **settings} | ({} if root is None else {"data.dataset.root": root})
    family = str(settings.get("model") or family_of(recipe))
    try:
        config = compose(recipe, settings=given)
        folder = train_composed(config, recipe, family, given)
    except OmegaConfBaseException as error:
        raise ValueError(sentence(error)) from error
    if folder is None:
        raise ValueError("expected check: false, as a training from Python asks nothing, got true")
    return load_run(folder)


def train_composed(
    composed: DictConfig,
    recipe: str,
    family: str,
    given: Iterable[str],
    go_on: Callable[[], bool] | None = None,
) -> Path | None:
    """Checks a configuration, and trains with it.

    Args:
        composed: with its interpolations.
        recipe: it was composed from.
        family: of the model.
        given: keys that the user set.
        go_on: see `vschaos.training.train`, which also says what is raised.
    """
    from omegaconf import OmegaConf

    from vschaos.training import resumed, train

    check_config(OmegaConf.to_container(composed, resolve=False), family)
    missing = sorted(OmegaConf.missing_keys(composed))
    if missing:
        raise ValueError(f"still to be given: {', '.join(f'{key}=...' for key in missing)}")
    config: Any = OmegaConf.to_container(composed, resolve=True)
    config |= {"name": str(config["name"]), "recipe": recipe}  # Hydra takes 123 for a number
    if config["resume"]:
        config = resumed(config, given)
    return train(config, go_on=go_on, try_export=_try_export)


def check_config(config: Any, family: str) -> None:
    """Checks that something reads each setting, and that choices are among those there are.

    Raises:
        ValueError: they are not.
    """
    from vschaos.configs.recipes import setting_files
    from vschaos.training import check_choice, check_settings, shipped_settings

    check_settings(config, shipped_settings(setting_files(family)))
    if isinstance(config.get("sizes"), dict):
        check_choice("size", config["size"], config["sizes"])


def _try_export(model: Model) -> None:
    """Scripts a model as `vschaos export` does, up to what nn~ calls first; nothing is written."""
    from vschaos.export import script_stream

    script_stream(model.stream().eval(), model.sample_rate).get_methods()
