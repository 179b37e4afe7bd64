"""The run folder: settings, data split, vocabularies and weights of a training.

A run lies in `rundir/name/version_N/`. Opening it executes nothing in it: text is parsed as YAML or
JSON, weights are tensors alone, and no name in it leads out of its folder.

run                  an opened run, with its model
prior                its temporal prior
reading, writing     the files of the folder
summary, comparing   lists and comparisons of many runs, without their models
"""

from typing import TYPE_CHECKING

from vschaos.lazy import lazily

if TYPE_CHECKING:
    from vschaos.runs.prior import make_prior, read_prior, write_prior
    from vschaos.runs.reading import (
        check_name,
        check_own_folders,
        find_version,
        newest_version,
        read_config,
        read_split,
        read_vocabularies,
    )
    from vschaos.runs.run import Given, Run, load_run
    from vschaos.runs.writing import clear_partial, create_run, note_state

__all__ = [
    "Given",
    "Run",
    "check_name",
    "check_own_folders",
    "clear_partial",
    "create_run",
    "find_version",
    "load_run",
    "make_prior",
    "newest_version",
    "note_state",
    "read_config",
    "read_prior",
    "read_split",
    "read_vocabularies",
    "write_prior",
]
if not TYPE_CHECKING:  # which would take any name for one of these
    __getattr__ = lazily(__name__, __all__, "run", "reading", "writing", "prior")
