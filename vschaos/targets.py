"""From a configuration to objects: only the parts of this project that a configuration may name,
and torch's optimisers and schedules.

A run folder may come from a stranger, and its configuration names the classes to build. So a
`_target_` reaches nothing but what is listed here: no code that lies elsewhere, and no class of
this package that opens files as it is built.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Mapping
from typing import Any

ALLOWED = (
    "vschaos.models.",
    "vschaos.latents.",
    "vschaos.layers.",
    "vschaos.dsp.",
    "vschaos.losses.",
    "vschaos.data.augment.",
    "vschaos.data.basic_waves.BasicWaves",
    "vschaos.data.features.",
    "vschaos.data.loading.Loading",
    "vschaos.data.presets.Presets",
    "vschaos.data.rendered.Rendered",
    "vschaos.data.sounds.Dataset",
    "vschaos.data.sounds.Sounds",
    "vschaos.training.early_stopping.",
    "vschaos.training.ema.WeightAveraging",
    "vschaos.training.learner.",
    "vschaos.training.monitoring.",
    "torch.optim.",
)


def build(config: Any, *arguments: Any) -> Any:
    """Builds what a configuration describes.

    A mapping with `_target_: package.Class` becomes an object of that class, its other entries the
    arguments, built first; with `_partial_: true` it becomes a function that still takes the
    leading arguments. All else stays as it is.

    Args:
        config: plain mappings, lists and values.
        arguments: leading arguments of the outermost object.

    Raises:
        ValueError: a `_target_` that is not allowed or not there, or arguments that do not fit.
    """
    if isinstance(config, Mapping):
        built = {
            key: build(value)
            for key, value in config.items()
            if key not in ("_target_", "_partial_")
        }
        if "_target_" not in config:
            return built
        target = find_target(config["_target_"])
        try:
            if config.get("_partial_", False):
                return functools.partial(target, **built)
            return target(*arguments, **built)
        except (TypeError, AttributeError, RuntimeError) as error:
            if isinstance(error, RecursionError):
                raise
            raise ValueError(f"{config['_target_']} cannot be built: {error}") from error
    if isinstance(config, (list, tuple)):
        return [build(value) for value in config]
    return config


def find_target(name: str) -> type:
    """The class of that dotted name.

    Raises:
        ValueError: it may not be named, or is not there.
    """
    refusal = ValueError(
        f"_target_ must name a class below {' or '.join(ALLOWED)} (of torch.optim an optimiser or "
        f"a schedule); got {name!r}"
    )
    if not isinstance(name, str) or not name.startswith(ALLOWED):
        raise refusal
    module_name, _, class_name = name.rpartition(".")
    try:
        target = getattr(importlib.import_module(module_name), class_name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"_target_ {name!r} is not there: {error}") from error
    # a module of ours may hold names of other packages: these are not ours to offer
    if not isinstance(target, type) or not _is_offered(target):
        raise refusal
    return target


def _is_offered(target: type) -> bool:
    from torch.optim import Optimizer
    from torch.optim.lr_scheduler import LRScheduler

    if target.__module__.startswith("torch."):
        return issubclass(target, (Optimizer, LRScheduler))
    return f"{target.__module__}.{target.__qualname__}".startswith(ALLOWED)
