"""Checks a described plug-in: is it there, does it sound, how fast, does it repeat itself."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vschaos.plugin.description import Description
from vschaos.plugin.draws import Draw, Source, free_parameters
from vschaos.plugin.formats import Preset, preset_format
from vschaos.plugin.host import PROGRAM, Host
from vschaos.plugin.levels import loudness_db, spectral_distance_db
from vschaos.plugin.player import Player

NUM_TIMED = 40  # sounds
NUM_REPEATED = 12  # sounds, each rendered twice
AUDIBLE_DB = -60.0  # dB(A): quieter sounds have no distance
SAME_PARAMETERS = 1e-5  # positions after a preset file


@dataclass(frozen=True)
class Check:
    """What a check has found.

    Attributes:
        path: of the plug-in.
        num_parameters: of the plug-in, described or not.
        load_seconds: from nothing to a plug-in that can be played.
        loudness_db: of the base preset, dB(A), by note and velocity.
        sounds_a_second: by one process, the rest between two sounds included.
        is_deterministic: two processes that do the same give the same samples.
        repeat_distances_db: log-spectral distances between two renders of the same settings, one
            after the other in one process, dB.
        preset_error: greatest difference of a position after a preset file was loaded by another
            process; None if presets of this plug-in cannot be written.
        preset_distance_db: log-spectral distance of what it then plays.
    """

    path: Path
    num_parameters: int
    load_seconds: float
    loudness_db: dict[tuple[int, int], float]
    sounds_a_second: float
    is_deterministic: bool
    repeat_distances_db: list[float]
    preset_error: float | None
    preset_distance_db: float | None

    @property
    def sounds(self) -> bool:
        """Whether the base preset can be heard."""
        return max(self.loudness_db.values()) > AUDIBLE_DB

    @property
    def repeat_distance_db(self) -> float:
        """The greatest distance that two renders of the same settings had."""
        return max(self.repeat_distances_db, default=0.0)

    @property
    def is_preset_faithful(self) -> bool:
        """Whether its preset files bring its parameters and its sound back."""
        if self.preset_error is None or self.preset_distance_db is None:
            return False
        is_near = self.preset_distance_db <= max(self.repeat_distance_db, 0.1)
        return self.preset_error <= SAME_PARAMETERS and is_near


def check(description: Description, program: Sequence[str] = PROGRAM) -> Check:
    """Checks a plug-in.

    Raises:
        FileNotFoundError: it is not installed.
        ValueError: it cannot be loaded, or is not as described.
        HostError: it crashes or hangs.
    """
    path = description.find()
    draws = _draws(description)
    with Host(path, description.sample_rate, program=program) as host:
        begun = time.perf_counter()
        player = Player(host, description)
        load_seconds = time.perf_counter() - begun
        levels = _levels(player)
        begun = time.perf_counter()
        sounds = [player.draw(draw) for draw in draws]
        seconds = time.perf_counter() - begun
        audible = [
            (draw, sound)
            for draw, sound in zip(draws, sounds, strict=True)
            if loudness_db(sound, description.sample_rate) > AUDIBLE_DB
        ]
        repeats = [
            spectral_distance_db(player.draw(draw), sound) for draw, sound in audible[:NUM_REPEATED]
        ]
        error, distance = preset_differences(player, audible[0][0] if audible else draws[0])
        return Check(
            path=path,
            num_parameters=len(host.names),
            load_seconds=load_seconds,
            loudness_db=levels,
            sounds_a_second=NUM_TIMED / seconds,
            is_deterministic=_is_deterministic(player, draws[:NUM_REPEATED]),
            repeat_distances_db=repeats,
            preset_error=error,
            preset_distance_db=distance,
        )


def _draws(description: Description) -> list[Draw]:
    source = Source(
        description,
        description.base(),
        free_parameters(description, None),
        np.zeros((0, len(description.parameters))),
        description.notes,
        description.velocities,
    )
    return [source.draw(number) for number in range(NUM_TIMED)]


def _levels(player: Player) -> dict[tuple[int, int], float]:
    """dB(A) of the base preset."""
    description = player.description
    return {
        (note, velocity): loudness_db(
            player.play(description.base(), note, velocity), description.sample_rate
        )
        for note in description.notes
        for velocity in description.velocities
    }


def _is_deterministic(player: Player, draws: Sequence[Draw]) -> bool:
    """Whether two new processes give the same samples."""
    sounds = []
    for _ in range(2):
        player.host.restart()
        sounds.append([player.draw(draw) for draw in draws])
    return all(map(np.array_equal, *sounds))


def preset_differences(player: Player, draw: Draw) -> tuple[float | None, float | None]:
    """How far a plug-in is from settings after their preset file was loaded, in a new process.

    Returns:
        the greatest difference of a described parameter's position, and the log-spectral distance
        in dB from a new process with the same settings; None if its presets cannot be written.
    """
    description = player.description
    form = preset_format(description)
    try:
        content = form.write(Preset("check", draw.positions), description)
    except ValueError:  # an .fxp of a plug-in whose four characters are not known
        return None, None
    note = (draw.note, draw.velocity, description.held_seconds, description.seconds)
    # both without a rest before: it would undo what the file has set
    player.host.restart()
    wanted = player.host.render(player.by_index(draw.positions), *note)
    player.host.restart()
    player.host.load_state(form.as_state(content, description))
    positions = np.array(player.host.positions())[player.indices]
    played = player.host.render({}, *note)
    error = float(np.abs(positions - draw.positions).max())
    return error, spectral_distance_db(played, wanted)
