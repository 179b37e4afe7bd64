"""Creates the folder of a new run, and writes all that is known before it begins."""

from __future__ import annotations

import json
import platform
import shlex
import time
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from itertools import count
from pathlib import Path
from typing import Any

import yaml

from vschaos import __version__
from vschaos.files import PARTIAL, partial_folder, written_whole
from vschaos.folders import mark_as_made
from vschaos.labels import Vocabulary
from vschaos.models.capabilities import Matching
from vschaos.runs.reading import FORMAT, WRITTEN_TO, check_name
from vschaos.targets import find_target

LIBRARIES = ("torch", "pytorch-lightning", "numpy", "hydra-core", "soundfile", "soxr")

README = """# {name}

A model trained by vschaos {version} on {date}, from {sounds}.

| file | content |
|---|---|
| `config.yaml` | every setting of the training, resolved |
| `split.json` | training and validation files, and parts of files |
| `vocabularies.json` | classes or range of each label |
| `versions.json` | versions of the code and its libraries |
| `state.json` | how the training ended |
| `checkpoints/last.ckpt`, `best.ckpt` | weights: the last, and the best in validation |
| `checkpoints/epoch_*.ckpt` | weights saved by schedule |
| `report.html`, `evaluation/` | report and evaluation, once they are written |
| `logs/` | losses, pictures and sounds, for `tensorboard --logdir {typed}` |

Evaluate: `vschaos evaluate {typed}`
Listen: `{listen}`
Export: `vschaos export {typed}`
"""


def create_run(
    rundir: Path,
    config: dict[str, Any],
    vocabularies: Mapping[str, Vocabulary],
    split: dict[str, Any],
) -> Path:
    """Creates `rundir/name/version_N`, N being the first free number, with all that is known of a
    run before it begins.

    It is written elsewhere and renamed, so that a version is never incomplete and a killed training
    can be resumed.
    """
    training = rundir / check_name(config["name"])
    for number in count():
        folder = training / f"version_{number}"
        if folder.exists():
            continue
        try:
            with partial_folder(folder) as partial:
                _describe(partial, folder, config, vocabularies, split)
                partial.rename(folder)
        except OSError as error:
            if folder.is_dir():  # another training has begun
                continue
            raise ValueError(f"rundir={rundir} cannot be written: {error.strerror}") from error
        break
    return folder


def _describe(
    partial: Path,
    folder: Path,
    config: dict[str, Any],
    vocabularies: Mapping[str, Vocabulary],
    split: dict[str, Any],
) -> None:
    """Writes the description of a run to `partial`, which becomes `folder`."""
    versions = {"format": FORMAT, "begun": time.strftime("%Y-%m-%d %H:%M")}
    versions |= {"vschaos": __version__, "python": platform.python_version()}
    versions |= {library: _version(library) for library in LIBRARIES}
    (partial / "checkpoints").mkdir()
    mark_as_made(partial)
    _write(partial / "versions.json", json.dumps(versions, indent=1))
    classes = {task: vocabulary.to_json() for task, vocabulary in vocabularies.items()}
    _write(partial / "vocabularies.json", json.dumps(classes, indent=1, ensure_ascii=False))
    _describe_sounds(partial, folder, config, split)


def note_sounds(folder: Path, config: dict[str, Any], split: dict[str, Any]) -> None:
    """Writes anew what a run is trained on: sounds joined it as it was resumed."""
    _describe_sounds(folder, folder, {**config, "resume": False, "check": False}, split)


def _describe_sounds(
    place: Path, folder: Path, config: dict[str, Any], split: dict[str, Any]
) -> None:
    readme = README.format(
        name=config["name"],
        version=__version__,
        date=time.strftime("%Y-%m-%d"),
        sounds=_sounds(config["data"]),
        typed=shlex.quote(str(folder)),
        listen=listening(config, folder),
    )
    _write(place / "README.md", readme)
    _write(place / "split.json", json.dumps(split, indent=1, ensure_ascii=False))
    _write(place / "config.yaml", _dump(config))


def listening(config: Mapping[str, Any], folder: Path) -> str:
    """The command by which a run is heard."""
    typed = shlex.quote(str(folder))
    try:
        finds_settings = issubclass(find_target(config["model"]["_target_"]), Matching)
    except ValueError:  # of a class that is no more
        finds_settings = False
    if finds_settings:
        return f"vschaos generate match {typed} --files some.wav --out matches"
    return f"vschaos generate reconstruct {typed} --files some.wav"


def _sounds(data: Mapping[str, Any]) -> str:
    """What a training gets its sounds from."""
    root = (data.get("dataset") or {}).get("root")
    sources = [f"the sounds in `{root}`"] if root else []
    if "renderer" in data:
        sources.insert(0, f"sounds rendered by `{data['renderer']['_target_']}`")
    return " and ".join(sources)


def clear_partial(folder: Path) -> None:
    """Removes partial files of a run whose training was killed."""
    for name in WRITTEN_TO:
        for partial in (folder / name).glob(f"*{PARTIAL}"):
            partial.unlink()


def note_state(folder: Path, state: str) -> None:
    """Records how a training ended: `finished`, `stopped` or `failed`."""
    _write(folder / "state.json", json.dumps({"state": state}))


class _PlainDumper(yaml.SafeDumper):
    """Writes repeated values in full, since aliases are not read."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _dump(config: dict[str, Any]) -> str:
    text: str = yaml.dump(config, Dumper=_PlainDumper, sort_keys=False, allow_unicode=True)
    return text


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def _write(file: Path, text: str) -> None:
    with written_whole(file, is_durable=True) as partial:
        partial.write_text(text, encoding="utf-8")
