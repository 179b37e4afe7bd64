"""From a run to a `.ts` that nn~ plays, and a host that plays one without Max or PureData."""

from vschaos.export.host import Host
from vschaos.export.nn_tilde import script_stream

__all__ = ["Host", "script_stream"]
