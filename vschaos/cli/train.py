"""`vschaos train`: trains a model on a folder of sounds."""

from __future__ import annotations

import argparse
import logging
import os
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

from vschaos.cli.command import run_command
from vschaos.configs.recipes import (
    choices,
    chosen_family,
    family_of,
    folders,
    recipes,
    search_path,
)

TEXTS = ("name", "rundir", "data.dataset.root", "data.dataset.cache")  # Hydra would parse them
DEFAULT_RECIPE = "dgt_mid"

HELP = """\
Trains a model on a folder of sounds.

example:
  vschaos train --config-name dgt_mid name=my_training data.dataset.root=my_data

recipes (--config-name), by the family of models they choose:
{recipes}
Recipes of your own, in configs/ of the current folder, are found as well.

settings you may want (any of a recipe can be given as setting=value):
  name=...                 of the training; needed
  data.dataset.root=...    folder with data/, where the sounds lie; needed
  rundir=runs              runs are written to rundir/name/version_0, version_1, ...
  length=full              or quick, which ends once the validation metric improves no more
  trainer.max_steps=...    length of the training in steps
  trainer.max_time=...     or in days:hours:minutes:seconds, 00:00:06:00
  model.latent.dim=16      numbers per frame that a player can turn
  augment=mild             data augmentation: off, mild or strong
  data.dataset.n_files=20  takes that many files only, for a try
  resume=true              resumes the newest version of that name
  +check=1                 shows the model, the data and a batch before training begins
  seed=0                   another one gives another training
  --multirun               one training for each value: model.latent.dim=4,8,16
  --debug                  shows the trace of an error
"""


def main(arguments: Sequence[str] | None = None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or {"-h", "--help"} & set(given):
        sys.stdout.write(HELP.format(recipes=_listed_recipes()))
        return 0 if given else 2
    before = sys.argv[: -len(given)] if sys.argv[-len(given) :] == given else sys.argv[:1]
    words = [word for word in given if word != "--debug"]
    return run_command(lambda: _compose_and_train(before, words), "--debug" in given)


def _compose_and_train(before: list[str], words: list[str]) -> int:
    """Trains what Hydra composes.

    Args:
        before: the program, and the words up to the arguments of this command.
        words: the arguments.
    """
    os.environ["HYDRA_FULL_ERROR"] = "1"  # errors reach us rather than end the process
    _accept_lazy_help()
    import hydra
    from hydra.core.hydra_config import HydraConfig
    from hydra.errors import HydraException, MissingConfigException
    from omegaconf import DictConfig
    from omegaconf.errors import OmegaConfBaseException

    from vschaos.api import train_composed
    from vschaos.configs.composing import searching, sentence

    recipe = _value(words, "--config-name", "-cn") or DEFAULT_RECIPE
    further = _value(words, "--config-dir", "-cd")
    places = [*folders(), *([Path(further)] if further else [])]
    family = chosen_family(words) or family_of(recipe, places)
    path = search_path(family, places)
    groups = choices(path)
    settings = [_forgiving(word, groups, words) for word in words]
    failures: list[BaseException] = []  # kept from Hydra, which would print over their sentence

    @hydra.main(version_base="1.3", config_path=str(path[0]), config_name=DEFAULT_RECIPE)
    def train_one(composed: DictConfig) -> None:
        if any(isinstance(failure, KeyboardInterrupt) for failure in failures):
            return  # Ctrl-C ends a sweep, rather than one training of it
        sys.argv = [*before, *settings]  # by which Lightning starts further processes
        try:
            overrides = HydraConfig.get().overrides.task
            given = [word.lstrip("+").partition("=")[0] for word in overrides]
            _report(train_composed(composed, recipe, family, given, _ask))
        except (Exception, KeyboardInterrupt) as error:
            failures.append(error)

    try:
        with searching(path), _arguments(before[0], settings):
            train_one()
        if failures:
            raise failures[0]
    except MissingConfigException as error:
        raise ValueError(_refusal(str(error.missing_cfg_file), groups)) from error
    except (HydraException, OmegaConfBaseException) as error:
        raise ValueError(sentence(error)) from error
    return 0


@contextmanager
def _arguments(program: str, words: list[str]) -> Iterator[None]:
    """Lets Hydra read these arguments, which it takes from nowhere but `sys.argv`."""
    own = sys.argv
    sys.argv = [program, *words]
    try:
        yield
    finally:
        sys.argv = own


def _value(words: Sequence[str], *options: str) -> str:
    """The value of an option of Hydra's; empty if it is not given."""
    for place, word in enumerate(words):
        option, has_value, value = word.partition("=")
        if option in options:
            return value if has_value else "".join(words[place + 1 : place + 2])
    return ""


def _refusal(file: str, groups: dict[str, list[str]]) -> str:
    group, _, choice = file.rpartition("/")
    if group in groups:
        return f"{group} must be {' or '.join(groups[group])}, got {choice}"
    return f"--config-name: there is no recipe {file}; there is\n{_listed_recipes()}"


def _accept_lazy_help() -> None:
    """Python 3.14 checks help texts as options are added; Hydra has one that is no str until it is
    printed (as of 1.3.8)."""
    if sys.version_info >= (3, 14):
        argparse.ArgumentParser._check_help = lambda *_: None


def _report(folder: Path | None) -> None:
    if folder is not None:
        from vschaos.runs.reading import read_config
        from vschaos.runs.writing import listening

        listen = listening(read_config(folder), folder)
        name = shlex.quote(str(folder))
        logging.info("done: %s\nlisten: %s\nexport: vschaos export %s", folder, listen, name)


def _ask() -> bool:
    return sys.stdin.isatty() and input("c to go on, anything else to stop: ").strip() == "c"


def _forgiving(argument: str, groups: dict[str, list[str]], words: Sequence[str]) -> str:
    """With `+` or without it, sets what is there and what is not, which is checked later; names
    and paths may be written as they are."""
    from vschaos.configs.composing import quoted

    key, is_setting, value = argument.lstrip("+").partition("=")
    is_sweep = "," in value and bool({"-m", "--multirun"} & set(words))
    if key not in TEXTS or is_sweep or re.fullmatch(r"null|(['\"]).*\1|", value):
        if not is_setting or not re.fullmatch(r"(?!hydra\b)\w[\w.]*", key):
            return argument
        return f"{key}={value}" if key in groups else f"++{key}={value}"
    if value.startswith("~/"):
        value = str(Path(value).expanduser())
    return f"{key}={quoted(value)}"


def _listed_recipes() -> str:
    lines = []
    for family, of_family in groupby(recipes(), lambda recipe: recipe.family):
        lines.append(f"  {family or 'no family'}")
        lines += [f"    {recipe.name:<22} {recipe.purpose}" for recipe in of_family]
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
