"""Walks through a latent space, in plain numpy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Trajectory = np.ndarray[tuple[int, int], np.dtype[np.float32]]
Shape = Callable[[np.ndarray], np.ndarray]

PERIOD_SECONDS = (1.0, 8.0)  # shortest and longest time of a turn
MEMORY_SECONDS = 0.5  # of a random walk
SECONDS_PER_POINT = 2.0  # from point to point of an interpolation


def trajectory(
    kind: str,
    dim: int,
    num_frames: int,
    frame_rate: float,
    random: np.random.Generator,
    scale: float = 1.0,
) -> Trajectory:
    """A walk `[Z, N]` of the given kind, about as wide as the prior.

    Args:
        kind: one of `KINDS`.
        dim: Z.
        num_frames: N.
        frame_rate: frames per second, by which speeds are set.
        random: draws all that is left open.
        scale: standard deviations of the prior, about which all kinds range.
    """
    if kind not in KINDS:
        raise ValueError(f"trajectories must be among {', '.join(KINDS)}; {kind!r} came")
    if num_frames < 1:
        raise ValueError(f"the length of a trajectory must be at least 1 frame, {num_frames} came")
    seconds = np.arange(num_frames) / frame_rate
    return (scale * KINDS[kind](dim, seconds, random)).astype(np.float32)


def resample_frames(frames: np.ndarray, num_frames: int) -> np.ndarray:
    """`[Z, M] -> [Z, num_frames]`, read at an even pace, the nearest frame each time."""
    positions = np.linspace(0, frames.shape[1] - 1, num_frames).round().astype(int)
    return frames[:, positions]


def smooth_step(position: np.ndarray) -> np.ndarray:
    """0 ... 1 -> 0 ... 1, without speed at both ends."""
    return position * position * (3.0 - 2.0 * position)


def _oscillation(shape: Shape) -> Callable[[int, np.ndarray, np.random.Generator], np.ndarray]:
    """Each dimension swings by itself, with its own period, phase, width and centre."""

    def swing(dim: int, seconds: np.ndarray, random: np.random.Generator) -> np.ndarray:
        period = _draw_period(random, (dim, 1))
        turns = seconds / period + random.uniform(size=(dim, 1))
        width = random.uniform(0.5, 1.5, size=(dim, 1))
        centre = 0.5 * random.standard_normal((dim, 1))
        return centre + width * shape(turns % 1.0)

    return swing


def _line(dim: int, seconds: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Straight from one point of the prior to another."""
    start, end = random.standard_normal((2, dim, 1))
    return start + (end - start) * np.linspace(0.0, 1.0, len(seconds))


def _random(dim: int, seconds: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """An Ornstein-Uhlenbeck walk: it stays within the prior, whatever its length."""
    frame = seconds[1] - seconds[0] if len(seconds) > 1 else 0.0
    kept = np.exp(-frame / MEMORY_SECONDS)
    noise = random.standard_normal((dim, len(seconds)))
    walk = np.empty_like(noise)
    walk[:, 0] = noise[:, 0]
    for n in range(1, len(seconds)):
        walk[:, n] = kept * walk[:, n - 1] + np.sqrt(1.0 - kept**2) * noise[:, n]
    return walk


def _ellipse(dim: int, seconds: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Round a point of the prior in a plane, one way wider than the other."""
    return _orbit(dim, seconds, random, radii=random.uniform(0.4, 1.0, size=2))


def _circle(dim: int, seconds: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Round a point of the prior in a plane."""
    return _orbit(dim, seconds, random, radii=np.full(2, random.uniform(0.6, 1.0)))


def _helix(dim: int, seconds: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A circle that travels from one side of the prior to the other."""
    axis = random.standard_normal((dim, 1))
    axis *= np.sqrt(dim) / np.linalg.norm(axis)
    return _circle(dim, seconds, random) + axis * np.linspace(-1.0, 1.0, len(seconds))


def _interpolation(dim: int, seconds: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """From point to point of the prior, resting a moment at each."""
    num_points = max(2, 1 + round(float(seconds[-1]) / SECONDS_PER_POINT))
    points = random.standard_normal((dim, num_points))
    position = np.linspace(0, num_points - 1, len(seconds))
    before = np.minimum(position.astype(int), num_points - 2)
    share = smooth_step(position - before)
    return (1.0 - share) * points[:, before] + share * points[:, before + 1]


def _orbit(
    dim: int, seconds: np.ndarray, random: np.random.Generator, radii: np.ndarray
) -> np.ndarray:
    plane = np.linalg.qr(random.standard_normal((dim, 2)))[0]  # [Z, 1 or 2], orthonormal
    angle = 2 * np.pi * (seconds / _draw_period(random, ()) + random.uniform())
    round_trip = np.stack([radii[0] * np.cos(angle), radii[1] * np.sin(angle)])
    centre = 0.7 * random.standard_normal((dim, 1))
    # a turn of radius sqrt(Z) reaches as far as the points of the prior lie
    return centre + np.sqrt(dim) * plane @ round_trip[: plane.shape[1]]


def _draw_period(random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    low, high = np.log(PERIOD_SECONDS)
    return np.exp(random.uniform(low, high, size=shape))


KINDS: dict[str, Callable[[int, np.ndarray, np.random.Generator], np.ndarray]] = {
    "sin": _oscillation(lambda turn: np.sin(2 * np.pi * turn)),
    "square": _oscillation(lambda turn: np.where(turn < 0.5, 1.0, -1.0)),
    "triangle": _oscillation(lambda turn: 1.0 - 4.0 * np.abs(turn - 0.5)),
    "saw": _oscillation(lambda turn: 2.0 * turn - 1.0),
    "line": _line,
    "random": _random,
    "ellipse": _ellipse,
    "circle": _circle,
    "helix": _helix,
    "interpolation": _interpolation,
}
