"""The fake plug-in's description, and its program."""

import sys
from pathlib import Path

import numpy as np

from vschaos.plugin.description import Description, parse_description
from vschaos.plugin.draws import Source, free_parameters
from vschaos.plugin.rendering import Job, render

PROGRAM = (sys.executable, str(Path(__file__).with_name("fake_host.py")))
YAML = """
name: fake
paths: [{path}]
install: say please
preset: {{format: fxp, identity: Fake}}
sample_rate: 8000
notes: [60, 72]
velocities: [60, 127]
held_seconds: 0.05
seconds: 0.1
rest: {{seconds: 0.05, echo: 0}}
parameters:
  level: {{called: Level, kind: continuous, default: 0.5}}
  shape: {{called: Shape, kind: stepped, high: 2, default: 0, values: [sine, square, cube]}}
  trap: {{called: Trap, kind: stepped, high: 5, default: 0, frozen: true}}
  echo: {{called: Echo, kind: continuous, default: 0, frozen: true}}
"""


def fake_description(folder: Path, old: str = "", new: str = "") -> Description:
    """That of a file in a folder, with a change of its text."""
    plugin = folder / "fake.so"
    plugin.write_bytes(b"a plug-in")
    return parse_description(YAML.format(path=plugin).replace(old, new).encode(), "fake.yaml")


def render_fake(root: Path, count: int, description: Description) -> Job:
    """A dataset of the fake plug-in, in the usual layout."""
    source = Source(
        description,
        description.base(),
        free_parameters(description, None),
        np.zeros((0, len(description.parameters))),
        description.notes,
        description.velocities,
        seed=1,
    )
    seconds = description.seconds
    job = Job(
        *(root, description.find(), source, count, description.held_seconds, seconds),
        program=PROGRAM,
    )
    render(job)
    return job
