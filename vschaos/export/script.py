"""From a run to a `.ts` file, written only if it keeps the contract."""

from __future__ import annotations

from pathlib import Path

import torch

from vschaos.export.host import Host
from vschaos.export.nn_tilde import all_attributes, script_stream
from vschaos.files import written_whole
from vschaos.models.base import Stream
from vschaos.patches import CARD, Instrument
from vschaos.runs import Run

MIN_NAME_LENGTH = 3  # PureData aborts at files with shorter names
BUFFERS_IN_HOPS = (1, 2, 4, 16)


def export(run: Run, folder: Path, name: str | None = None) -> Path:
    """Writes `folder/name.ts`, called after the training by default, and its card `name.json`.

    `_model` is added to a name that is too short for PureData.

    Raises:
        ValueError: the scripted model does not keep the contract; nothing is written then.
    """
    name = name or run.name
    if len(name) < MIN_NAME_LENGTH:
        name = f"{name}_model"
    path = folder / f"{name}.ts"
    stream = run.model.stream().eval()
    card = describe(name, stream, run.sample_rate).to_json()
    scripted = script_stream(stream, run.sample_rate)
    with written_whole(path) as partial:
        torch.jit.save(scripted, str(partial), _extra_files={CARD: card})
        check(partial)
    with written_whole(path.with_suffix(".json")) as partial:
        partial.write_text(card, encoding="utf-8")
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
    """Runs every method of a `.ts` on noise and on silence, at several buffers and batches.

    Raises:
        ValueError: it fails, gives another size than it says, or something that is not finite.
    """
    torch.manual_seed(0)
    scripted = torch.jit.load(str(path), map_location="cpu")
    try:
        methods = scripted.get_methods()  # which runs them all, to compile them
    except RuntimeError as error:
        raise ValueError(f"its methods fail: {str(error).strip().splitlines()[-1]}") from error
    for method in methods:
        for hops in BUFFERS_IN_HOPS:
            host = Host(scripted, method)
            size = hops * host.buffer_size
            for batch in (1, 2):
                noise = torch.randn(batch, host.inlets, size)
                for block in (noise, torch.zeros_like(noise), noise * float("nan")):
                    output = host.perform(block)
                    if host.failures:
                        raise ValueError(f"{method} fails at buffer {size}: {host.failures[0]}")
                    if not torch.isfinite(output).all():
                        raise ValueError(f"{method} gives values that are not finite")
