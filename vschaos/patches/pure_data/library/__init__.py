"""The abstractions that patches are made of, and that may be used in any patch."""

from __future__ import annotations

from collections.abc import Callable

from vschaos.patches.pure_data.canvas import Canvas
from vschaos.patches.pure_data.library.known import known_number
from vschaos.patches.pure_data.library.latent import latent
from vschaos.patches.pure_data.library.output import output
from vschaos.patches.pure_data.library.readings import heard, heard_number, info
from vschaos.patches.pure_data.library.rows import button, number, toggle
from vschaos.patches.pure_data.library.sound import source
from vschaos.patches.pure_data.library.trajectory import trajectory
from vschaos.patches.pure_data.library.walks import walk
from vschaos.patches.pure_data.library.words import keys, menu

FOLDER = "vschaos"  # they lie in, beside a patch
ABSTRACTIONS: dict[str, Callable[[], Canvas]] = {
    "button": button,
    "heard": heard,
    "heard-number": heard_number,
    "info": info,
    "keys": keys,
    "known-number": known_number,
    "latent": latent,
    "menu": menu,
    "number": number,
    "output": output,
    "source": source,
    "toggle": toggle,
    "trajectory": trajectory,
    "walk": walk,
}
