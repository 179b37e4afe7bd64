"""From a run to a `.ts` that nn~ plays, and a host that plays one without Max or PureData."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
