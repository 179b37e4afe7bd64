"""`vschaos extract-pitch`: labels the pitch and the octave of a dataset's sounds."""

from __future__ import annotations

import argparse
import logging
import shlex
from collections.abc import Sequence
from pathlib import Path

from vschaos.cli.command import make_parser, positive, run_command

MODELS = ("full", "tiny", "swift")
DESCRIPTION = """Tracks the pitch of a dataset's sounds, and writes which note sounds when to
my_data/metadata/pitch and my_data/metadata/octave, for models that know notes. Tracked pitches are
cached: stopped and started again it resumes, and another threshold or range takes no time. Labels
that were there before are moved to my_data/metadata_backups.

example:
  vschaos extract-pitch my_data
"""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    return run_command(lambda: extract(options), options.debug)


def extract(options: argparse.Namespace) -> None:
    from vschaos.data.cache.store import default_cache
    from vschaos.data.pitch.extraction import Voicing, extract_pitch
    from vschaos.data.pitch.networks import make_tracker
    from vschaos.outputs import check_writable

    # tracking takes hours: whether its results can be written is tried first
    for name in ("metadata", "metadata_backups"):
        check_writable(
            options.path / name, "the labels are written there, make the dataset writable"
        )
    cache = options.cache or default_cache()
    check_writable(cache / "pitch", "name another folder with --cache, or set VSCHAOS_CACHE")
    tracker = make_tracker(options.model, options.hop_length, options.batch_size)
    voicing = Voicing(
        tracker.threshold if options.threshold is None else options.threshold,
        tracker.range_hz[0] if options.fmin is None else options.fmin,
        tracker.range_hz[1] if options.fmax is None else options.fmax,
    )
    done = extract_pitch(options.path, tracker, voicing, options.cache, options.channel)
    for task, backup in done.backups.items():
        logging.info("the %s labels that were there before are kept in %s", task, backup)
    for task, folder in done.folders.items():
        logging.info(
            "%s: %.1f of %.1f minutes are voiced (%.0f %%), in %d files: %s",
            task,
            done.voiced_seconds / 60,
            done.seconds / 60,
            100 * done.voiced_seconds / max(done.seconds, 1e-9),
            done.num_files,
            folder,
        )
    if not done.voiced_seconds:
        logging.warning("no pitch was found: try a lower --threshold")
        return
    logging.info(
        "next: vschaos train --config-name dgt_pitch_cond name=my_training %s%s",
        shlex.quote(f"data.dataset.root={options.path}"),
        "" if options.channel == "mix" else f" data.dataset.channel={options.channel}",
    )


def _channel(text: str) -> str:
    return text if text == "mix" else str(positive(text))


def _parser() -> argparse.ArgumentParser:
    parser = make_parser("extract-pitch", DESCRIPTION)
    parser.add_argument("path", type=Path, help="folder of the dataset")
    parser.add_argument(
        "--model",
        choices=MODELS,
        default="full",
        help="full: torchcrepe, the most reliable (default); tiny: its small network, 20 times "
        "faster; swift: swift-f0, 600 times faster and nearly as good, of use for long recordings",
    )
    parser.add_argument(
        "--threshold",
        type=float,
        help="least confidence that there is a pitch, 0 to 1 "
        "(default: 0.5 for full, 0.7 for tiny, 0.6 for swift); higher: fewer labels, fewer errors",
    )
    parser.add_argument(
        "--fmin", type=float, help="lowest pitch, Hz (default: the model's, 32 or 47)"
    )
    parser.add_argument(
        "--fmax", type=float, help="highest pitch, Hz (default: the model's, about 2000)"
    )
    parser.add_argument(
        "--hop_length",
        type=positive,
        help="samples at 16 kHz from one frame to the next (default 160, which is 10 ms; for "
        "swift always 256)",
    )
    parser.add_argument(
        "--batch_size",
        type=positive,
        default=64,
        help="frames that torchcrepe takes at a time (default 64); lower if memory is short",
    )
    parser.add_argument(
        "--channel",
        type=_channel,
        default="mix",
        help="channel to track: mix (default), or the number of one channel from 1 on; the same "
        "as data.dataset.channel in training",
    )
    parser.add_argument(
        "--cache", type=Path, help="where tracked pitches are cached (default: ~/.cache/vschaos)"
    )
    return parser
