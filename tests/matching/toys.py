"""A synthesiser small enough to search in a moment, and sounds to match."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from vschaos.instrument.synthesiser import CONTINUOUS, STEPPED, Knob
from vschaos.matching.targets import Target

RATE = 8000


def straight(value: float) -> float:
    return value


class Toy:
    """Partials of a note: how bright, how fast they decay, and whether there are even ones."""

    name = "toy"
    sample_rate = RATE
    suffix = ".txt"
    velocity = 0.8
    parameters = (
        Knob("brightness", "", CONTINUOUS, (), straight, straight),
        Knob("decay", "", CONTINUOUS, (), straight, straight),
        Knob("even", "", STEPPED, ("no", "half", "yes"), straight, straight),
    )

    def __init__(self) -> None:
        self.num_played = 0

    def base(self) -> np.ndarray:
        return np.array([0.1, 0.9, 1.0])

    def draw(self, random: np.random.Generator, count: int) -> np.ndarray:
        drawn = random.random((count, 3))
        drawn[:, 2] = np.round(2 * drawn[:, 2]) / 2
        return drawn

    def render(
        self,
        positions: np.ndarray,
        pitch: np.ndarray,
        velocity: np.ndarray,
        seconds: float,
        held_seconds: float,
    ) -> np.ndarray:
        self.num_played += len(positions)
        rows = [torch.from_numpy(np.array(a)).float() for a in (positions, pitch, velocity)]
        return self.render_tensor(rows[0], rows[1], rows[2], seconds, held_seconds).numpy()

    def render_tensor(
        self,
        positions: Tensor,
        pitch: Tensor,
        velocity: Tensor,
        seconds: float,
        held_seconds: float,
    ) -> Tensor:
        times = torch.arange(round(seconds * RATE)) / RATE
        hertz = 440.0 * 2.0 ** ((pitch[:, None, None] - 69.0) / 12.0)
        partials = torch.arange(1, 6)[:, None]
        brightness, decay, even = (column[:, None, None] for column in positions.unbind(1))
        levels = torch.exp(-(partials - 1) * (4.0 - 3.5 * brightness))
        levels = torch.where(partials % 2 == 0, even * levels, levels)
        fall = torch.exp(-times * (1.0 + 20.0 * decay) - 60.0 * (times - held_seconds).clamp_min(0))
        waves = torch.sin(2.0 * torch.pi * hertz * partials * times)
        return (0.2 * velocity[:, None, None] * levels * waves * fall).sum(1)

    def write(self, positions: np.ndarray, path: Path, name: str, gain_db: float = 0.0) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        numbers = " ".join(f"{value:.9g}" for value in [*positions, gain_db])
        path.write_text(f"{name}\n{numbers}\n", encoding="utf-8")

    def read(self, path: Path) -> np.ndarray:
        return self._numbers(path)[:3]

    def play_file(
        self, path: Path, pitch: float, velocity: float, seconds: float, held_seconds: float
    ) -> np.ndarray:
        numbers, note = self._numbers(path), (np.array([pitch]), np.array([velocity]))
        gain = 10 ** (numbers[3] / 20)
        sound = Toy().render(numbers[None, :3], *note, seconds, held_seconds)[0]
        return (gain * sound).astype(np.float32)

    def close(self) -> None:
        pass

    def _numbers(self, path: Path) -> np.ndarray:
        return np.array(path.read_text(encoding="utf-8").split("\n")[1].split(), dtype=float)


def toy_sound(
    positions: tuple[float, float, float], pitch: float = 57.0, seconds: float = 0.25
) -> np.ndarray:
    note = np.array([pitch]), np.array([Toy.velocity])
    return Toy().render(np.array([positions]), *note, seconds, seconds)[0]


def toy_target(
    positions: tuple[float, float, float], pitch: float = 57.0, seconds: float = 0.25
) -> Target:
    audio = toy_sound(positions, pitch, seconds)
    return Target("toy", Path("toy.wav"), 0.0, audio, RATE, pitch, 1.0, seconds)
