"""From a run to a `.ts` file, written only if it keeps the contract."""

from __future__ import annotations

import copy
from pathlib import Path

import torch

from vschaos.export.host import Host
from vschaos.export.nn_tilde import all_attributes, script_stream
from vschaos.instrument.instrument import CARD, Instrument
from vschaos.instrument.stream import Stream
from vschaos.outputs import output_file
from vschaos.patches import write_patches
from vschaos.runs import Run

MIN_NAME_LENGTH = 3  # PureData aborts at files with shorter names
BUFFERS_IN_HOPS = (1, 2, 4, 16)
# Of the loudest value, or of 1: -80 dB. Rounding leaves some 1e-5, by the processor, as its kernels
# add in different orders; a block that matters leaves more than 1e-3.
BLOCK_TOLERANCE = 1e-4


def export(
    run: Run,
    folder: Path,
    name: str | None = None,
    max_delay_ms: float | None = None,
    has_patches: bool = True,
    num_latents: int | None = None,
) -> Path:
    """Writes `folder/name.ts`, called after the training by default, its card `name.json` and its
    patches.

    `_model` is added to a name that is too short for PureData; the name of a training, to which
    latents are lacking, says so: `my_training_4_latents`.

    Args:
        run: what is exported.
        folder: made if it is not there.
        name: of the files, without an ending.
        max_delay_ms: by which the sound of `forward` may lag behind its input, the host's buffer
            and frames to come, for which `rtisi` waits, apart; none: as suits the model.
        has_patches: whether patches are written.
        num_latents: that come out of `encode` and go into `decode`, the most important ones; all if
            not given.

    Raises:
        ValueError: the scripted model does not keep the contract, lags more, or has not so many
            latents; nothing is written then.
    """
    name = name or (run.name if num_latents is None else f"{run.name}_{num_latents}_latents")
    if len(name) < MIN_NAME_LENGTH:
        name = f"{name}_model"
    path = folder / f"{name}.ts"
    max_delay = None if max_delay_ms is None else int(max_delay_ms * run.sample_rate / 1000)
    stream = run.model.stream(max_delay, num_latents, run.prior).eval()
    instrument = describe(name, stream, run.sample_rate)
    card = instrument.to_json()
    scripted = script_stream(stream, run.sample_rate)
    with output_file(path) as partial:
        torch.jit.save(scripted, str(partial), _extra_files={CARD: card})
        check(partial)
    with output_file(path.with_suffix(".json")) as partial:
        partial.write_text(card, encoding="utf-8")
    if has_patches:
        write_patches(instrument, folder)
    return path


def describe(name: str, stream: Stream, sample_rate: int) -> Instrument:
    """A stream as it is for those who play it.

    Args:
        name: of its file.
        sample_rate: Hz.
    """
    attributes = all_attributes(stream, sample_rate)
    return Instrument(
        name, sample_rate, stream.hop_length, stream.delay, stream.methods, attributes
    )


def check(path: Path) -> None:
    """Runs every method of a `.ts` as hosts do: on noise, silence and nonsense, at several buffers
    and batches, in blocks and in one piece.

    Raises:
        ValueError: it fails, gives another size than it says, something that is not finite, or
            something else in blocks than in one piece.
    """
    torch.manual_seed(0)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # more of them only wait for each other in blocks as small as these
    try:
        _check_methods(torch.jit.load(str(path), map_location="cpu"))
    finally:
        torch.set_num_threads(threads)


def _check_methods(scripted: torch.jit.ScriptModule) -> None:
    try:
        methods = scripted.get_methods()  # which runs them all, to compile them
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1]
        raise ValueError(f"its methods fail: {reason}") from error
    for method in methods:
        _check_blocks(method, *(Host(copy.deepcopy(scripted), method) for _ in range(2)))
    for method in methods:
        _check_sizes(Host(scripted, method))


def _check_sizes(host: Host) -> None:
    for hops in BUFFERS_IN_HOPS:
        size = hops * host.buffer_size
        for batch in (1, 2):
            noise = torch.randn(batch, host.inlets, size)
            for block in (noise, torch.zeros_like(noise), noise * float("nan")):
                output = host.perform(block)
                if host.failures:
                    raise ValueError(f"{host.method} fails at buffer {size}: {host.failures[0]}")
                if not torch.isfinite(output).all():
                    raise ValueError(f"{host.method} gives values that are not finite")


def _check_blocks(method: str, at_once: Host, in_blocks: Host) -> None:
    """Two of the same, of which one gets a sound in one piece."""
    hops = sum(BUFFERS_IN_HOPS)
    noise = 0.3 * torch.randn(1, at_once.inlets, hops * at_once.buffer_size)
    sizes = [count * at_once.buffer_size for count in BUFFERS_IN_HOPS]
    whole = at_once.perform(noise)
    blocks = torch.cat([in_blocks.perform(block) for block in noise.split(sizes, dim=2)], dim=2)
    for failure in at_once.failures + in_blocks.failures:
        raise ValueError(f"{method} fails: {failure}")
    difference = float((blocks - whole).abs().max() / whole.abs().max().clamp_min(1.0))
    if not difference <= BLOCK_TOLERANCE:
        raise ValueError(
            f"{method} depends on the buffer: blocks and one piece differ by {difference:.1e}"
        )
