"""From a run to a `.ts` that nn~ plays, and a host that plays one without Max or PureData."""

from typing import TYPE_CHECKING

from vschaos.lazy import lazily

if TYPE_CHECKING:
    from vschaos.export.host import Host
    from vschaos.export.nn_tilde import script_stream

__all__ = ["Host", "script_stream"]
if not TYPE_CHECKING:  # which would take any name for one of these
    __getattr__ = lazily(__name__, __all__, "host", "nn_tilde")
