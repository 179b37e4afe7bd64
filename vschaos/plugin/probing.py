"""Writes the yaml of a plug-in that nobody has described, from what it shows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

from vschaos.plugin.description import RESERVED, parse_description
from vschaos.plugin.host import PROGRAM, Host

NUM_POSITIONS = 65  # at which a parameter is asked what it shows
MOST_STEPS = 32
MOST_PARAMETERS = 4096
FROZEN = re.compile(r"vol|gain|level|portamento|glide|bypass|tuning", re.IGNORECASE)
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
HEAD = """\
# {name}, as vschaos found it. To be finished by hand:
# - kind: what shows few different texts is taken for stepped or a switch; some plug-ins show other
#   numbers for steps, or round what is continuous;
# - frozen: true for what a single note does not show (volume, portamento), guessed by the names;
# - drawn: [low, high] narrows what is drawn; default: is the base preset, here as it was loaded;
# - rest: what to set between two sounds so that nothing rings on (release and reverb short);
# - install: a sentence for those who lack the plug-in.
"""


def describe(path: Path, program: Sequence[str] = PROGRAM) -> str:
    """The yaml of a plug-in's file.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no plug-in that can be loaded, or has no parameters.
        HostError: it crashes or hangs.
    """
    if not path.exists():
        raise FileNotFoundError(f"expected the file of a plug-in, got {path}, which is not there")
    with Host(path, program=program) as host:
        names = host.names[:MOST_PARAMETERS]
        if not names:
            raise ValueError(f"{path} has no parameters to describe")
        starts = host.positions()
        identity = _identity(host.state())
        parameters: dict[str, Any] = {}
        for index, called in enumerate(names):
            name = _own_name(called, parameters)
            parameters[name] = _parameter(host, index, called, name, starts[index])
    data: dict[str, Any] = {
        "name": path.stem,
        "paths": [str(path.absolute())],
        "install": "",
        "preset": {"format": "fxp", "identity": identity},
        "notes": [48, 60, 72],
        "velocities": [60, 120],
        "held_seconds": 0.7,
        "seconds": 1.0,
        "rest": {"seconds": 0.5},
    }
    lines = [yaml.safe_dump(data, sort_keys=False, allow_unicode=True), "parameters:\n"]
    for name, entry in parameters.items():
        flow = yaml.safe_dump(
            entry, sort_keys=False, allow_unicode=True, default_flow_style=True, width=10**6
        )
        lines.append(f"  {name}: {flow}")
    text = HEAD.format(name=path.stem) + "".join(lines)
    parse_description(text.encode(), str(path))  # what is written can be read
    return text


def _parameter(host: Host, index: int, called: str, name: str, start: float) -> dict[str, Any]:
    places = [step / (NUM_POSITIONS - 1) for step in range(NUM_POSITIONS)]
    texts = host.texts(index, [*places, start])[:-1]
    runs = [text for text, _ in groupby(texts)]
    entry: dict[str, Any] = {} if name == called else {"called": called}
    shown = f"shows {texts[0]} to {texts[-1]}".replace("\n", " ")
    if 2 <= len(runs) <= MOST_STEPS and len(set(runs)) == len(runs):
        high = len(runs) - 1
        entry |= {"kind": "switch" if high == 1 else "stepped", "low": 0, "high": high}
        entry["default"] = int(start * high + 0.5)
        if all(text.strip() and not NUMBER.fullmatch(text.strip()) for text in runs):
            entry["values"] = [" ".join(text.split()) for text in runs]
        else:
            entry["meaning"] = shown
    else:
        entry |= {"kind": "continuous", "default": round(min(max(start, 0.0), 1.0), 6)}
        entry["meaning"] = shown
    if FROZEN.search(called):
        entry["frozen"] = True
    return entry


def _own_name(called: str, taken: dict[str, Any]) -> str:
    """A name for labels: letters, digits and _."""
    name = re.sub(r"\W+", "_", called).strip("_").lower() or "parameter"
    if not name.isidentifier() or name in RESERVED:
        name = f"p_{name}"
    number, free = 2, name
    while free in taken:
        free = f"{name}_{number}"
        number += 1
    return free


def _identity(state: bytes) -> str:
    """The four characters of a VST2 in the file of its state; empty for other plug-ins."""
    found = state[16:20] if state[:4] == b"CcnK" else b""
    text = found.decode("latin-1")
    return text if len(text) == 4 and text.isascii() and text.isprintable() else ""
