"""Trains a temporal prior of the latents of a trained model.

sequences   the latents of whole files
learning    the training of the prior on them
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
