"""`vschaos synth`: the synthesiser voice without any training: exported, played, its presets."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vschaos.cli.command import add_debug, make_parser, positive, run_command

if TYPE_CHECKING:
    from vschaos.models.synth import Note, Preset

DESCRIPTION = """A synthesiser voice that needs no training: for nn~, or to a wav file."""
EXAMPLES = """examples:
  vschaos synth export --chain two_osc -o my_patches
  vschaos synth play warm-brass --notes C3 Eb3 G3:1 rest:0.5 60.5:2:0.4 -o brass.wav
  vschaos synth play my_preset.json --notes C3 E3 G3 --chord -o chord.wav
  vschaos synth presets --chain fm -o my_presets
  vschaos synth render my_renders -n 1000 --chain fm --seed 3
"""
CHAINS = ("mono", "two_osc", "fm", "modular")
SHORTEST_SECONDS, LONGEST_SECONDS = 0.05, 60.0  # of a sound in a dataset
TONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
ACCIDENTALS = {"": 0, "#": 1, "b": -1}
NOTE_HELP = (
    "C3 or a MIDI number as 60.5, where C4 is 60, with seconds and velocity from 0 to 1 after it "
    "as C3:0.5:0.8, or a rest as rest:0.5"
)


def main(arguments: Sequence[str] | None = None) -> int:
    options = parser_of_all().parse_args(arguments)
    return run_command(lambda: options.command(options), options.debug)


def parser_of_all() -> argparse.ArgumentParser:
    parser = make_parser("synth", DESCRIPTION)
    parser.epilog = EXAMPLES
    commands = parser.add_subparsers(required=True)
    export = commands.add_parser("export", help="a .ts for nn~ with a bank of presets, and patches")
    export.set_defaults(command=export_voice)
    export.add_argument("--name", help="of the files (default: synth_CHAIN)")
    export.add_argument("--presets", nargs="+", default=[], help="files that join the bank")
    export.add_argument("--no-patch", action="store_true", help="write the .ts alone")
    play = commands.add_parser("play", help="notes by a preset -> wav")
    play.set_defaults(command=play_notes)
    play.add_argument(
        "preset", help="a .json file, or the name of a preset that comes with vschaos"
    )
    play.add_argument("--notes", nargs="+", required=True, metavar="NOTE", help=NOTE_HELP)
    play.add_argument("--chord", action="store_true", help="all notes at once")
    play.add_argument("-o", "--out", type=Path, required=True, help="wav to write")
    presets = commands.add_parser("presets", help="list the presets, or write them as JSON")
    presets.set_defaults(command=show_presets)
    dataset = commands.add_parser("render", help="a dataset: notes by drawn parameters, labelled")
    dataset.set_defaults(command=render_dataset)
    dataset.add_argument("folder", type=Path, help="to write to; must be empty, or not be there")
    dataset.add_argument(
        "-n", "--number", type=positive, default=1000, help="sounds (default 1000)"
    )
    dataset.add_argument("--seconds", type=float, default=1.0, help="of each (default 1)")
    dataset.add_argument("--seed", type=int, default=0, help="another one makes other sounds")
    for command in (export, presets, dataset):
        command.add_argument(
            "--chain", choices=CHAINS, default="two_osc", help="which modules (default two_osc)"
        )
    for command in (export, presets):
        command.add_argument("-o", "--out", type=Path, help="folder to write to")
    for command in (export, play, presets, dataset):
        add_debug(command)
    return parser


def export_voice(options: argparse.Namespace) -> None:
    from vschaos.export.script import export_stream
    from vschaos.models.synth import VoiceStream, bank_of, chain_named
    from vschaos.models.synth.voice import SAMPLE_RATE
    from vschaos.outputs import check_output_folder

    folder = options.out or Path()
    check_output_folder(folder, "-o")
    name = options.name or f"synth_{options.chain}"
    chain = chain_named(options.chain)
    bank = [*map(preset_named, options.presets), *bank_of(chain)]
    stream = VoiceStream(chain, bank)
    path = export_stream(stream, folder, name, SAMPLE_RATE, not options.no_patch)
    logging.info("%s, %d Hz, %d presets", path, SAMPLE_RATE, len(bank))
    logging.info("  inlets of play: %s", ", ".join(c.name for c in stream.methods[0].inlets))
    if not options.no_patch:
        logging.info("patch: %s", path.with_suffix(".pd"))


def play_notes(options: argparse.Namespace) -> None:
    from vschaos.audio.files import write_blocks
    from vschaos.models.synth import render_notes
    from vschaos.models.synth.voice import SAMPLE_RATE
    from vschaos.outputs import check_output_file, identities

    check_output_file(options.out, "-o", identities([Path(options.preset)]))
    notes = [note_of(text) for text in options.notes]
    sound = render_notes(preset_named(options.preset), notes, is_chord=options.chord).numpy()
    write_blocks(options.out, [sound], SAMPLE_RATE, is_output=True)
    peak = abs(sound).max()
    logging.info("%s: %.1f s, peak %.3f", options.out, len(sound) / SAMPLE_RATE, peak)


def show_presets(options: argparse.Namespace) -> None:
    import sys

    from vschaos.models.synth import bank_of, chain_named, write_preset
    from vschaos.outputs import check_output_folder

    bank = bank_of(chain_named(options.chain))
    if options.out is None:
        sys.stdout.write("".join(f"{preset.name:<16} {preset.chain}\n" for preset in bank))
        return
    check_output_folder(options.out, "-o")
    for preset in bank:
        write_preset(preset, options.out / f"{preset.name}.json")
    logging.info("%s: %d presets", options.out, len(bank))


def render_dataset(options: argparse.Namespace) -> None:
    """Sounds in `data`, in `metadata` a number for each parameter, and their `presets`."""
    from vschaos.audio.files import write_audio
    from vschaos.files import written_whole
    from vschaos.models.synth import write_preset
    from vschaos.models.synth.renderer import PITCH, VELOCITY, VoiceRenderer, audible_sounds
    from vschaos.models.synth.voice import SAMPLE_RATE
    from vschaos.outputs import check_output_folder

    root, length = options.folder, round(options.seconds * SAMPLE_RATE)
    check_output_folder(root, "the folder of the renders")
    if root.is_dir() and any(root.iterdir()):
        raise ValueError(f"the folder of the renders must be empty, got {root}")
    if not SHORTEST_SECONDS <= options.seconds <= LONGEST_SECONDS:
        raise ValueError(
            f"--seconds must be from {SHORTEST_SECONDS} to {LONGEST_SECONDS}, got {options.seconds}"
        )
    renderer = VoiceRenderer(options.chain)
    lines: dict[str, list[str]] = {parameter.name: [] for parameter in renderer.parameters}
    sounds = audible_sounds(renderer, options.seed, SAMPLE_RATE, length)
    for number, (sound, values) in zip(range(options.number), sounds, strict=False):
        name = f"{options.chain}_{number:05d}"
        write_audio(root / "data" / f"{name}.wav", sound.numpy(), SAMPLE_RATE)
        write_preset(renderer.preset(name, values), root / "presets" / f"{name}.json")
        for parameter, value in values.items():
            lines[parameter].append(f"data/{name}.wav\t{value}\n")
    for parameter, entries in lines.items():
        with written_whole(root / "metadata" / parameter / "metadata.txt") as partial:
            partial.write_text("".join(entries), encoding="utf-8")
    logging.info(
        "%s: %d sounds of %g s; %d labels of each: %s, and those of %s",
        *(root, options.number, options.seconds, len(lines), f"{PITCH.name}, {VELOCITY.name}"),
        options.chain,
    )


def note_of(text: str) -> Note:
    """Reads `C3:0.5:0.8`.

    Raises:
        ValueError: it is no note.
    """
    from vschaos.models.synth import Note

    pitch, *numbers = text.split(":")
    try:
        values = [float(number) for number in numbers]
        if len(values) > 2:
            raise ValueError
        if pitch == "rest":
            return Note(0.0, *values)._replace(velocity=0.0)
        return Note(_pitch(pitch), *values)
    except ValueError as error:
        raise ValueError(f"a note must be {NOTE_HELP}; got {text!r}") from error


def _pitch(text: str) -> float:
    tone = TONES.get(text[:1])
    if tone is None:
        return float(text)
    accidental = text[1:2] if text[1:2] in ACCIDENTALS else ""
    octave = int(text[1 + len(accidental) :])
    return 12.0 * (octave + 1) + tone + ACCIDENTALS[accidental]


def preset_named(text: str) -> Preset:
    """A preset file, or one that comes with vschaos.

    Raises:
        ValueError, FileNotFoundError: there is none.
    """
    from vschaos.models.synth import BANK, read_preset

    found = [preset for preset in BANK if preset.name == text]
    if found:
        return found[0]
    if not Path(text).suffix:
        names = ", ".join(preset.name for preset in BANK)
        raise ValueError(f"a preset must be a .json file or one of {names}; got {text!r}")
    return read_preset(Path(text))
