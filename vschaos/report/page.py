"""A report as one HTML file with style, script and data."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

SCRIPTS = ("elements", "players", "map", "curves", "matrices", "sections")  # in this order


def render(content: Mapping[str, Any]) -> str:
    """The page of the data of `gather`.

    Nothing of a run becomes markup: its data are JSON without any `<`, and the scripts insert them
    as text. As a second barrier, the content security policy of the page allows no script but the
    one with its digest, and no request.
    """
    script = "\n".join(_read(f"{name}.js") for name in SCRIPTS)
    parts = {
        "title": html.escape(str(content["name"])),
        "digest": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii"),
        "style": _read("page.css"),
        "script": script,
        "content": json.dumps(content, allow_nan=False).replace("<", "\\u003c"),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], _read("page.html"))


def _read(name: str) -> str:
    return files("vschaos.report").joinpath("template", name).read_text(encoding="utf-8")
