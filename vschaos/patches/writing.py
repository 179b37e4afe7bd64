"""Patches beside a model, so that it plays at once."""

from __future__ import annotations

from pathlib import Path

from vschaos.files import written_whole
from vschaos.patches.instrument import Instrument
from vschaos.patches.pure_data import ABSTRACTIONS, FOLDER, help_patch, write_pure_data


def write_patches(instrument: Instrument, folder: Path) -> list[Path]:
    """Writes the patches of an instrument into the folder where its `.ts` lies; gives those to
    open.

    Abstractions that are there already are written anew, other files stay as they are.
    """
    write_abstractions(folder / FOLDER)
    return [_write(folder / f"{instrument.name}.pd", write_pure_data(instrument))]


def write_abstractions(folder: Path) -> None:
    """Writes all abstractions for PureData, and their help."""
    for name, draw in ABSTRACTIONS.items():
        _write(folder / f"{name}.pd", draw().text())
        _write(folder / f"{name}-help.pd", help_patch(name).text())


def _write(path: Path, text: str) -> Path:
    with written_whole(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")
    return path
