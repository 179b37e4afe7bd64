"""A temporal prior: what sounds go through in time, learnt after a training from its latents.

sequences   the latents of whole files, one after the other
learning    from these to a prior
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
