"""`python -m vschaos.data.cache`: tells what is kept of imported sounds, and removes it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from vschaos.command import run_command

if TYPE_CHECKING:
    from vschaos.data.cache.cleanup import Kept

DESCRIPTION = """Tells what is kept of imported sounds, and removes it. What was removed is imported
again when it is needed; what a running training uses stays. Features of sounds go with them.

  python -m vschaos.data.cache
  python -m vschaos.data.cache --clear my_sounds
  python -m vschaos.data.cache --clear-unused 30
  python -m vschaos.data.cache --clear-all
"""


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m vschaos.data.cache",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--cache", type=Path, help="its folder (default: $VSCHAOS_CACHE or ~/.cache/vschaos)"
    )
    parser.add_argument(
        "--clear", type=Path, nargs="+", metavar="dataset", help="removes these datasets' sounds"
    )
    parser.add_argument(
        "--clear-unused", type=float, metavar="DAYS", help="removes what was not used for so long"
    )
    parser.add_argument(
        "--clear-all", action="store_true", help="removes all, also what was heard of pitches"
    )
    parser.add_argument(
        "--verify", action="store_true", help="reads all, and removes what is damaged"
    )
    parser.add_argument("--debug", action="store_true", help="shows the trace of an error")
    options = parser.parse_args()
    return run_command(lambda: tend(options), options.debug)


def tend(options: argparse.Namespace) -> None:
    from vschaos.data.cache.cleanup import clear, kept_in, others_in, remove_damaged
    from vschaos.data.cache.store import default_cache

    cache: Path = options.cache or default_cache()
    if not cache.is_dir():
        if options.cache:
            raise FileNotFoundError(f"--cache: there is no folder {cache}")
        _tell(f"nothing is kept: there is no folder {cache}")
        return
    if options.verify:
        checked = remove_damaged(cache)
        features = f" and {checked.features} features" if checked.features else ""
        _tell(
            f"{checked.sounds} sounds{features} were read, "
            f"{checked.damaged} were damaged and are removed"
        )
    if options.clear or options.clear_unused is not None or options.clear_all:
        unwanted = _unwanted(options, kept_in(cache))
        for kept in clear(cache, unwanted, options.clear_all, options.clear_unused):
            _tell(f"{kept.manifest.root} is in use, and stays")
    _tell("\n".join(_lines(cache, kept_in(cache), others_in(cache))))


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
    told = {
        "sounds of no dataset any more": others[0],
        "pitches that were heard": others[1],
        "of an earlier version of vschaos": others[2],
        "features of no dataset any more": others[3],
    }
    for what, num_bytes in told.items():
        if num_bytes:
            yield f"  {what}: {_megabytes(num_bytes)}"


def _sizes(cache: Path, kept: list[Kept]) -> list[int]:
    """Of all sounds and their features, each counted once."""
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


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
