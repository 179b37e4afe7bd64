"""A described plug-in as a synthesiser to match sounds with, in host processes of its own."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from vschaos.instrument.synthesiser import Knob
from vschaos.outputs import output_file
from vschaos.parallel import num_cores
from vschaos.plugin.description import Description
from vschaos.plugin.draws import Source, free_parameters
from vschaos.plugin.formats import Preset, preset_format
from vschaos.plugin.host import PROGRAM, Host, HostError
from vschaos.plugin.parameters import Parameter
from vschaos.plugin.player import Player

TYPICAL_VELOCITY = 100  # of MIDI; of those that a description lists the nearest is taken
MOST_FAILURES = 10  # rows in a row, before the plug-in is given up
logger = logging.getLogger(__name__)


class PluginSynthesiser:
    """A described plug-in: a `Synthesiser`.

    Args:
        description: of the plug-in.
        names: of the parameters that are knobs; all that the description does not freeze if not
            given.
        base: positions of all described parameters, for those that are no knobs; of the base
            preset if not given.
        parents: positions `[M, all]` of presets of people, which draws come from too; may be none.
        num_processes: that host it at a time; one a core if not given.
        program: of the host processes.

    Raises:
        FileNotFoundError: the plug-in is not installed.
        ValueError: there is no such parameter.
    """

    def __init__(
        self,
        description: Description,
        names: Sequence[str] | None = None,
        base: np.ndarray | None = None,
        parents: np.ndarray | None = None,
        num_processes: int | None = None,
        program: Sequence[str] = PROGRAM,
    ) -> None:
        self.description = description
        self.name = description.name
        self.sample_rate = description.sample_rate
        self.form = preset_format(description)
        self.suffix = self.form.ending
        self.velocity = min(description.velocities, key=_from_typical) / 127
        self.plugin = description.find()
        self._free = list(_numbers(description, names))
        self._base = description.base() if base is None else base
        self._parents = np.zeros((0, len(self._base))) if parents is None else parents
        self.parameters = tuple(knob_of(description.parameters[index]) for index in self._free)
        self._program = program
        self._num_processes = num_processes or num_cores()
        self._players: list[Player] = []
        self._num_failures = 0

    def base(self) -> np.ndarray:
        return self._base[self._free]

    def draw(self, random: np.random.Generator, count: int) -> np.ndarray:
        about = self.description
        seed = int(random.integers(1 << 32))
        source = Source(
            *(about, self._base, tuple(self._free), self._parents),
            *(about.notes, about.velocities, seed),
        )
        drawn = [source.draw(number).positions[self._free] for number in range(count)]
        return np.array(drawn).reshape(count, len(self._free))

    def render(
        self,
        positions: np.ndarray,
        pitch: np.ndarray,
        velocity: np.ndarray,
        seconds: float,
        held_seconds: float,
    ) -> np.ndarray:
        sounds = np.zeros((len(positions), round(seconds * self.sample_rate)), np.float32)
        stop = threading.Event()

        def play(player: Player, first: int, step: int) -> None:
            for row in range(first, len(positions), step):
                if stop.is_set():
                    return
                note, force = _note(pitch[row]), _midi_velocity(velocity[row])
                sound = self._play(player, positions[row], note, force, held_seconds, seconds)
                sounds[row, : len(sound)] = sound[: sounds.shape[1]]

        players = self._started(min(self._num_processes, len(positions)))
        with ThreadPoolExecutor(max(len(players), 1)) as pool:
            work = [pool.submit(play, p, n, len(players)) for n, p in enumerate(players)]
            try:
                for future in work:
                    future.result()
            finally:  # after Ctrl-C there is nobody to play for
                stop.set()
        return sounds

    def write(self, positions: np.ndarray, path: Path, name: str, gain_db: float = 0.0) -> None:
        content = self.form.write(Preset(name, self._whole(positions)), self.description)
        with output_file(path) as partial:
            partial.write_bytes(content)

    def read(self, path: Path) -> np.ndarray:
        presets = self.form.read(path.read_bytes(), self.description, str(path))
        return presets[0].positions[self._free]

    def play_file(
        self, path: Path, pitch: float, velocity: float, seconds: float, held_seconds: float
    ) -> np.ndarray:
        state = self.form.as_state(path.read_bytes(), self.description)
        with Host(self.plugin, self.sample_rate, program=self._program) as host:
            host.load_state(state)
            note = _note(pitch), _midi_velocity(velocity)
            sound = host.render({}, *note, held_seconds, seconds).mean(axis=0)
        length = round(seconds * self.sample_rate)
        return np.pad(sound, (0, max(length - len(sound), 0)))[:length]

    def close(self) -> None:
        players, self._players = self._players, []
        for player in players:
            player.host.end()

    def _started(self, count: int) -> list[Player]:
        while len(self._players) < count:
            host = Host(self.plugin, self.sample_rate, program=self._program)
            self._players.append(Player(host, self.description))
        return self._players[:count]

    def _play(
        self,
        player: Player,
        positions: np.ndarray,
        note: int,
        velocity: int,
        held_seconds: float,
        seconds: float,
    ) -> np.ndarray:
        """`[T]`; silence if the plug-in fails, until it has failed too often."""
        try:
            sound = player.play(self._whole(positions), note, velocity, held_seconds, seconds)
        except HostError as error:
            self._num_failures += 1
            if self._num_failures >= MOST_FAILURES:
                raise
            logger.warning("%s: one setting is taken for silent: %s", self.name, error)
            return np.zeros(0, np.float32)
        self._num_failures = 0
        return sound.mean(axis=0)

    def _whole(self, positions: np.ndarray) -> np.ndarray:
        """Positions `[P]` of the knobs -> of all described parameters, as a file holds them."""
        whole = self._base.copy()
        whole[self._free] = positions
        parameters = self.description.parameters
        exact = [
            p.position_of(p.value_at(float(x))) for p, x in zip(parameters, whole, strict=True)
        ]
        return np.array(exact, dtype=np.float32).astype(np.float64)


def _numbers(description: Description, names: Sequence[str] | None) -> tuple[int, ...]:
    """Of the named parameters, in the order of the names."""
    if names is None:
        return free_parameters(description, None)
    known = description.names
    for name in names:
        if name not in known:
            raise ValueError(
                f"a parameter of {description.name} must be one of {', '.join(known)}; got {name}"
            )
    return tuple(known.index(name) for name in names)


def knob_of(parameter: Parameter) -> Knob:
    """A parameter of a plug-in, as matching sees it."""
    return Knob(
        parameter.name,
        parameter.unit,
        parameter.kind,
        tuple(parameter.classes) if parameter.is_stepped else (),
        parameter.quantity_at,
        _inverse(parameter),
    )


def _inverse(parameter: Parameter) -> Callable[[float], float]:
    """Quantity in the parameter's unit -> position."""

    def position_of(quantity: float) -> float:
        value = quantity - parameter.offset
        if parameter.law == "power":
            value = math.copysign(abs(value) ** (1 / parameter.exponent), value)
        elif parameter.law == "exponential":
            value = math.log(max(value, 1e-30)) / math.log(parameter.base)
        return parameter.position_of(value)

    return position_of


def _from_typical(velocity: int) -> int:
    return abs(velocity - TYPICAL_VELOCITY)


def _note(pitch: float) -> int:
    """The nearest MIDI note; a quarter-tone between two is the upper one."""
    return int(np.clip(math.floor(float(pitch) + 0.5), 0, 127))


def _midi_velocity(velocity: float) -> int:
    return int(np.clip(round(127 * float(velocity)), 1, 127))
