"""Folders of sounds and their labels to batches of excerpts.

The loaders of a training lie in `vschaos.data.datamodule`, which imports Lightning: whoever only
reads a dataset does without.
"""

from vschaos.data.metadata import Task, find_tasks, read_task
from vschaos.data.split import Split, split_files
from vschaos.data.store import SoundStore

__all__ = ["SoundStore", "Split", "Task", "find_tasks", "read_task", "split_files"]
