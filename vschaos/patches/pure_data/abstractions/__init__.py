"""The abstractions that patches are made of, and that may be used in any patch: `.pd` files.

They are edited in PureData. `externals/vschaos` of the repository, where users look for them, is a
copy that a test keeps equal: a wheel holds no links, and git makes none on Windows.
"""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
FOLDER = "vschaos"  # they lie in, beside a patch


def shown_size(name: str) -> tuple[int, int]:
    """Width and height in pixels of what an abstraction shows on its parent.

    >>> shown_size("latent")
    (50, 200)
    """
    text = (HERE / f"{name}.pd").read_text(encoding="utf-8")
    found = re.search(r"^#X coords 0 -1 1 1 (\d+) (\d+) [12] ", text, re.MULTILINE)
    if not found:
        raise ValueError(f"{name}.pd must show a part of itself on its parent, no coords found")
    return int(found[1]), int(found[2])
