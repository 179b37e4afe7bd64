"""The run folder: settings, data split, vocabularies and weights of a training.

A run lies in `rundir/name/version_N/`. Opening it executes nothing in it: text is parsed as YAML or
JSON, weights are tensors alone, and no name in it leads out of its folder.

opening              finds a run and loads its weights
run                  an opened run, with its model
prior                its temporal prior
reading, writing     the files of the folder
summary, comparing   lists and comparisons of many runs, without their models
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
