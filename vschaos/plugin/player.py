"""Plays settings of a described plug-in, each from the same quiet beginning."""

from __future__ import annotations

import numpy as np

from vschaos.plugin.description import Description
from vschaos.plugin.draws import Draw
from vschaos.plugin.host import Host


class Player:
    """Plays settings of a described plug-in, with a rest before each sound.

    Args:
        host: which is started.
        description: of the plug-in in it.
    """

    def __init__(self, host: Host, description: Description) -> None:
        self.host = host
        self.description = description
        self.indices = description.indices(host.names)
        self.resting = description.resting()

    def play(
        self,
        positions: np.ndarray,
        note: int,
        velocity: int,
        held_seconds: float | None = None,
        seconds: float | None = None,
    ) -> np.ndarray:
        """Positions `[P]` of the described parameters, and a note -> `[C, T]`.

        Raises:
            HostError: the plug-in crashed or hung; the next call finds it newly loaded.
        """
        description = self.description
        if description.rest_seconds:
            quiet = description.rest_seconds
            self.host.render(self.by_index(self.resting), 0, 0, quiet, quiet)
        return self.host.render(
            self.by_index(positions),
            note,
            velocity,
            description.held_seconds if held_seconds is None else held_seconds,
            description.seconds if seconds is None else seconds,
        )

    def draw(self, draw: Draw) -> np.ndarray:
        """A draw, for as long as the description says."""
        return self.play(draw.positions, draw.note, draw.velocity)

    def by_index(self, positions: np.ndarray) -> dict[int, float]:
        """Positions `[P]` of the described parameters, by their numbers in the plug-in."""
        return dict(zip(self.indices, positions.tolist(), strict=True))
