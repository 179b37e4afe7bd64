"""`vschaos play`: plays a sound through a `.ts`, without Max or PureData."""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Sequence
from pathlib import Path

from vschaos.cli.command import make_parser, run_command

DESCRIPTION = """Plays a sound through a .ts as nn~ does, block by block.

  vschaos play my_training.ts in.wav out.wav
  vschaos play my_training.ts in.wav latents.wav --method encode
  vschaos play my_training.ts latents.wav out.wav --method decode
"""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = make_parser("play", DESCRIPTION)
    parser.add_argument("model", type=Path, help="the .ts file")
    parser.add_argument("input", type=Path, help="a sound, with a channel for each inlet")
    parser.add_argument("output", type=Path, help="wav to write, with a channel for each outlet")
    parser.add_argument("--method", help="of the model (default: forward, or the first it has)")
    parser.add_argument("--buffer", type=int, default=0, help="samples per block; 0: the smallest")
    parser.add_argument(
        "--set",
        nargs="*",
        default=[],
        metavar="NAME=VALUE",
        help="attributes, as inversion_mode=scan",
    )
    parser.add_argument("--threads", type=int, default=1, help="of the processor (default 1)")
    options = parser.parse_args(arguments)
    return run_command(lambda: play_file(options), options.debug)


def play_file(options: argparse.Namespace) -> int:
    import numpy as np
    import torch

    from vschaos.audio.files import write_blocks
    from vschaos.export.host import Host, parse_settings
    from vschaos.export.play import inlets_of, model_rate
    from vschaos.outputs import check_output_file, identities

    check_output_file(options.output, "output", identities([options.input, options.model]))
    torch.set_num_threads(options.threads)
    host = Host(options.model, options.method, options.buffer)
    for name, values in parse_settings(options.set):
        host.set(name, *values)
    sample_rate = model_rate(host)
    sound = inlets_of(host, options.input)
    start = time.process_time()
    output = host.process(sound)
    spent = time.process_time() - start
    write_blocks(options.output, [output], sample_rate, len(output), is_output=True)
    logging.info(
        "%s: %d channels (%s), %.1f s, peak %.3f; %d blocks of %d, %.1f %% of real time",
        options.output,
        len(output),
        ", ".join(host.labels()[1]),
        output.shape[1] / sample_rate,
        np.abs(output).max(initial=0.0),
        -(-output.shape[1] // host.buffer_size),
        host.buffer_size,
        100 * spent * sample_rate / max(output.shape[1], 1),
    )
    if host.failures:
        logging.error("error: %d blocks failed: %s", len(host.failures), host.failures[0])
        return 1
    return 0
