"""`vschaos plugin`: plug-ins that others made: checked, described, rendered as a dataset."""

from __future__ import annotations

import argparse
import logging
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vschaos.cli.command import add_debug, make_parser, positive, run_command

if TYPE_CHECKING:
    from vschaos.plugin.checking import Check
    from vschaos.plugin.description import Description
    from vschaos.plugin.rendering import Job, Tally

DESCRIPTION = """A synthesiser plug-in that others made, hosted in processes of its own."""
EXAMPLES = """examples:
  vschaos plugin check amsynth
  vschaos plugin render amsynth my_renders -n 1000
  vschaos plugin render amsynth my_renders -n 20000 --shard 3/8      (one of 8 jobs of a cluster)
  vschaos plugin render my_plugin.yaml my_renders --base my.fxp --free cutoff,decay
  vschaos plugin describe /usr/lib/vst/Nekobi-vst.so -o nekobi.yaml
  vschaos plugin presets amsynth -o my_presets

PLUGIN is amsynth, or the path of a description (.yaml) as `describe` writes it.
"""
NAME_LENGTH = 80  # characters of a preset's name that its file has


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    return run_command(lambda: options.command(options), options.debug)


def check(options: argparse.Namespace) -> int:
    from vschaos.plugin.checking import check as check_plugin
    from vschaos.plugin.description import read_description

    description = read_description(options.plugin)
    found = check_plugin(description)
    _print(_lines_of(found, description))
    loses_presets = found.preset_error is not None and not found.is_preset_faithful
    return 1 if loses_presets or not found.sounds else 0


def describe(options: argparse.Namespace) -> None:
    from vschaos.outputs import check_output_file, output_file
    from vschaos.plugin.probing import describe as describe_plugin

    if options.out:
        check_output_file(options.out, "-o")
    text = describe_plugin(options.file)
    if not options.out:
        _print(text.splitlines())
        return
    with output_file(options.out) as partial:
        partial.write_text(text, encoding="utf-8")
    logging.info("%s: to be finished by hand, as its first lines say", options.out)
    logging.info("next: vschaos plugin check %s", shlex.quote(str(options.out)))


def render(options: argparse.Namespace) -> None:
    from vschaos.parallel import num_cores
    from vschaos.plugin.rendering import render as render_job

    job = _job(options)
    found = render_job(job, options.processes or num_cores(), options.shard)
    _tell(found, job)


def presets(options: argparse.Namespace) -> None:
    from vschaos.files import short_name
    from vschaos.outputs import check_output_folder, output_file
    from vschaos.plugin.banks import read_presets, split_presets
    from vschaos.plugin.description import read_description
    from vschaos.plugin.formats import preset_format

    if options.out:
        check_output_folder(options.out, "-o")
    description = read_description(options.plugin)
    paths = options.banks or description.find_banks()
    if not paths:
        raise FileNotFoundError(
            f"no presets of {description.name} are in {' or '.join(description.banks) or 'banks'}: "
            "name their files"
        )
    found = split_presets(read_presets(paths, description), description)
    logging.info(
        "%d presets in %d files, %d of them distinct: %d for tests, %d to draw from",
        found.num_read,
        len(paths),
        found.num_distinct,
        len(found.test),
        len(found.parents),
    )
    if not options.out:
        return
    form = preset_format(description)
    for part in ("test", "parents"):
        for number, preset in enumerate(getattr(found, part)):
            safe = "".join(one if one.isalnum() or one in " -_." else "_" for one in preset.name)
            path = (
                options.out / part / short_name(f"{number:04d} {safe[:NAME_LENGTH]}", form.ending)
            )
            path.parent.mkdir(parents=True, exist_ok=True)
            with output_file(path) as partial:
                partial.write_bytes(form.write(preset, description))
    logging.info("%s", options.out)


def _job(options: argparse.Namespace) -> Job:
    from vschaos.plugin.description import read_description
    from vschaos.plugin.draws import Source, free_parameters
    from vschaos.plugin.rendering import Job

    description = read_description(options.plugin)
    plugin = description.find()
    source = Source(
        description,
        _base(options.base, description),
        free_parameters(description, options.free),
        _parents(description),
        options.notes or description.notes,
        options.velocities or description.velocities,
        options.seed,
    )
    seconds = options.seconds or description.seconds
    return Job(
        root=options.out,
        plugin=plugin,
        source=source,
        count=options.count,
        held_seconds=min(options.held or description.held_seconds, seconds),
        seconds=seconds,
        audio=options.audio,
        least_db=options.least_db,
        time_limit_seconds=options.time_limit,
    )


def _base(path: Path | None, description: Description):  # type: ignore[no-untyped-def]
    """Positions of what is not drawn: of a preset file, or of the description."""
    from vschaos.plugin.formats import preset_format

    if path is None:
        return description.base()
    return preset_format(description).read(path.read_bytes(), description, str(path))[0].positions


def _parents(description: Description):  # type: ignore[no-untyped-def]
    """Positions of presets of people that are not for tests."""
    from vschaos.plugin.banks import read_parents

    parents = read_parents(description)
    if not len(parents):
        logging.info("no presets of people are here: all sounds are drawn uniformly")
    return parents


def _tell(found: Tally, job: Job) -> None:
    logging.info(
        "%s: %d sounds; %d silent draws were rejected, %d sounds skipped",
        job.root,
        found.num_sounds,
        found.num_silent,
        len(found.skipped),
    )
    for reason in sorted(set(found.skipped.values())):
        count = list(found.skipped.values()).count(reason)
        logging.warning("  %d skipped: %s", count, reason)
    if found.missing:
        logging.info(
            "%d of %d shards are missing: labels are written when all are there",
            found.missing,
            job.num_shards,
        )
        return
    parameters = [job.source.description.parameters[index] for index in job.source.free]
    numbers = [one.name for one in parameters if not one.is_stepped]
    logging.info(
        "next: vschaos check %s --float note velocity %s",
        shlex.quote(str(job.root)),
        " ".join(numbers),
    )


def _lines_of(found: Check, description: Description) -> list[str]:
    repeated = sorted(found.repeat_distances_db)
    lines = [
        f"{description.name}: {found.path}",
        f"  parameters     {len(description.parameters)} described of {found.num_parameters}",
        f"  loading        {found.load_seconds:.2f} s",
        f"  speed          {found.sounds_a_second:.0f} sounds of {description.seconds:g} s a "
        "second, by one process",
        f"  base preset    {'sounds' if found.sounds else 'is silent'}, "
        + ", ".join(
            f"{level:.0f} dB(A) at note {note} velocity {velocity}"
            for (note, velocity), level in found.loudness_db.items()
        ),
        f"  deterministic  {'yes' if found.is_deterministic else 'no'}: two new processes give "
        f"{'the same' if found.is_deterministic else 'different'} samples",
    ]
    if repeated:
        lines.append(
            f"  repeat         {repeated[len(repeated) // 2]:.2f} dB log-spectral distance in one "
            f"process (median, greatest {repeated[-1]:.2f})"
        )
    if found.preset_error is None or found.preset_distance_db is None:
        lines.append("  preset file    cannot be written: preset: {identity: ...} is missing")
    else:
        lines.append(
            f"  preset file    in a new process: parameters within {found.preset_error:.1g}, "
            f"sound within {found.preset_distance_db:.2f} dB"
            f"{'' if found.is_preset_faithful else ': NOT what was written'}"
        )
    return lines


def _print(lines: Sequence[str]) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def _share(text: str) -> tuple[int, int]:
    job, _, jobs = text.partition("/")
    if not (job.isdecimal() and jobs.isdecimal() and 1 <= int(job) <= int(jobs)):
        raise argparse.ArgumentTypeError(f"expected k/n with k from 1 to n, as 3/8, got {text}")
    return int(job), int(jobs)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _midi(least: int, text: str) -> int:
    if not text.isdecimal() or not least <= int(text) <= 127:
        raise argparse.ArgumentTypeError(f"expected a number from {least} to 127, got {text}")
    return int(text)


def _note(text: str) -> int:
    return _midi(0, text)


def _velocity(text: str) -> int:
    return _midi(1, text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.05 <= seconds <= 60:
        raise argparse.ArgumentTypeError(f"expected seconds from 0.05 to 60, got {text}")
    return seconds


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a number from 0 on, got {text}")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    from vschaos.plugin.host import TIME_LIMIT_SECONDS

    parser = make_parser("plugin", DESCRIPTION)
    parser.epilog = EXAMPLES
    commands = parser.add_subparsers(required=True, metavar="check|render|presets|describe")
    checking = commands.add_parser("check", help="is it there, does it sound, how fast is it?")
    checking.set_defaults(command=check)
    rendering = commands.add_parser(
        "render",
        help="sounds and labels of their parameters, as a dataset",
        description="Started again after any interruption it resumes; draw k depends on nothing "
        "but the options here, the seed and k.",
    )
    rendering.set_defaults(command=render)
    listing = commands.add_parser("presets", help="presets of people, without repetitions")
    listing.set_defaults(command=presets)
    for command in (checking, rendering, listing):
        command.add_argument("plugin", metavar="PLUGIN", help="amsynth, or a description (.yaml)")
    _add_render_options(rendering, TIME_LIMIT_SECONDS)
    listing.add_argument(
        "banks", nargs="*", type=Path, help="preset files (default: those that came with it)"
    )
    listing.add_argument("-o", "--out", type=Path, help="folder to write each of them to")
    describing = commands.add_parser("describe", help="the yaml of a plug-in's file")
    describing.set_defaults(command=describe)
    describing.add_argument("file", type=Path, help="the plug-in: .so, .vst3, .dll, ...")
    describing.add_argument("-o", "--out", type=Path, help=".yaml to write (default: shown)")
    for command in (checking, rendering, listing, describing):
        add_debug(command)
    return parser


def _add_render_options(parser: argparse.ArgumentParser, time_limit: float) -> None:
    parser.add_argument("out", type=Path, metavar="OUT", help="folder of the dataset")
    parser.add_argument("-n", "--count", type=positive, default=1000, help="sounds (default 1000)")
    parser.add_argument("--base", type=Path, help="preset file for all that is not drawn")
    parser.add_argument(
        "--free", type=_names, help="parameters to draw, a,b,c (default: all not frozen)"
    )
    parser.add_argument("--notes", type=_note, nargs="+", help="MIDI, each sound has one")
    parser.add_argument("--velocities", type=_velocity, nargs="+", help="each sound has one")
    parser.add_argument("--held", type=_seconds, help="seconds that a note is held")
    parser.add_argument(
        "--seconds", type=_seconds, help="of each sound, with what follows the note"
    )
    parser.add_argument("--seed", type=_seed, default=0, help="of the draws (default 0)")
    parser.add_argument(
        "--shard", type=_share, default=(1, 1), metavar="K/N", help="the share of job K of N"
    )
    parser.add_argument(
        "--audio",
        choices=("flac", "wav"),
        default="flac",
        help="flac: 16 bit (default); wav: float, four times as large",
    )
    parser.add_argument("--processes", type=positive, help="that host it (default: one a core)")
    parser.add_argument(
        "--least_db",
        type=float,
        default=-60.0,
        help="dB(A) of the loudest 50 ms; quieter sounds are drawn again (default -60)",
    )
    parser.add_argument(
        "--time_limit",
        type=_seconds,
        default=time_limit,
        help=f"seconds for one sound, then the plug-in is taken to hang (default {time_limit:g})",
    )
