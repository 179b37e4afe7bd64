"""Whether the files of a folder are those that a run began with: their bytes tell."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from vschaos.data.cache.manifest import FileStamp, Manifest
from vschaos.data.cache.sources import recognise


def find_changed(
    root: Path, digests: Mapping[str, str], cache: Path, sample_rate: int, channel: str | int
) -> set[str]:
    """Names of files that are in a dataset, and hold other bytes than they should.

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
