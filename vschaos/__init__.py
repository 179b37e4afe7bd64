"""vschaos: small neural instruments, trained on a folder of sounds and played live in nn~.

train      train a model with a recipe
load_run   open a trained run, a `Run`
play       play a sound through an exported `.ts`

All three import torch, which takes seconds, only when they are used.
"""

import lazy_loader

__version__ = "0.1.0"
__getattr__, _dir, _offered = lazy_loader.attach_stub(__name__, __file__)
__all__ = ["__version__", *_offered]


def __dir__() -> list[str]:
    return sorted(__all__)
