#!/usr/bin/env python3
"""Makes sounds with a trained model: reconstructions, latent trajectories, morphs."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from vschaos.command import run_command

if TYPE_CHECKING:
    import numpy as np

    from vschaos.runs import Run

EXAMPLES = """examples:
  python3 generate.py reconstruct runs/my_training --files a.wav folder/ --out out
  python3 generate.py trajectories runs/my_training --trajectories sin random -b 3 -s 512
  python3 generate.py morph runs/my_training --files a.wav b.wav --out out
"""
INVERSIONS = ("griffin_lim", "scan", "keep_input", "random")
TRAJECTORIES = (
    *("sin", "square", "triangle", "saw", "line"),
    *("random", "ellipse", "circle", "helix", "interpolation"),
)


def main() -> int:
    options = _parser().parse_args()
    return run_command(lambda: generate(options), options.debug)


def generate(options: argparse.Namespace) -> None:
    import torch

    from vschaos import load_run

    torch.manual_seed(options.seed)
    run = load_run(options.path, options.version, options.name)
    out = options.out or run.folder / "generated"
    {"reconstruct": reconstruct_files, "trajectories": walk, "morph": morph_files}[options.command](
        run, out, options
    )


def reconstruct_files(run: Run, out: Path, options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from vschaos.audio import UnusableAudioError
    from vschaos.generation import reconstruct

    files = _input_files(run, options.files)
    skipped = 0
    for file, name in tqdm(files, desc="reconstructing", unit="file", leave=False):
        try:
            audio = _read(run, file)
        except UnusableAudioError as error:
            logging.warning("skipped %s: %s", file, error)
            skipped += 1
            continue
        output = reconstruct(run, audio, options.temperature, options.inversion)
        _write(
            run, out / "reconstructions" / name, {"input": audio, "reconstruction": output}, options
        )
    if skipped == len(files):
        raise ValueError(f"none of the {len(files)} files could be used: see above why")
    if skipped:
        logging.warning("skipped %d of %d files", skipped, len(files))


def walk(run: Run, out: Path, options: argparse.Namespace) -> None:
    import numpy as np
    from tqdm import tqdm

    from vschaos.generation import trajectory

    frame_rate = run.sample_rate / run.model.hop_length
    scale = 1.0 if options.temperature is None else options.temperature
    walks = [(kind, number) for kind in options.trajectories for number in range(options.batch)]
    for kind, number in tqdm(walks, desc="walking", unit="walk", leave=False):
        # each walk has a seed of its own: asking for more kinds or more walks changes none of them
        random = np.random.default_rng([options.seed, TRAJECTORIES.index(kind), number])
        latents = trajectory(kind, run.model.latent_dim, options.steps, frame_rate, random, scale)
        _decode(run, out / "trajectories" / f"{kind}_{number}", latents, random, options)


def morph_files(run: Run, out: Path, options: argparse.Namespace) -> None:
    import numpy as np

    from vschaos.audio import UnusableAudioError
    from vschaos.generation import morph

    files = [file for file, _ in _input_files(run, options.files)]
    sounds = []
    for file in files:
        try:
            sounds.append(_read(run, file))
        except UnusableAudioError as error:
            raise ValueError(f"{file} cannot be used: {error}") from error
    latents = morph(run, sounds, options.temperature or 0.0)
    random = np.random.default_rng(options.seed)
    name = "_".join(file.stem for file in files)[:100]
    _decode(run, out / "morphs" / name, latents, random, options)


def _read(run: Run, file: Path) -> np.ndarray:
    from vschaos.audio import UnusableAudioError, read_audio

    audio = read_audio(file, run.sample_rate, run.config["data"]["dataset"]["channel"])
    if not len(audio):
        raise UnusableAudioError("it is empty")
    return audio


def _decode(
    run: Run,
    path: Path,
    latents: np.ndarray,
    random: np.random.Generator,
    options: argparse.Namespace,
) -> None:
    from vschaos.generation import without_edges

    latents = latents + options.jitter * random.standard_normal(latents.shape)
    output = without_edges(run.decode(latents, options.inversion), run.sample_rate)
    _write(run, path, {path.name: output}, options, latents)


def _write(
    run: Run,
    path: Path,
    sounds: dict[str, np.ndarray],
    options: argparse.Namespace,
    latents: np.ndarray | None = None,
) -> None:
    """The last of the sounds as wav, all of them as a picture."""
    import numpy as np

    from vschaos.audio import resample, write_audio
    from vschaos.generation.pictures import draw_sounds

    output = list(sounds.values())[-1]
    sample_rate = options.sr or run.sample_rate
    wav, picture = path.with_name(f"{path.name}.wav"), path.with_name(f"{path.name}.png")
    write_audio(wav, resample(output, run.sample_rate, sample_rate), sample_rate)
    if not options.no_pictures:
        draw_sounds(picture, sounds, run.sample_rate, latents)
    peak = np.abs(output).max(initial=0.0)
    logging.info("%s", wav)
    if peak > 1.0:
        logging.warning(
            "  its peak is %.2f: turn it down before it is written to 16 or 24 bits", peak
        )


def _input_files(run: Run, given: list[Path] | None) -> list[tuple[Path, str]]:
    """Files and the names, without ending, that what is made of them shall have."""
    from vschaos.audio import find_audio_files

    files: list[tuple[Path, Path]] = []
    if not given:
        root = Path(run.config["data"]["dataset"]["root"]).expanduser()
        if not run.split["held_out"]:
            raise ValueError("no file was held out in training: give some with --files")
        logging.info("no --files: taking those held out in training")
        files = [(root / name, Path(Path(name).name)) for name in run.split["held_out"]]
    for path in given or []:
        if path.is_dir():
            found = find_audio_files(path)
            if not found:
                raise FileNotFoundError(f"--files: there is no audio file in {path}")
            files += [(file, file.relative_to(path)) for file in found]
        elif path.exists():
            files.append((path, Path(path.name)))
        else:
            raise FileNotFoundError(f"--files: there is no file {path}")
    names: dict[str, int] = {}
    named = []
    for file, relative in files:
        name = relative.with_suffix("").as_posix()
        names[name] = names.get(name, 0) + 1
        named.append((file, name if names[name] == 1 else f"{name}_{names[name]}"))
    return named


def _sample_rate(text: str) -> int:
    if not text.isdecimal() or not 1_000 <= int(text) <= 768_000:
        raise argparse.ArgumentTypeError(f"1000 to 768000 Hz expected, {text} came")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a number from 1 on expected, {text} came")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="Makes sounds with a trained model, and pictures of them.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    reconstruct = commands.add_parser("reconstruct", help="sounds through the model and back")
    reconstruct.add_argument(
        "--files", nargs="+", type=Path, help="files and folders (default: held-out)"
    )
    walks = commands.add_parser("trajectories", help="walks through the latent space")
    walks.add_argument(
        "--trajectories",
        nargs="+",
        choices=TRAJECTORIES,
        default=["sin", "random", "line"],
        metavar="KIND",
        help=f"kinds of walks: {', '.join(TRAJECTORIES)}",
    )
    walks.add_argument(
        "-b", "--batch", type=_count, default=3, help="walks of each kind (default 3)"
    )
    walks.add_argument(
        "-s", "--steps", type=_count, default=512, help="frames of a walk (default 512)"
    )
    morphs = commands.add_parser("morph", help="from one sound to the next")
    morphs.add_argument("--files", nargs="+", type=Path, required=True, help="two files or more")
    for command in (reconstruct, walks, morphs):
        command.add_argument("path", type=Path, help="folder of a training, or a checkpoint")
        command.add_argument(
            "--out", type=Path, help="where to write (default: generated/ in the run)"
        )
        command.add_argument(
            "--sr", type=_sample_rate, help="sample rate to write, Hz (default: the model's)"
        )
        command.add_argument("--seed", type=int, default=0, help="another one draws other sounds")
        command.add_argument("--inversion", choices=INVERSIONS, help="how the phase is found")
        command.add_argument(
            "-v", "--version", type=int, help="N of version_N (default: the newest)"
        )
        command.add_argument(
            "-n", "--name", default="last", help="checkpoint: last (default), best"
        )
        command.add_argument("--no-pictures", action="store_true", help="writes sounds alone")
        command.add_argument("--debug", action="store_true", help="shows the trace of an error")
    for command in (reconstruct, morphs):
        command.add_argument(
            "--temperature",
            type=float,
            default=0.0,
            help="0: the likeliest latents (default); 1: drawn as uncertain as learnt",
        )
    walks.add_argument(
        "--temperature", type=float, default=1.0, help="how far walks go, in deviations (default 1)"
    )
    for command in (walks, morphs):
        command.add_argument(
            "--jitter",
            type=float,
            default=0.0,
            help="noise on the latents, in deviations (default 0)",
        )
    return parser


if __name__ == "__main__":
    sys.exit(main())
