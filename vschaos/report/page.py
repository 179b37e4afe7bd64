"""Plain data in a page: one file of HTML, with its style, its script and all it shows."""

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
    """The page of what `gather` gives.

    Nothing that comes from a run becomes markup: it stands in the page as JSON, in which no `<` is
    left, and the scripts put it in the document as text. Should one of them fail in this, the
    page's own policy lets the browser run no script but the one whose digest it names, and load
    nothing from anywhere.
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
