"""The run folder: what a training leaves, and how it is opened again.

A run lies in `rundir/name/version_N/` and explains itself. Nothing in it is executed when it is
opened: text is parsed as YAML or JSON, weights are tensors alone, and no name in it leads out of
its folder.

run                  a run that is opened, with its model
prior                what the run's sounds go through in time
reading, writing     the files of the folder
summary, comparing   many runs, without their models
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
