"""`vschaos generate`: reconstructions, transfers, trajectories, morphs, sweeps, wavetables, matches
of sounds by presets, and notes by those."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from vschaos.cli.command import (
    add_debug,
    add_match,
    add_run,
    add_texture,
    make_parser,
    number,
    positive,
    run_command,
    share,
)

EXAMPLES = """examples:
  vschaos generate reconstruct runs/my_training --files a.wav folder/ --out out
  vschaos generate trajectories runs/my_training --trajectories sin random -b 3 -s 512
  vschaos generate morph runs/my_training --files a.wav b.wav --out out
models played by pitch and loudness:
  vschaos generate transfer runs/my_violin --files voice.wav --transpose 12
models whose tone is one cycle, for other synthesisers:
  vschaos generate tables runs/my_bells --along brightness -n 64
models that find the presets of a synthesiser:
  vschaos generate match runs/my_synth --files a.wav folder/ --out out
  vschaos generate match two_osc --files a.wav --evaluations 1000
  vschaos generate render out/matches/a.json --notes C3 Eb3 G3:1 -o notes.wav
  vschaos generate morph out/matches/a.json out/matches/b.json --notes C2:8
models conditioned on labels, here pitch and octave:
  vschaos generate trajectories runs/my_training --meta pitch 3 octave 4
  vschaos generate sweep runs/my_training --files a.wav --task pitch --meta octave 4
"""
INVERSIONS = ("griffin_lim", "rtisi", "scan", "keep_input", "random")
TRAJECTORIES = (
    *("sin", "square", "triangle", "saw", "line"),
    *("random", "ellipse", "circle", "helix", "interpolation"),
    "prior",
)
LARGEST_TRANSPOSITION = 48  # semitones


def main(arguments: Sequence[str] | None = None) -> int:
    options = parser_of_all().parse_args(arguments)
    return run_command(lambda: _generate(options), options.debug)


def _generate(options: argparse.Namespace) -> None:
    if options.command == "match":
        from vschaos.cli.matching import match_files

        return match_files(options)
    if options.command == "render":
        from vschaos.cli.presets import render_preset

        return render_preset(options)
    if options.command == "morph" and not options.files:
        from vschaos.cli.presets import morph_presets

        return morph_presets(options)
    if options.command == "morph":
        options.path = _only(options.path)
    from vschaos.cli.generating import generate

    return generate(options)


def _only(paths: Sequence[Path]) -> Path:
    if len(paths) > 1:
        raise ValueError(
            f"morph expects one run with --files, or presets alone, got {len(paths)} paths and "
            "--files"
        )
    return paths[0]


def _sample_rate(text: str) -> int:
    if not text.isdecimal() or not 1_000 <= int(text) <= 768_000:
        raise argparse.ArgumentTypeError(f"expected 1000 to 768000 Hz, got {text}")
    return int(text)


def _semitones(text: str) -> float:
    semitones = number(text)
    if not -LARGEST_TRANSPOSITION <= semitones <= LARGEST_TRANSPOSITION:
        raise argparse.ArgumentTypeError(
            f"expected {-LARGEST_TRANSPOSITION} to {LARGEST_TRANSPOSITION} semitones, got {text}"
        )
    return semitones


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a number from 0 on, got {text}")
    return int(text)


def _midi_note(text: str) -> float:
    note = number(text)
    if not 0.0 <= note <= 127.0:
        raise argparse.ArgumentTypeError(f"expected a MIDI note from 0 to 127, got {text}")
    return note


def _note_seconds(text: str) -> float:
    seconds = number(text)
    if not 0.1 <= seconds <= 10.0:
        raise argparse.ArgumentTypeError(f"expected 0.1 to 10 seconds, got {text}")
    return seconds


def parser_of_all() -> argparse.ArgumentParser:
    """The parser of all subcommands."""
    parser = make_parser("generate", "Makes sounds with a trained model, and pictures of them.")
    parser.epilog = EXAMPLES
    commands = parser.add_subparsers(dest="command", required=True)
    reconstruct = commands.add_parser("reconstruct", help="sounds through the model and back")
    reconstruct.add_argument(
        "--files", nargs="+", type=Path, help="files and folders (default: the validation files)"
    )
    transfer = commands.add_parser(
        "transfer", help="other sounds through a model played by pitch and loudness"
    )
    transfer.add_argument(
        "--files", nargs="+", type=Path, required=True, help="files and folders, of any instrument"
    )
    transfer.add_argument(
        "--fit",
        type=share,
        default=1.0,
        help="moves loudness and register to the training's: 0 not at all, 1 wholly (default)",
    )
    add_match(reconstruct)
    for command in (reconstruct, transfer):
        command.add_argument(
            "--transpose",
            type=_semitones,
            default=0.0,
            metavar="SEMITONES",
            help="of models played by pitch (default 0)",
        )
    trajectories = commands.add_parser(
        "trajectories", help="trajectories through the latent space; melodies of pitched models"
    )
    trajectories.add_argument(
        "--trajectories",
        nargs="+",
        choices=TRAJECTORIES,
        default=["sin", "random", "line"],
        metavar="KIND",
        help=f"kinds: {', '.join(TRAJECTORIES)}; prior needs vschaos prior RUN",
    )
    trajectories.add_argument(
        "-b", "--batch", type=positive, default=3, help="trajectories of each kind (default 3)"
    )
    trajectories.add_argument(
        "-s", "--steps", type=positive, default=512, help="frames of a trajectory (default 512)"
    )
    trajectories.add_argument(
        "--latents",
        type=positive,
        metavar="K",
        help="move the K most important latents, the others follow (default: all)",
    )
    morph = commands.add_parser(
        "morph", help="from one sound to the next, or from preset to preset"
    )
    morph.add_argument("--files", nargs="+", type=Path, help="two sounds or more, for a run")
    _add_notes(morph, default=["C3:4"])
    sweep = commands.add_parser("sweep", help="the same sound under each value of a label")
    sweep.add_argument(
        "--files", nargs="+", type=Path, help="files and folders (default: some validation files)"
    )
    sweep.add_argument(
        "--task", nargs="+", help="labels to sweep (default: all that condition the model)"
    )
    tables = _add_tables(commands)
    _add_match(commands)
    _add_render(commands)
    for command in (reconstruct, transfer, trajectories, morph, sweep):
        if command is morph:
            add_run(command, "; without --files, two presets or more", "+")
        else:
            add_run(command)
        command.add_argument(
            "--sr", type=_sample_rate, help="sample rate to write, Hz (default: the model's)"
        )
        command.add_argument("--seed", type=int, default=0, help="another one makes other sounds")
        command.add_argument("--inversion", choices=INVERSIONS, help="way to find the phase")
        add_texture(command)
    for command in (reconstruct, transfer, trajectories, morph, sweep, tables):
        command.add_argument(
            *("-o", "--out"), type=Path, help="where to write (default: generated/ in the run)"
        )
        command.add_argument(
            "--meta",
            nargs="+",
            default=[],
            metavar="LABEL VALUE",
            help="labels for conditioned models, as pitch 3 octave 4, or names of classes",
        )
        command.add_argument("--no-pictures", action="store_true", help="write sounds alone")
        add_debug(command)
    for command in (reconstruct, transfer, morph, sweep):
        command.add_argument(
            "--temperature",
            type=float,
            default=0.0,
            help="0: the posterior mean (default); 1: sampled from the posterior",
        )
    trajectories.add_argument(
        "--temperature",
        type=float,
        default=1.0,
        help="extent of trajectories, in standard deviations (default 1)",
    )
    for command in (trajectories, morph):
        command.add_argument(
            "--jitter",
            type=float,
            default=0.0,
            help="noise on the latents, in standard deviations (default 0)",
        )
    return parser


def _add_match(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    match = commands.add_parser("match", help="presets of a synthesiser for any sounds")
    add_run(
        match,
        "; or, to search without a network, a chain of the voice (mono, two_osc, fm, modular) or a "
        "plug-in (amsynth, a .yaml)",
    )
    match.add_argument(
        "--files", nargs="+", type=Path, required=True, help="files and folders, of any sounds"
    )
    match.add_argument(
        "--hypotheses", type=positive, default=8, metavar="K", help="of the network (default 8)"
    )
    match.add_argument(
        "--evaluations", type=_count, default=100, metavar="N", help="of the search (default 100)"
    )
    match.add_argument(
        "--search", choices=("cmaes", "de"), default="cmaes", help="kind of search (default cmaes)"
    )
    match.add_argument(
        "--refine",
        type=_count,
        default=0,
        metavar="N",
        help="steps along the gradient, of a voice (default 0)",
    )
    match.add_argument(
        "--seconds", type=_note_seconds, default=2.0, help="longest piece of a sound (default 2)"
    )
    match.add_argument(
        "--pieces",
        type=positive,
        default=8,
        help="of a file that is cut at its onsets, at most (default 8)",
    )
    match.add_argument(
        "--pitch",
        type=_midi_note,
        metavar="NOTE",
        help="MIDI note of all sounds, as 60.5 (default: as the tracker follows each)",
    )
    match.add_argument(
        "--draws",
        type=positive,
        default=1000,
        help="to find the nearest among, rendered once (default 1000)",
    )
    match.add_argument(
        "--no-baselines",
        action="store_true",
        help="judge nothing beside, which takes half the time",
    )
    match.add_argument("--seed", type=int, default=0, help="another one searches elsewhere")
    match.add_argument(
        *("-o", "--out"), type=Path, help="where to write (default: generated/ in the run)"
    )
    match.add_argument("--no-pictures", action="store_true", help="leave out pictures and the page")
    add_debug(match)


def _add_render(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    render = commands.add_parser("render", help="notes by a preset of the voice or of a plug-in")
    render.add_argument(
        "preset", help="a .json file, the name of a preset that comes with vschaos, or a plug-in's"
    )
    _add_notes(render)
    render.add_argument("--chord", action="store_true", help="all notes at once")
    render.add_argument("-o", "--out", type=Path, required=True, help="wav to write")
    add_debug(render)


def _add_notes(parser: argparse.ArgumentParser, default: Sequence[str] | None = None) -> None:
    parser.add_argument(
        "--notes",
        nargs="+",
        required=default is None,
        default=default,
        metavar="NOTE",
        help="of presets, as of vschaos synth play",
    )
    parser.add_argument(
        "--plugin", help="its description, if the file of a preset does not tell (amsynth, a .yaml)"
    )


def _add_tables(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
) -> argparse.ArgumentParser:
    """The parser of `tables`, where `-n` is a number of cycles."""
    tables = commands.add_parser(
        "tables",
        help="wavetables for other synthesisers, of models whose tone is one cycle",
        conflict_handler="resolve",
    )
    add_run(tables)
    tables.add_argument(
        "--along", metavar="CONTROL", help="what moves (default: the first descriptor)"
    )
    tables.add_argument(
        *("-n", "--cycles"), type=positive, default=64, help="in a table, 256 at most (default 64)"
    )
    tables.add_argument(
        "--extent",
        type=number,
        default=2.0,
        help="to either side of the middle, in standard deviations (default 2)",
    )
    tables.add_argument(
        "--pitch",
        type=number,
        metavar="NOTE",
        help="MIDI note at which the model is asked (default: the lowest of its register)",
    )
    tables.set_defaults(sr=None, seed=0, inversion=None, texture=None)
    return tables
