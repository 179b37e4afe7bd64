"""Tests of a real plug-in, skipped where there is none or nothing that hosts it, but failing there
if VSCHAOS_CI is set: all is to be tested there."""

import importlib.util
import os

import pytest

from vschaos.plugin.description import read_description


def require_plugin(name: str) -> None:
    """Skips the test where a described plug-in cannot be hosted; fails it in CI."""
    lacking = []
    if importlib.util.find_spec("dawdreamer") is None:
        lacking.append("DawDreamer is not installed: pip install -e '.[plugin]'")
    try:
        read_description(name).find()
    except FileNotFoundError as error:
        lacking.append(str(error))
    if lacking and os.environ.get("VSCHAOS_CI"):
        pytest.fail("; ".join(lacking))
    if lacking:
        pytest.skip("; ".join(lacking))
