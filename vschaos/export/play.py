"""`python -m vschaos.export.play`: plays a sound through a `.ts`, without Max or PureData."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from pathlib import Path

from vschaos.command import run_command

DESCRIPTION = """Plays a sound through a .ts as nn~ does, block by block.

  python -m vschaos.export.play my_training.ts in.wav out.wav
  python -m vschaos.export.play my_training.ts in.wav latents.wav --method encode
  python -m vschaos.export.play my_training.ts latents.wav out.wav --method decode
"""


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m vschaos.export.play",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", type=Path, help="the .ts file")
    parser.add_argument("input", type=Path, help="a sound, with as many channels as inlets")
    parser.add_argument("output", type=Path, help="the wav to write, a channel for each outlet")
    parser.add_argument("--method", help="default: forward, or the first of the model")
    parser.add_argument("--buffer", type=int, default=0, help="samples per block; 0: the smallest")
    parser.add_argument(
        "--set",
        nargs="*",
        default=[],
        metavar="NAME=VALUE",
        help="attributes, as inversion_mode=scan",
    )
    parser.add_argument("--threads", type=int, default=1, help="of the processor (default 1)")
    parser.add_argument("--debug", action="store_true", help="shows the trace of an error")
    options = parser.parse_args()
    return run_command(lambda: play(options), options.debug)


def play(options: argparse.Namespace) -> int:
    import numpy as np
    import torch

    from vschaos.audio.files import read_channels, write_blocks
    from vschaos.export.host import Host, parse_settings
    from vschaos.outputs import check_output_file, identities

    check_output_file(options.output, "output", identities([options.input, options.model]))
    torch.set_num_threads(options.threads)
    host = Host(options.model, options.method, options.buffer)
    for name, values in parse_settings(options.set):
        host.set(name, *values)
    sample_rate = host.get("model_rate")[0] if "model_rate" in host.attributes else 44100
    sound = read_channels(options.input, sample_rate if host.in_ratio == 1 else None)
    if len(sound) != host.inlets and len(sound) > 1 and host.inlets == 1:
        sound = sound.mean(axis=0, keepdims=True)
    if len(sound) != host.inlets:
        inlets = ", ".join(host.labels()[0])
        raise ValueError(
            f"{host.method} has {host.inlets} inlets ({inlets}), "
            f"{options.input} has {len(sound)} channels"
        )
    start = time.process_time()
    output = host.process(np.ascontiguousarray(sound))
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


if __name__ == "__main__":
    sys.exit(main())
