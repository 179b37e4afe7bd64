"""Every setting is read by something: what nothing reads is refused, with the nearest that is.

A key is known if the configurations that are shipped name it, if it is an argument of the class
that `_target_` names beside it, or one of Lightning's Trainer, or if another setting refers to it.
"""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from vschaos.targets import find_target
from vschaos.training.trainer_settings import names_of_trainer_settings

TARGET = ("_target_", "_partial_")
# by label: the entry of each, whatever its name is
BY_LABEL = {
    "data.dataset.metadata_callbacks": ("name", "type"),
    "model.conditioning": ("dim", "target", "embedding", "width"),
    "model.prediction": ("dim", "type", "args"),
}
BY_LOSS = "training.weights"  # names are the model's, which the learner compares
WEIGHT = {"_target_": "vschaos.training.learner.LossWeight"}
CLOSE = 0.6  # of 1, the likeness of what may have been meant; difflib's own
CLOSE_ELSEWHERE = 0.75  # in another section, where there are many more


def shipped_settings(files: Iterable[Path]) -> dict[str, Any]:
    """All that the base and the choices name, one laid over the other.

    Args:
        files: of a family, as `vschaos.configs.recipes.setting_files` finds them; the base first.
    """
    shipped: dict[str, Any] = {}
    for number, file in enumerate(files):
        text = file.read_text(encoding="utf-8")
        settings = yaml.safe_load(text) or {}
        is_global = number == 0 or "@package _global_" in text
        _lay_over(shipped, settings if is_global else {file.parent.name: settings})
    for name in ("defaults", "hydra"):
        shipped.pop(name, None)
    shipped["trainer"] |= dict.fromkeys(names_of_trainer_settings() - shipped["trainer"].keys())
    return shipped


def check_settings(config: Mapping[str, Any], shipped: Mapping[str, Any]) -> None:
    """Looks if each setting is read by something.

    Args:
        config: as composed, with its interpolations.
        shipped: see `shipped_settings`.

    Raises:
        ValueError: one is not.
    """
    _Reader(config, shipped).check(config, shipped)


def check_choice(name: str, given: object, choices: Iterable[str]) -> None:
    """Looks if a setting is one of the words that it may be.

    Raises:
        ValueError: it is not.
    """
    known = [str(choice) for choice in choices]
    if given not in known:
        raise ValueError(f"{name} must be {_listed(known)}, got {given}")


class _Reader:
    """Knows what is read of a configuration."""

    def __init__(self, config: Mapping[str, Any], shipped: Mapping[str, Any]) -> None:
        self.referred_to = set(_references(config))
        self.shipped = shipped

    def check(self, value: Any, shipped: Any, path: str = "", is_argument: bool = False) -> None:
        """A section or a value, beside what is shipped in its place, if anything is.

        Args:
            is_argument: of a class, which knows itself what it takes.
        """
        if not isinstance(value, Mapping):
            # what is built, or an argument, may be left out
            is_left_out = value is None and (is_argument or not _is_section(shipped))
            if isinstance(shipped, Mapping) and shipped and not is_left_out:
                held = sorted(set(shipped) - set(TARGET))
                raise ValueError(f"{path} must hold {_listed(held)}, got {value}")
            return
        if path in self.referred_to:
            return
        allowed = self._allowed(value, shipped, path, is_argument)
        for key, entry in value.items():
            where = f"{path}.{key}" if path else str(key)
            if allowed is not None and key not in allowed and where not in self.referred_to:
                raise ValueError(self._refusal(where, str(key), path, allowed))
            if path in BY_LABEL:
                self._check_entry(entry, where, BY_LABEL[path])
            else:
                beside = WEIGHT if path == BY_LOSS else None
                beside = shipped.get(key, beside) if isinstance(shipped, Mapping) else beside
                self.check(entry, beside, where, "_target_" in value)

    def _allowed(
        self, value: Mapping[str, Any], shipped: Any, path: str, is_argument: bool
    ) -> set[str] | None:
        """Names that a section may hold; none if it may hold any."""
        if "_target_" in value:
            return {*TARGET, *_arguments(value["_target_"])}
        if isinstance(shipped, Mapping) and "_target_" in shipped:
            raise ValueError(
                f"{path} must name its class, {path}._target_={shipped['_target_']} for one, "
                f"got {_listed(sorted(value))} alone"
            )
        if not shipped or is_argument or path in BY_LABEL or path == BY_LOSS:
            return None
        return set(shipped)

    def _check_entry(self, entry: Any, path: str, allowed: Iterable[str]) -> None:
        for key in entry if isinstance(entry, Mapping) else ():
            if key not in allowed:
                raise ValueError(self._refusal(f"{path}.{key}", key, path, set(allowed)))

    def _refusal(self, where: str, key: str, path: str, allowed: set[str]) -> str:
        return f"nothing reads {where}: {self._meant(key, path, allowed)}"

    def _meant(self, key: str, path: str, allowed: set[str]) -> str:
        names = sorted(allowed - set(TARGET))
        prefix = f"{path}." if path else ""
        if near := difflib.get_close_matches(key, names, n=1, cutoff=CLOSE):
            return f"did you mean {prefix}{near[0]}?"
        elsewhere = {place.rpartition(".")[2]: place for place in _places(self.shipped)}
        if near := difflib.get_close_matches(key, elsewhere, n=1, cutoff=CLOSE_ELSEWHERE):
            return f"did you mean {elsewhere[near[0]]}?"
        return f"{path or 'a configuration'} has {_listed(names)}"


def _is_section(shipped: Any) -> bool:
    return isinstance(shipped, Mapping) and bool(shipped) and "_target_" not in shipped


def _arguments(target: str) -> list[str]:
    return list(inspect.signature(find_target(target)).parameters)


def _places(section: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Of all settings, those of the outer sections last: they win where a name comes twice."""
    for key, value in section.items():
        where = f"{path}.{key}" if path else key
        if isinstance(value, Mapping):
            yield from _places(value, where)
        if key not in TARGET:
            yield where


def _references(value: Any) -> Iterator[str]:
    """What interpolations name, `${sizes.${size}.width}`: `sizes` and `size`."""
    if isinstance(value, Mapping):
        for entry in value.values():
            yield from _references(entry)
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from _references(entry)
    elif isinstance(value, str):
        for name in re.findall(r"\$\{([\w.]+)", value):
            yield name.strip(".")


def _lay_over(below: dict[str, Any], above: Mapping[str, Any]) -> None:
    for key, value in above.items():
        if isinstance(value, Mapping) and isinstance(below.get(key), dict):
            _lay_over(below[key], value)
        elif value is not None or key not in below:
            below[key] = dict(value) if isinstance(value, Mapping) else value


def _listed(names: list[str]) -> str:
    return ", ".join(names[:-1]) + " or " + names[-1] if len(names) > 1 else "".join(names)
