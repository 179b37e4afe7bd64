"""Exports a run to a `.ts` file, written only if it passes the checks of a host."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from vschaos.export.compact import compacted
from vschaos.export.host import Host
from vschaos.export.nn_tilde import all_attributes, script_stream
from vschaos.instrument.instrument import CARD, Instrument, check_plain
from vschaos.instrument.stream import Stream
from vschaos.models.capabilities import LatentStatistics
from vschaos.outputs import output_file
from vschaos.patches import write_patches
from vschaos.runs import Run

if TYPE_CHECKING:
    from vschaos.models.base import Model

MIN_NAME_LENGTH = 3  # PureData aborts at files with shorter names
BUFFERS_IN_HOPS = (1, 2, 4, 16)
# Of the largest value, or of 1: -80 dB. Rounding leaves some 1e-5, by the processor, as its kernels
# add in different orders; a dependence on the block size leaves more than 1e-3.
BLOCK_TOLERANCE = 1e-4
# Where a phase is derived from the phase before it, rounding grows from frame to frame without any
# fault: a model may differ by as much as it does when its input moves by some last digits, and by
# the factor more, since kernels round more often than once.
LAST_DIGITS = 1e-6
GROWTH_MARGIN = 10.0


def export(
    run: Run,
    folder: Path,
    name: str | None = None,
    max_delay_ms: float | None = None,
    has_patches: bool = True,
    num_latents: int | None = None,
    is_compact: bool = False,
) -> Path:
    """Writes `folder/name.ts`, called after the training by default, its card `name.json` and its
    patches.

    `_model` is added to a name that is too short for PureData, and `_4_latents` to that of a
    training if only 4 are exported.

    Args:
        run: of a trained model.
        folder: made if it is not there.
        name: of the files, without an ending.
        max_delay_ms: longest latency of the model, apart from the host's buffer and from future
            frames that `rtisi` waits for; the model's own if not given.
        has_patches: whether patches are written.
        num_latents: that `encode` and `decode` show, the most important ones; all if not given.
        is_compact: whether weights are stored in 16 bits, in half the size.

    Raises:
        ValueError: the model fails the checks, cannot be so quick, or has not so many latents;
            nothing is written then.
    """
    name = name or (run.name if num_latents is None else f"{run.name}_{num_latents}_latents")
    max_delay = None if max_delay_ms is None else int(max_delay_ms * run.sample_rate / 1000)
    model = compacted(run.model) if is_compact else run.model
    stream = _stream(run, model, max_delay, num_latents)
    return export_stream(stream, folder, name, run.sample_rate, has_patches)


def export_stream(
    stream: Stream, folder: Path, name: str, sample_rate: int, has_patches: bool = True
) -> Path:
    """Writes the files of a stream that needs no training, or has its own: as `export`.

    Args:
        stream: of a model.
        sample_rate: Hz of the model.

    Raises:
        ValueError: it fails the checks; nothing is written then.
    """
    if len(name) < MIN_NAME_LENGTH:
        name = f"{name}_model"
    path = folder / f"{name}.ts"
    stream.eval()
    instrument = describe(name, stream, sample_rate)
    card = instrument.to_json()
    scripted = script_stream(stream, sample_rate)
    with output_file(path) as partial:
        torch.jit.save(scripted, str(partial), _extra_files={CARD: card})
        check(partial)
    with output_file(path.with_suffix(".json")) as partial:
        partial.write_text(card, encoding="utf-8")
    if has_patches:
        write_patches(instrument, folder)
    return path


def _stream(run: Run, model: Model, max_delay: int | None, num_latents: int | None) -> Stream:
    """Of a model, that of the run or a compact copy of it."""
    if isinstance(model, LatentStatistics):
        stream = model.stream(max_delay, num_latents, run.prior)
    elif num_latents is not None:
        raise ValueError(
            f"--latents needs a model whose latents are ordered, got {type(model).__name__}"
        )
    else:  # its stream samples no prior, if there is one
        stream = model.stream(max_delay)
    if max_delay is not None and stream.delay > max_delay:
        raise ValueError(
            f"--max-delay must be at least the {stream.delay} samples of the model, got {max_delay}"
        )
    return stream


def describe(name: str, stream: Stream, sample_rate: int) -> Instrument:
    """Describes a stream to those who play it.

    Args:
        name: of its file.
        stream: of a model.
        sample_rate: Hz.

    Raises:
        ValueError: a name, text or number that a patch cannot hold.
    """
    attributes = all_attributes(stream, sample_rate)
    instrument = Instrument(
        name, sample_rate, stream.hop_length, stream.delay, stream.methods, attributes
    )
    check_plain(instrument)
    return instrument


def check(path: Path) -> None:
    """Runs every method of a `.ts` as hosts do: on noise, silence and nonsense, at several buffers
    and batches, in blocks and in one piece.

    Raises:
        ValueError: a method fails, returns a wrong size or values that are not finite, or differs
            between blocks and one piece.
    """
    torch.manual_seed(0)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # more are slower in blocks as small as these
    try:
        _check_methods(torch.jit.load(str(path), map_location="cpu"))
    finally:
        torch.set_num_threads(threads)


def _check_methods(scripted: torch.jit.ScriptModule) -> None:
    try:
        methods = scripted.get_methods()  # runs all of them, to compile them
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1]
        raise ValueError(f"its methods fail: {reason}") from error
    for method in methods:
        _check_blocks(scripted, method)
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
                    raise ValueError(f"{host.method} returns values that are not finite")


def _check_blocks(scripted: torch.jit.ScriptModule, method: str) -> None:
    """Compares a sound at once with the same sound in blocks, hop by hop."""

    def played(blocks: Sequence[Tensor]) -> Tensor:
        host = Host(copy.deepcopy(scripted), method)
        output = torch.cat([host.perform(block) for block in blocks], dim=2)
        for failure in host.failures:
            raise ValueError(f"{method} fails: {failure}")
        return output

    def by_hop(difference: Tensor) -> Tensor:
        return difference.abs().amax([0, 1]).unflatten(0, (hops, hop)).amax(1)

    host = Host(scripted, method)
    hop, hops = host.buffer_size, sum(BUFFERS_IN_HOPS)
    noise = 0.3 * torch.randn(1, host.inlets, hops * hop)
    whole = played([noise])
    difference = by_hop(played(noise.split([count * hop for count in BUFFERS_IN_HOPS], 2)) - whole)
    allowed = torch.full_like(difference, BLOCK_TOLERANCE * max(float(whole.abs().max()), 1.0))
    if not (difference <= allowed).all():
        moved = by_hop(played([noise * (1.0 + LAST_DIGITS)]) - whole)
        allowed = torch.maximum(allowed, GROWTH_MARGIN * moved.cummax(0).values)
    if not (difference <= allowed).all():
        raise ValueError(
            f"{method} depends on the buffer: blocks and one piece differ by "
            f"{float(difference.max()):.1e}"
        )
