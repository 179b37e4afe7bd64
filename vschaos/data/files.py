"""The audio files of a dataset: which there are, and whether they changed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np

from vschaos.audio.files import AUDIO_EXTENSIONS, find_audio_files, is_audio
from vschaos.data.cache.manifest import Manifest
from vschaos.data.cache.sources import FileStamp, recognise
from vschaos.folders import list_files


def list_sounds(root: Path, n_files: int | None = None) -> list[Path]:
    """The audio files of a dataset in sorted order, or `n_files` of them evenly spread.

    Raises:
        FileNotFoundError: no such folder, or no audio file in it.
        ValueError: `n_files` is below 1.
    """
    if not root.is_dir():
        raise FileNotFoundError(
            f"the folder of a dataset was expected (data.dataset.root); there is no folder {root}"
        )
    folder = sounds_folder(root)
    paths = find_audio_files(folder, skips_made=True)
    if not paths:
        raise FileNotFoundError(
            f"there is no audio file in {folder} ({', '.join(AUDIO_EXTENSIONS)} are looked for)"
        )
    if n_files is None:
        return paths
    if n_files < 1:
        raise ValueError(f"data.dataset.n_files must be at least 1, got {n_files}")
    picked = np.linspace(0, len(paths) - 1, min(n_files, len(paths))).round().astype(int)
    return [paths[index] for index in picked]


def sounds_folder(root: Path) -> Path:
    """Where the sounds of a dataset lie: in its folder data, or in itself if there is none."""
    return root / "data" if (root / "data").is_dir() else root


def left_out(root: Path) -> dict[str, str]:
    """Why links and folders below a dataset are left out, by their names."""
    listing = list_files(sounds_folder(root), skips_made=True)
    reasons = {}
    for path in listing.again:
        if path.is_dir() or is_audio(path):
            target = os.path.realpath(path)
            reasons[name_in(path, root)] = f"it leads to {target}, which is listed already"
    for path in listing.made:
        count = len(find_audio_files(path))
        if count:
            files = f"{count} sound{'s' * (count != 1)}"
            reasons[name_in(path, root)] = f"{files} in it, made by vschaos"
    return reasons


def check_root(root: Path) -> None:
    """Refuses the folder data of a dataset in place of the dataset.

    Raises:
        ValueError: it is one.
    """
    is_data = root.absolute().name == "data" and not (root / "data").is_dir()
    if is_data and not (root / "metadata").is_dir():
        raise ValueError(
            f"the folder of a dataset was expected, got {root}, the folder of its sounds: did you "
            f"mean {root.absolute().parent}?"
        )


def name_in(path: Path, root: Path) -> str:
    """The name of a file in its dataset: its path relative to `root`, with `/`."""
    return path.relative_to(root).as_posix()


def find_changed(
    root: Path, digests: Mapping[str, str], cache: Path, sample_rate: int, channel: str | int
) -> set[str]:
    """Names of files in a dataset whose bytes differ from those expected.

    Those that were imported are known by their stamps; others are read.

    Args:
        root: the dataset.
        digests: the first digits of the SHA-256 of each file's bytes, by name.
        cache, sample_rate, channel: of the import.
    """
    manifest = Manifest(cache, root, sample_rate, channel)
    manifest.recall()
    changed = set()
    for name, digest in digests.items():
        with suppress(OSError):  # it is not there
            known, path = manifest.known.get(name), root / name
            if known is not None and known.stamp == FileStamp.of(path):
                found = known.digest
            else:
                found = recognise(path).digest
            if not found.startswith(digest):
                changed.add(name)
    return changed
