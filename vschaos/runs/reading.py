"""Reads the files of a run folder, which may come from a stranger."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import yaml

from vschaos.labels import Vocabulary

FORMAT = 3  # of the run folder
WRITTEN_TO = (".", "checkpoints", "logs")  # by a resumed training


def find_version(path: Path, version: int | None = None) -> Path:
    """The version's folder, from that of a training, of a version, or a file in it."""
    if version is not None and (path / f"version_{version}").is_dir():
        return path / f"version_{version}"
    if version is not None:
        raise FileNotFoundError(f"there is no version_{version} in {path}")
    # a config.yaml above a training's folder belongs to something else
    is_inside = path.is_file() or path.name == "checkpoints"
    for candidate in (path, *(path.absolute().parents[:2] if is_inside else ())):
        if (candidate / "config.yaml").is_file():
            return candidate
    versions = _versions(path)
    if not versions:
        raise FileNotFoundError(
            f"expected the folder of a training (with version_N/config.yaml), got {path}"
        )
    trained = [folder for folder in versions if any((folder / "checkpoints").glob("*.ckpt"))]
    return (trained or versions)[-1]


def newest_version(training: Path) -> Path:
    """The version that began last, to be resumed, with or without a checkpoint.

    Raises:
        FileNotFoundError: none has begun.
    """
    versions = _versions(training)
    if not versions:
        raise FileNotFoundError(
            f"resume=true: there is nothing to resume in {training} (no version_N with a "
            "config.yaml); leave it out to begin the training"
        )
    return versions[-1]


def _versions(training: Path) -> list[Path]:
    files = training.glob("version_*/config.yaml")
    return sorted((file.parent for file in files), key=number_of)


def number_of(folder: Path) -> int:
    """N of `version_N`; -1 for another name."""
    number = folder.name.removeprefix("version_")
    return int(number) if number.isdecimal() else -1


def read_config(folder: Path) -> dict[str, Any]:
    """The configuration of a version's folder.

    Raises:
        FileNotFoundError: it is not there.
        ValueError: it is no configuration, or the run has another format.
    """
    config = read_settings(folder)
    check_format(folder)
    return config


def read_settings(folder: Path) -> dict[str, Any]:
    """The configuration of a version's folder, whatever the format of the run."""
    file = folder / "config.yaml"
    try:
        config = yaml.load(file.read_text(encoding="utf-8"), _PlainLoader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"{file} is not plain YAML: {error}") from error
    if not isinstance(config, dict) or "model" not in config or "name" not in config:
        raise ValueError(f"{file} must hold the settings of a run (name, model, ...)")
    check_name(config["name"])
    return config


def check_format(folder: Path) -> None:
    """Refuses a run of another format.

    Raises:
        FileNotFoundError: the run does not state its format.
        ValueError: it is another one.
    """
    versions = read_json(folder / "versions.json")
    found, author = versions.get("format"), versions.get("vschaos", "unknown")
    if found == FORMAT:
        return
    is_newer = isinstance(found, int) and found > FORMAT
    advice = "install a newer vschaos" if is_newer else "train it again"
    raise ValueError(
        f"expected a run of format {FORMAT}, got format {found!r} (vschaos {author}) in {folder}: "
        f"{advice}"
    )


def read_vocabularies(folder: Path) -> dict[str, Vocabulary]:
    """The labels that the model of a version's folder knows."""
    file = folder / "vocabularies.json"
    try:
        return {
            _plain_name(task): Vocabulary.from_json(entries)
            for task, entries in read_json(file).items()
        }
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error


def read_split(folder: Path) -> dict[str, Any]:
    """The data split of a run: names of the training files (`train`) and the validation files
    (`held_out`).

    Also `parts`, by side and name the first sample and the end of the part of a file that belongs
    to that side, for files that are split in time, `digests` of the files' bytes by name, and
    `usual_peak`, to which files beyond full scale were scaled.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it holds no names, or names that lead out of a dataset.
    """
    file = folder / "split.json"
    split: dict[str, Any] = {"parts": {}, "digests": {}, "usual_peak": 1.0} | read_json(file)
    split.pop("rendered", None)  # the seed of sounds that were rendered, for the reader
    if split.keys() != {"train", "held_out", "parts", "digests", "usual_peak"}:
        raise ValueError(f"{file} must name the files of train and held_out, got {sorted(split)}")
    for side in ("train", "held_out"):
        _check_file_names(file, split[side])
    try:
        split["parts"] = {
            side: {name: _part(*part) for name, part in named.items() if name in split[side]}
            for side, named in split["parts"].items()
        }
        split["digests"] = {name: str(digest) for name, digest in split["digests"].items()}
        split["usual_peak"] = _usual_peak(split["usual_peak"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{file}: parts, digests or usual_peak are malformed") from error
    return split


def _part(first: int, end: int) -> tuple[int, int]:
    if not 0 <= int(first) < int(end):
        raise ValueError
    return int(first), int(end)


def _usual_peak(value: object) -> float:
    if not isinstance(value, int | float) or not 0.0 < value <= 1.0:
        raise ValueError
    return float(value)


def check_name(name: object) -> str:
    """Returns the name of a training if it is valid as a folder's name."""
    name = str(name)
    is_plain = Path(name).name == name and not name.startswith(".") and name.isprintable()
    if not name or not is_plain:
        raise ValueError(f"name must be a plain name for a folder, got {name!r}")
    return name


def check_own_folders(folder: Path, names: Iterable[str] = WRITTEN_TO) -> None:
    """Refuses to write to folders of a run that are symbolic links: they may lead anywhere.

    Raises:
        ValueError: one of them is a link.
    """
    for name in names:
        if (folder / name).is_symlink():
            raise ValueError(
                f"{folder / name} is a link to {(folder / name).readlink()}: a run writes to its "
                "own folder alone; put a folder there"
            )


def read_json(file: Path) -> dict[str, Any]:
    """The JSON object in a file of a run.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it holds something else.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise FileNotFoundError(f"the run is incomplete: {file} is missing") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{file} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise ValueError(f"{file} must hold an object")
    return content


class _PlainLoader(yaml.SafeLoader):
    """Refuses aliases: a run has none, and a few of them can expand beyond any memory."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("it has aliases (*name)")
        return super().compose_node(parent, index)


def _plain_name(task: str) -> str:
    """Returns the name of a label if it is valid as a part of a file's name."""
    if not task or not task.isprintable() or any(sign in task for sign in "/\\"):
        raise ValueError(f"a label must have a plain name, got {task!r}")
    return task


def _check_file_names(file: Path, names: object) -> None:
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"{file} must hold lists of names")
    for name in names:
        is_absolute = name.startswith("/") or PureWindowsPath(name).drive
        if not name or "\0" in name or is_absolute or ".." in PurePosixPath(name).parts:
            raise ValueError(f"{file} names {name!r}, which leads out of the dataset")
