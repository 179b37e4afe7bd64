"""Patches beside a model, so that it plays at once."""

from __future__ import annotations

from pathlib import Path

from vschaos.files import written_whole
from vschaos.instrument.instrument import Instrument
from vschaos.outputs import output_file
from vschaos.patches.max import write_max
from vschaos.patches.pure_data import FOLDER, write_pure_data
from vschaos.patches.pure_data.abstractions import HERE


def write_patches(instrument: Instrument, folder: Path) -> list[Path]:
    """Writes the patches of an instrument into the folder where its `.ts` lies; gives those to
    open.

    Patches and abstractions that were changed since they were written are kept beside the new
    ones; other files stay as they are.
    """
    for_max = write_max(instrument)
    write_abstractions(folder / FOLDER)
    return [
        _write_output(folder / f"{instrument.name}.pd", write_pure_data(instrument)),
        _write_output(folder / f"{instrument.name}.maxpat", for_max),
    ]


def write_example(instrument: Instrument, folder: Path) -> list[Path]:
    """Writes the patches that a repository shows a model with; the abstractions lie in `externals`
    beside the folder. Files that were there are overwritten: they are in git."""
    return [
        _write(folder / f"pd_{instrument.name}.pd", write_pure_data(instrument, "../externals")),
        _write(folder / f"max_{instrument.name}.maxpat", write_max(instrument)),
    ]


def write_abstractions(folder: Path) -> None:
    """Writes all abstractions for PureData, and their help."""
    for path in sorted(HERE.glob("*.pd")):
        _write_output(folder / path.name, path.read_text(encoding="utf-8"))


def _write_output(path: Path, text: str) -> Path:
    with output_file(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")
    return path


def _write(path: Path, text: str) -> Path:
    with written_whole(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")
    return path
