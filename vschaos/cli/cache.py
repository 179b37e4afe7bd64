"""`vschaos cache`: shows what is kept of imported sounds, or removes it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vschaos.cli.command import make_parser, run_command

if TYPE_CHECKING:
    from vschaos.data.cache.cleanup import Kept

DESCRIPTION = """Shows what is kept of imported sounds, or removes it. Removed sounds are imported
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
    from vschaos.data.cache.cleanup import clear, kept_in, others_in, remove_damaged
    from vschaos.data.cache.store import default_cache

    cache: Path = options.cache or default_cache()
    if not cache.is_dir():
        if options.cache:
            raise FileNotFoundError(f"--cache must be a folder, got {cache}")
        _print(f"nothing is kept: there is no folder {cache}")
        return
    if options.verify:
        checked = remove_damaged(cache)
        features = f" and {checked.features} features" if checked.features else ""
        _print(
            f"{checked.sounds} sounds{features} were read, "
            f"{checked.damaged} were damaged and are removed"
        )
    if options.clear or options.clear_unused is not None or options.clear_all:
        unwanted = _unwanted(options, kept_in(cache))
        for kept in clear(cache, unwanted, options.clear_all, options.clear_unused):
            _print(f"{kept.manifest.root} is in use, and stays")
    _print("\n".join(_lines(cache, kept_in(cache), others_in(cache))))


def _unwanted(options: argparse.Namespace, kept: list[Kept]) -> Callable[[Kept], bool]:
    roots = {str(path.expanduser().resolve()) for path in options.clear or []}
    missing = roots - {entry.manifest.root for entry in kept}
    if missing:
        raise ValueError(
            f"--clear: nothing is kept of {', '.join(sorted(missing))} "
            "(without --clear, what is kept is listed)"
        )
    days = options.clear_unused

    def is_unwanted(entry: Kept) -> bool:
        is_old = days is not None and entry.days >= days
        return bool(options.clear_all or is_old or entry.manifest.root in roots)

    return is_unwanted


def _lines(cache: Path, kept: list[Kept], others: tuple[int, ...]) -> Iterator[str]:
    yield f"{cache}: {_megabytes(sum(_sizes(cache, kept)) + sum(others))}"
    for entry in kept:
        manifest = entry.manifest
        channel = "" if manifest.channel == "mix" else f", channel {manifest.channel}"
        yield (
            f"  {manifest.root}\n"
            f"    {entry.num_files} files, {entry.minutes:.1f} minutes at {manifest.sample_rate} Hz"
            f"{channel}, {_megabytes(entry.num_bytes)}{_features(entry)}, {_last_used(entry)}"
        )
    others_by_kind = {
        "sounds of no dataset any more": others[0],
        "tracked pitches": others[1],
        "of an earlier version of vschaos": others[2],
        "features of no dataset any more": others[3],
    }
    for kind, num_bytes in others_by_kind.items():
        if num_bytes:
            yield f"  {kind}: {_megabytes(num_bytes)}"


def _sizes(cache: Path, kept: list[Kept]) -> list[int]:
    """Bytes of all sounds and their features, each counted once."""
    from vschaos.data.cache.cleanup import features_of

    paths = {path for entry in kept for _, path, _ in entry.manifest.waveforms()}
    return [path.stat().st_size for path in [*paths, *features_of(cache, paths)] if path.exists()]


def _features(entry: Kept) -> str:
    num_bytes = entry.num_feature_bytes
    return f" and {_megabytes(num_bytes)} of features" if num_bytes else ""


def _last_used(entry: Kept) -> str:
    if entry.is_in_use:
        return "in use"
    days = int(entry.days)
    return "used today" if days == 0 else f"used {days} day{'s' * (days > 1)} ago"


def _megabytes(num_bytes: float) -> str:
    return f"{num_bytes / 1e6:,.1f} MB"


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
