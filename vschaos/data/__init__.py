"""Folders of sounds to batches of excerpts."""

from vschaos.data.datamodule import SoundData
from vschaos.data.split import Split, split_files
from vschaos.data.store import SoundStore

__all__ = ["SoundData", "SoundStore", "Split", "split_files"]
