"""Shapes of trajectories, and the movement of each control along them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from vschaos.instrument.controls import Control

Trajectory = np.ndarray[tuple[int, int], np.dtype[np.float32]]
Shape = Callable[[np.ndarray], np.ndarray]

PERIOD_SECONDS = (1.0, 8.0)  # shortest and longest period
MEMORY_SECONDS = 0.5  # time constant of a random walk
SECONDS_PER_POINT = 2.0  # between the points of an interpolation


def trajectory(
    kind: str,
    dim: int,
    num_frames: int,
    frame_rate: float,
    random: np.random.Generator,
    scale: float = 1.0,
) -> Trajectory:
    """A trajectory `[Z, N]` through a standard normal space.

    Args:
        kind: one of `KINDS`.
        dim: Z.
        num_frames: N.
        frame_rate: frames per second.
        random: draws periods, phases, widths and points.
        scale: factor of all values, in standard deviations.
    """
    if kind not in KINDS:
        raise ValueError(f"expected a trajectory among {', '.join(KINDS)}, got {kind!r}")
    if num_frames < 1:
        raise ValueError(f"expected a trajectory of at least 1 frame, got {num_frames}")
    seconds = np.arange(num_frames) / frame_rate
    return (scale * KINDS[kind](dim, seconds, random)).astype(np.float32)


def control_trajectory(
    kind: str,
    controls: Sequence[Control],
    num_frames: int,
    frame_rate: float,
    random: np.random.Generator,
    scale: float = 1.0,
) -> Trajectory:
    """A trajectory `[Z, N]` of Z controls, each in its unit and moved by its `movement`.

    Args:
        kind, num_frames, frame_rate, random, scale: see `trajectory`.
        controls: of the Z numbers of a frame.
    """
    moving = [row for row, control in enumerate(controls) if control.movement != "held"]
    normal = trajectory(kind, max(len(moving), 1), num_frames, frame_rate, random, scale)
    values = np.repeat([[control.default] for control in controls], num_frames, axis=1)
    for row, path in zip(moving, normal, strict=False):
        values[row] = _moved(controls[row], path)
    return values.astype(np.float32)


def random_frames(
    controls: Sequence[Control], count: int, random: np.random.Generator, scale: float = 1.0
) -> Trajectory:
    """Independent frames `[Z, count]`, each control distributed by its `movement`."""
    normal = scale * random.standard_normal((len(controls), count))
    values = [_moved(control, row) for control, row in zip(controls, normal, strict=True)]
    return np.stack(values).astype(np.float32)


def _moved(control: Control, normal: np.ndarray) -> np.ndarray:
    """Standard normal values `[N]` -> values of a control."""
    width = control.high - control.low
    if control.movement == "held":
        return np.full(normal.shape, control.default)
    if control.movement == "gate":
        return np.where(normal > 0.0, control.high, control.low)
    if control.movement == "uniform":
        share = normal_cdf(normal)
        if not control.classes:
            return control.low + width * share
        return np.minimum(np.floor(share * len(control.classes)), control.high)
    mean, deviation = control.statistics
    return mean + deviation * normal


def normal_cdf(values: np.ndarray) -> np.ndarray:
    """Distribution function of the standard normal, within 3e-4 (Page 1977)."""
    return 0.5 * (1.0 + np.tanh(np.sqrt(2.0 / np.pi) * (values + 0.044715 * values**3)))


def resample_frames(frames: np.ndarray, num_frames: int) -> np.ndarray:
    """`[Z, M]` -> `[Z, num_frames]`: the nearest frames at evenly spaced positions."""
    positions = np.linspace(0, frames.shape[1] - 1, num_frames).round().astype(int)
    return frames[:, positions]


def smooth_step(position: np.ndarray) -> np.ndarray:
    """0 ... 1 -> 0 ... 1, with zero slope at both ends."""
    return position * position * (3.0 - 2.0 * position)


def _oscillation(shape: Shape) -> Callable[[int, np.ndarray, np.random.Generator], np.ndarray]:
    """An oscillation of each dimension, with its own period, phase, width and centre."""

    def oscillate(dim: int, seconds: np.ndarray, random: np.random.Generator) -> np.ndarray:
        period = _draw_period(random, (dim, 1))
        turns = seconds / period + random.uniform(size=(dim, 1))
        width = random.uniform(0.5, 1.5, size=(dim, 1))
        centre = 0.5 * random.standard_normal((dim, 1))
        return centre + width * shape(turns % 1.0)

    return oscillate


def _line(dim: int, seconds: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A straight line between two points of the prior."""
    start, end = random.standard_normal((2, dim, 1))
    return start + (end - start) * np.linspace(0.0, 1.0, len(seconds))


def _random(dim: int, seconds: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """An Ornstein-Uhlenbeck process; its variance does not grow with its length."""
    frame = seconds[1] - seconds[0] if len(seconds) > 1 else 0.0
    memory = np.exp(-frame / MEMORY_SECONDS)
    noise = random.standard_normal((dim, len(seconds)))
    walk = np.empty_like(noise)
    walk[:, 0] = noise[:, 0]
    for n in range(1, len(seconds)):
        walk[:, n] = memory * walk[:, n - 1] + np.sqrt(1.0 - memory**2) * noise[:, n]
    return walk


def _ellipse(dim: int, seconds: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """An ellipse in a plane, about a point of the prior."""
    return _orbit(dim, seconds, random, radii=random.uniform(0.4, 1.0, size=2))


def _circle(dim: int, seconds: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A circle in a plane, about a point of the prior."""
    return _orbit(dim, seconds, random, radii=np.full(2, random.uniform(0.6, 1.0)))


def _helix(dim: int, seconds: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A circle whose centre crosses the prior."""
    axis = random.standard_normal((dim, 1))
    axis *= np.sqrt(dim) / np.linalg.norm(axis)
    return _circle(dim, seconds, random) + axis * np.linspace(-1.0, 1.0, len(seconds))


def _interpolation(dim: int, seconds: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """From point to point of the prior, with zero speed at each."""
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
    # points of the prior lie about sqrt(Z) from its mean
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
