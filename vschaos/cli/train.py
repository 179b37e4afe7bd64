#!/usr/bin/env python3
"""Trains a model on a folder of sounds."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vschaos.command import run_command

if TYPE_CHECKING:
    from vschaos.models.base import Model

CONFIGS = Path(__file__).resolve().parent / "configs"
TEXTS = ("name", "rundir", "data.dataset.root", "data.dataset.cache")  # Hydra would parse them

HELP = """\
Trains a model on a folder of sounds.

  python3 train_model.py --config-name dgt_mid name=my_training data.dataset.root=my_data

recipes (--config-name):
{recipes}

settings you may want (any in configs/ can be given as setting=value):
  name=...                 of the training; needed
  data.dataset.root=...    folder with data/, where the sounds lie; needed
  rundir=runs              runs are written to rundir/name/version_0, version_1, ...
  length=full              or quick, which ends once held-out sounds come no nearer
  trainer.max_steps=...    length of the training in steps
  trainer.max_time=...     or in days:hours:minutes:seconds, 00:00:06:00
  model.latent.dim=16      numbers per frame that a player can turn
  augment=mild             what makes more of few sounds: off, mild or strong
  data.dataset.n_files=20  takes that many files only, for a try
  resume=true              goes on with the newest version of that name
  +check=1                 shows the model, the data and a batch before anything is trained
  seed=0                   another one gives another training
  --multirun               one training for each value: model.latent.dim=4,8,16
  --debug                  shows the trace of an error
"""


def main() -> int:
    arguments = sys.argv[1:]
    if not arguments or {"-h", "--help"} & set(arguments):
        sys.stdout.write(HELP.format(recipes=_recipes()))
        return 0 if arguments else 2
    debug = "--debug" in arguments
    sys.argv[1:] = [_forgiving(argument) for argument in arguments if argument != "--debug"]
    return run_command(_compose_and_train, debug)


def _compose_and_train() -> int:
    os.environ["HYDRA_FULL_ERROR"] = "1"  # errors come to us rather than end the process
    _accept_lazy_help()
    import hydra
    from hydra.core.hydra_config import HydraConfig
    from hydra.errors import HydraException, MissingConfigException
    from omegaconf import DictConfig, OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    failures: list[BaseException] = []  # kept from Hydra, which would print over their sentence

    @hydra.main(version_base="1.3", config_path=str(CONFIGS), config_name="dgt_mid")
    def train_composed(composed: DictConfig) -> None:
        if any(isinstance(failure, KeyboardInterrupt) for failure in failures):
            return  # Ctrl-C ends a sweep, rather than one training of it
        try:
            _check(OmegaConf.to_container(composed, resolve=False))
            missing = sorted(OmegaConf.missing_keys(composed))
            if missing:
                raise ValueError(f"still to be given: {', '.join(f'{key}=...' for key in missing)}")
            config: Any = OmegaConf.to_container(composed, resolve=True)
            config["name"] = str(config["name"])  # Hydra takes 123 for a number
            config["recipe"] = HydraConfig.get().job.config_name
            if config["resume"]:
                config = _resumed(config, HydraConfig.get().overrides.task)
            _train(config)
        except (Exception, KeyboardInterrupt) as error:
            failures.append(error)

    try:
        train_composed()
        if failures:
            raise failures[0]
    except MissingConfigException as error:
        raise ValueError(_not_there(str(error.missing_cfg_file))) from error
    except (HydraException, OmegaConfBaseException) as error:
        raise ValueError(" ".join(str(error).split("\n")[:2])) from error
    return 0


def _check(config: Any) -> None:
    """Looks if all that is given is read, and if the words given are those there are."""
    from vschaos.training import check_choice, check_settings, shipped_settings

    check_settings(config, shipped_settings(CONFIGS))
    if isinstance(config.get("sizes"), dict):
        check_choice("size", config["size"], config["sizes"])


def _not_there(file: str) -> str:
    group, _, choice = file.rpartition("/")
    if group in _groups():
        choices = sorted(path.stem for path in (CONFIGS / group).glob("*.yaml"))
        return f"{group} must be {' or '.join(choices)}, got {choice}"
    return f"--config-name: there is no recipe {file}; there is\n{_recipes()}"


def _groups() -> set[str]:
    """What is chosen from the files of a folder: augment=mild."""
    return {path.name for path in CONFIGS.iterdir() if path.is_dir()}


def _accept_lazy_help() -> None:
    """Python 3.14 checks help texts as options are added; Hydra has one that is no str until it is
    printed (as of 1.3.8)."""
    if sys.version_info >= (3, 14):
        argparse.ArgumentParser._check_help = lambda *_: None


def _resumed(config: dict[str, Any], overrides: list[str]) -> dict[str, Any]:
    from vschaos.training import resumed

    return resumed(config, [override.lstrip("+").partition("=")[0] for override in overrides])


def _train(config: dict[str, Any]) -> None:
    import logging

    from vschaos.training import train

    folder = train(config, go_on=_ask, try_export=_export)
    if folder is not None:
        logging.info(
            "done: %s\nlisten: python3 generate.py reconstruct %s --files some.wav\n"
            "export: python3 script.py %s",
            folder,
            shlex.quote(str(folder)),
            shlex.quote(str(folder)),
        )


def _export(model: Model) -> None:
    """As script.py will, up to what nn~ calls first; nothing is written."""
    from vschaos.export import script_stream

    script_stream(model.stream().eval(), model.sample_rate).get_methods()


def _ask() -> bool:
    return sys.stdin.isatty() and input("c to go on, anything else to stop: ").strip() == "c"


def _forgiving(argument: str) -> str:
    """With `+` or without it sets what is there and what is not, which `_check` judges; names and
    paths may be written as they are."""
    key, is_setting, value = argument.lstrip("+").partition("=")
    is_sweep = "," in value and bool({"-m", "--multirun"} & set(sys.argv))
    if key not in TEXTS or is_sweep or re.fullmatch(r"null|(['\"]).*\1|", value):
        if not is_setting or not re.fullmatch(r"(?!hydra\b)\w[\w.]*", key):
            return argument
        return f"{key}={value}" if key in _groups() else f"++{key}={value}"
    if value.startswith("~/"):
        value = str(Path(value).expanduser())
    # within quotes Hydra takes all as it is, but for backslashes before a quote
    escaped = re.sub(r"(\\+)$", r"\1\1", re.sub(r'(\\*)"', r'\1\1\\"', value))
    return f'{key}="{escaped}"'


def _recipes() -> str:
    lines = []
    for file in sorted(CONFIGS.glob("dgt_*.yaml")):
        lines.append(f"  {file.stem:<24} {file.read_text(encoding='utf-8').splitlines()[0][2:]}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
