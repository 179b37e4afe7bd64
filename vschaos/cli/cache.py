"""`vschaos cache`: shows the cache of imported sounds, or clears it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vschaos.cli.command import make_parser, run_command

if TYPE_CHECKING:
    from vschaos.data.cache.cleanup import CachedDataset, Usage

DESCRIPTION = """Shows the cache of imported sounds, or clears it. Removed sounds are imported
again when they are needed; sounds of a running training stay. Features are removed with them.

  vschaos cache
  vschaos cache --clear my_sounds
  vschaos cache --clear-unused 30
  vschaos cache --clear-all
"""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = make_parser("cache", DESCRIPTION)
    parser.add_argument(
        "--cache", type=Path, help="its folder (default: $VSCHAOS_CACHE or ~/.cache/vschaos)"
    )
    parser.add_argument(
        "--clear", type=Path, nargs="+", metavar="dataset", help="remove these datasets' sounds"
    )
    parser.add_argument(
        "--clear-unused", type=float, metavar="DAYS", help="remove what was not used for so long"
    )
    parser.add_argument("--clear-all", action="store_true", help="remove all, tracked pitches too")
    parser.add_argument(
        "--verify", action="store_true", help="read all, and remove what is damaged"
    )
    options = parser.parse_args(arguments)
    return run_command(lambda: run(options), options.debug)


def run(options: argparse.Namespace) -> None:
    from vschaos.data.cache.cleanup import clear, list_datasets, measure_usage, remove_damaged
    from vschaos.data.cache.store import default_cache

    cache: Path = options.cache or default_cache()
    if not cache.is_dir():
        if options.cache:
            raise FileNotFoundError(f"--cache must be a folder, got {cache}")
        _print(f"nothing is cached: there is no folder {cache}")
        return
    if options.verify:
        verified = remove_damaged(cache)
        features = f" and {verified.features} features" if verified.features else ""
        _print(
            f"{verified.sounds} sounds{features} were read, "
            f"{verified.damaged} were damaged and are removed"
        )
    if options.clear or options.clear_unused is not None or options.clear_all:
        is_unwanted = _unwanted(options, list_datasets(cache))
        for dataset in clear(cache, is_unwanted, options.clear_all, options.clear_unused):
            _print(f"{dataset.manifest.root} is in use, and stays")
    _print("\n".join(_lines(cache, list_datasets(cache), measure_usage(cache))))


def _unwanted(
    options: argparse.Namespace, datasets: list[CachedDataset]
) -> Callable[[CachedDataset], bool]:
    roots = {str(path.expanduser().resolve()) for path in options.clear or []}
    missing = roots - {dataset.manifest.root for dataset in datasets}
    if missing:
        raise ValueError(
            "--clear must name datasets with sounds in the cache (without --clear, those are "
            f"listed), got {', '.join(sorted(missing))}"
        )
    days = options.clear_unused

    def is_unwanted(dataset: CachedDataset) -> bool:
        is_old = days is not None and dataset.days >= days
        return bool(options.clear_all or is_old or dataset.manifest.root in roots)

    return is_unwanted


def _lines(cache: Path, datasets: list[CachedDataset], usage: Usage) -> Iterator[str]:
    yield f"{cache}: {_megabytes(usage.total)}"
    for dataset in datasets:
        manifest = dataset.manifest
        channel = "" if manifest.channel == "mix" else f", channel {manifest.channel}"
        num_bytes = dataset.num_feature_bytes
        features = f" and {_megabytes(num_bytes)} of features" if num_bytes else ""
        yield (
            f"  {manifest.root}\n"
            f"    {dataset.num_files} files, {dataset.minutes:.1f} minutes at "
            f"{manifest.sample_rate} Hz{channel}, {_megabytes(dataset.num_bytes)}{features}, "
            f"{_last_used(dataset)}"
        )
    others = {
        "sounds of no dataset any more": usage.unlisted_sounds,
        "tracked pitches": usage.pitch,
        "features of no dataset any more": usage.unlisted_features,
    }
    for kind, num_bytes in others.items():
        if num_bytes:
            yield f"  {kind}: {_megabytes(num_bytes)}"


def _last_used(dataset: CachedDataset) -> str:
    if dataset.is_in_use:
        return "in use"
    days = int(dataset.days)
    return "used today" if days == 0 else f"used {days} day{'s' * (days > 1)} ago"


def _megabytes(num_bytes: float) -> str:
    return f"{num_bytes / 1e6:,.1f} MB"


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
